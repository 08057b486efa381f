// SPDX-License-Identifier: GPL-2.0-or-later
//! The state of a place on the queue.

/// Who may touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// How often it has been used before: a question that is off the queue is not taken for the next one.
    pub(super) use_count: u32,
}

/// The way of a question. Zeroed memory is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Free,
    /// Its question is being written, and not handed over yet.
    Reserved,
    Queued,
    /// Somebody looks it up.
    Taken,
    /// Somebody looks it up, and nobody waits for it any more.
    Abandoned,
    /// What was found out is being written.
    Answering,
    Answered,
    /// Answered, and delivered to whoever waits.
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
    fn a_state_comes_back_whole_and_a_new_use_is_another() {
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
