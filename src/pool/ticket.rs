// SPDX-License-Identifier: GPL-2.0-or-later
//! Tickets: the right to one slot of the queue.

/// One question in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(super) place: u32,
    /// How often the slot had been used before.
    pub(super) use_count: u32,
}

impl Ticket {
    /// The index of the slot.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.place).unwrap_or(usize::MAX)
    }

    /// As the C code stores it.
    #[must_use]
    pub fn to_word(self) -> u64 {
        u64::from(self.use_count) << 32 | u64::from(self.place)
    }

    /// From what the C code stored.
    #[must_use]
    pub fn from_word(word: u64) -> Self {
        let bytes = word.to_le_bytes();
        let (halves, _) = bytes.as_chunks();
        let mut halves = halves.iter().map(|half| u32::from_le_bytes(*half));
        let mut half = || halves.next().unwrap_or_default();
        Self {
            place: half(),
            use_count: half(),
        }
    }
}
