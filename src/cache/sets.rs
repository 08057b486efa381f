// SPDX-License-Identifier: GPL-2.0-or-later
//! All entries of the cache, in sets. A key belongs to one set and may be in any entry of it.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::Key;
use super::entry::{Claim, Entry};
use crate::clock::Moment;
use crate::os::shared::{SharedSlice, shareable};

shareable! {
    /// The entries that the keys of one set may have.
    struct Set {
        ways: [Entry; WAYS],
    }
}

/// The sets, and which of them were ever written. Reading one that was not would make the system provide its memory.
#[derive(Debug)]
pub(super) struct Sets {
    sets: SharedSlice<Set>,
    /// One bit per set.
    written: SharedSlice<AtomicU64>,
}

impl Sets {
    pub(super) fn new(entries: usize) -> io::Result<Self> {
        let sets = entries.div_ceil(WAYS);
        Ok(Self {
            sets: SharedSlice::new(sets)?,
            written: SharedSlice::new(sets.div_ceil(64))?,
        })
    }

    /// How many entries there are.
    pub(super) fn room(&self) -> usize {
        self.sets.len() * WAYS
    }

    /// The entries of a key; none if there are no sets.
    pub(super) fn of(&self, key: &Key) -> &[Entry] {
        self.sets
            .get(key.place(self.sets.len()))
            .map_or(&[], |set| &set.ways)
    }

    /// Every entry of the sets that were written.
    pub(super) fn written(&self) -> impl Iterator<Item = &Entry> {
        let is_written = |index: usize| {
            let bits = self.written.get(index / 64);
            bits.is_some_and(|bits| bits.load(Relaxed) & (1 << (index % 64)) != 0)
        };
        (0..self.sets.len())
            .filter(move |index| is_written(*index))
            .filter_map(|index| self.sets.get(index))
            .flat_map(|set| &set.ways)
    }

    /// Claims an entry for a key: the one it has, or the one whose loss costs least. `None` if other writers claim them first.
    pub(super) fn claim(&self, key: &Key, now: Moment) -> Option<Claim<'_>> {
        let ways = self.of(key);
        self.mark(key.place(self.sets.len()));
        (0..TRIES).find_map(|_| {
            let worth = |entry| Entry::worth(entry, key, now).map(|worth| (worth, entry));
            let (worth, entry) = ways
                .iter()
                .filter_map(worth)
                .min_by_key(|(worth, _)| *worth)?;
            entry.claim(worth, now)
        })
    }

    fn mark(&self, index: usize) {
        let bit = 1 << (index % 64);
        if let Some(bits) = self.written.get(index / 64)
            && bits.load(Relaxed) & bit == 0
        {
            bits.fetch_or(bit, Relaxed);
        }
    }
}

/// Entries of a set.
const WAYS: usize = 8;

/// How often a writer tries to claim an entry.
const TRIES: usize = 4;
