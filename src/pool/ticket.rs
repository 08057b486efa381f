// SPDX-License-Identifier: GPL-2.0-or-later
//! Whose a place on the queue is.

/// One question on the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(super) place: u32,
    /// How often the place had been used before.
    pub(super) use_count: u32,
}

impl Ticket {
    /// The place.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.place).unwrap_or(usize::MAX)
    }

    /// As C keeps it.
    #[must_use]
    pub fn to_word(self) -> u64 {
        u64::from(self.use_count) << 32 | u64::from(self.place)
    }

    /// What C kept.
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
