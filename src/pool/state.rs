// SPDX-License-Identifier: GPL-2.0-or-later
//! The state of a slot.

/// The state word of a slot: it determines which thread may access the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// How often the slot has been used before, so that a ticket is never valid for a later question.
    pub(super) use_count: u32,
}

/// The phases of a question, in their order. Zeroed memory is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The slot is not in use.
    Free,
    /// The question is being written, and not handed over yet.
    Reserved,
    /// It waits for a thread.
    Queued,
    /// A thread has taken it.
    Taken,
    /// A thread has taken it, and its answer is not needed any more.
    Abandoned,
    /// The outcome is being written.
    Answering,
    /// The outcome can be collected.
    Answered,
    /// As before, and the process that resumes the call has been woken.
    Delivered,
}

impl State {
    /// The state after this one.
    pub(super) fn into(self, phase: Phase) -> Self {
        let over = u32::from(phase == Phase::Free);
        Self {
            phase,
            use_count: self.use_count.wrapping_add(over),
        }
    }

    pub(super) fn to_shared(self) -> u64 {
        u64::from(self.use_count) << 8 | self.phase as u64
    }

    pub(super) fn from_shared(word: u64) -> Self {
        let [phase, a, b, c, d, ..] = word.to_le_bytes();
        Self {
            phase: match phase {
                1 => Phase::Reserved,
                2 => Phase::Queued,
                3 => Phase::Taken,
                4 => Phase::Abandoned,
                5 => Phase::Answering,
                6 => Phase::Answered,
                7 => Phase::Delivered,
                _ => Phase::Free,
            },
            use_count: u32::from_le_bytes([a, b, c, d]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Phase, State};

    #[test]
    fn a_state_is_read_as_it_was_written_and_a_new_use_differs() {
        for phase in [
            Phase::Free,
            Phase::Reserved,
            Phase::Queued,
            Phase::Taken,
            Phase::Abandoned,
            Phase::Answering,
            Phase::Answered,
            Phase::Delivered,
        ] {
            for use_count in [0, 1, u32::MAX] {
                let state = State { phase, use_count };
                assert_eq!(State::from_shared(state.to_shared()), state);
            }
        }
        let delivered = State {
            phase: Phase::Delivered,
            use_count: u32::MAX,
        };
        assert_eq!(delivered.into(Phase::Free), State::from_shared(0));
    }
}
