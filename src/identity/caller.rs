// SPDX-License-Identifier: GPL-2.0-or-later
//! A calling number, with what is known of its origin.

use crate::number::Number;

/// The caller that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The calling number.
    pub number: Number,
    /// Where it was found.
    pub from: NumberFrom,
    /// Whether the caller understands a 608.
    pub understands_608: bool,
}

impl Caller {
    /// As words of shared memory.
    #[must_use]
    pub fn to_shared(&self) -> [u64; 3] {
        let [high, low] = self.number.to_shared();
        [
            high,
            low,
            self.from as u64 | u64::from(self.understands_608) << 8,
        ]
    }

    /// From shared memory, if a caller is there.
    #[must_use]
    pub fn from_shared([high, low, facts]: [u64; 3]) -> Option<Self> {
        let [from, understands_608, ..] = facts.to_le_bytes();
        Some(Self {
            number: Number::from_shared([high, low])?,
            from: *NumberFrom::ALL.get(usize::from(from))?,
            understands_608: understands_608 == 1,
        })
    }
}

/// Where a calling number was found: `$avp(nol_number_from)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFrom {
    /// The URI of From.
    From,
}

impl NumberFrom {
    const ALL: [Self; 1] = [Self::From];
}
