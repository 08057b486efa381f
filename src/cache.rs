// SPDX-License-Identifier: GPL-2.0-or-later
//! A cache of the API's answers, shared by all workers of a server.
//!
//! The memory is made before fork and holds atomics only. No process waits for another: a writer claims an entry, fills it and
//! publishes it. For a reader, a partly written entry is a miss. The claim of a writer that died expires after a second; then
//! another writer takes the entry over.

mod entry;
mod failed;
mod key;
mod sets;

pub use failed::Failed;
pub use key::{Key, KeyMaker, Scope};

use std::io;
use std::time::Duration;

use self::entry::{Life, State};
use self::sets::Sets;
use crate::answer::{self, Answer};
use crate::clock::Moment;

/// An answer as it is stored. The longest that the API documents has half as many bytes.
pub type Packed = answer::Packed<200>;

/// Answers by key, up to a maximal number. A full cache replaces the entry that was used least recently.
#[derive(Debug)]
pub struct Cache {
    sets: Sets,
}

/// The result of a search in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Found {
    /// An answer within its TTL.
    Fresh(Answer),
    /// An answer whose TTL ended less than one further TTL ago. It may serve while a refresh fails, but must not
    /// block or redirect a call.
    Stale(Answer),
    /// No answer.
    Miss,
}

/// The size and use of a cache, in entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// The maximal number of answers.
    pub entries: usize,
    /// Usable answers, fresh and stale.
    pub used: usize,
    /// Answers among them whose TTL is over.
    pub stale: usize,
    /// Entries that are being written, or whose writer died.
    pub claimed: usize,
}

impl Cache {
    /// A cache of `entries` answers (256 bytes each), rounded up to a multiple of 8. A cache of 0 stores nothing.
    /// The system provides memory as answers are stored.
    pub fn new(entries: usize) -> io::Result<Self> {
        Sets::new(entries).map(|sets| Self { sets })
    }

    /// Searches for an answer.
    #[must_use]
    pub fn find(&self, key: &Key, now: Moment) -> Found {
        let mut found = Found::Miss;
        for entry in self.sets.of(key) {
            match entry.read(key, now) {
                Found::Miss => {}
                fresh @ Found::Fresh(_) => return fresh,
                // A later entry may hold a newer one: two workers wrote at the same time.
                stale @ Found::Stale(_) => found = stale,
            }
        }
        found
    }

    /// Stores an answer for about `ttl`, 30 days at most. 10 % more or less, so that answers stored together do not expire together.
    /// `now` is when the answer came. False if it is not stored: the balance is low, it is too long, there is no `ttl`, or other
    /// workers are writing to all entries it could use.
    #[allow(clippy::must_use_candidate, reason = "it changes shared memory")]
    pub fn store(&self, key: &Key, answer: &Answer, ttl: Duration, now: Moment) -> bool {
        // Such an answer holds until the account is topped up. Until then the API allows every call.
        if answer.advice.balance_low == Some(true) || ttl.is_zero() {
            return false;
        }
        let Some(packed) = Packed::new(answer) else {
            return false;
        };
        let ttl = key.jitter(ttl.min(LONGEST_TTL), now).min(LONGEST_TTL);
        let expires = now.after(ttl);
        self.sets.claim(key, now).is_some_and(|claim| {
            claim.fill(
                key,
                &packed,
                expires,
                expires.after(ttl).min(now.after(LONGEST_TTL)),
                now,
            );
            claim.publish()
        })
    }

    /// Removes the answer of `key`, or all. Returns how many there were.
    #[allow(clippy::must_use_candidate, reason = "it changes shared memory")]
    pub fn purge(&self, key: Option<&Key>) -> usize {
        match key {
            Some(key) => self
                .sets
                .of(key)
                .iter()
                .filter(|entry| entry.is_of(key) && entry.forget())
                .count(),
            None => self.sets.written().filter(|entry| entry.forget()).count(),
        }
    }

    /// Counts the entries. It reads every entry that was ever written, so it is too slow for every call.
    #[must_use]
    pub fn stats(&self, now: Moment) -> CacheStats {
        let mut stats = CacheStats {
            entries: self.sets.room(),
            ..CacheStats::default()
        };
        for entry in self.sets.written() {
            match entry.state(now) {
                State::Published(Life::Fresh) => stats.used += 1,
                State::Published(Life::Stale) => {
                    stats.used += 1;
                    stats.stale += 1;
                }
                State::Claimed { .. } => stats.claimed += 1,
                State::Published(Life::Over) | State::Empty => {}
            }
        }
        stats
    }
}

/// The hard cap of `cache_ttl`.
const LONGEST_TTL: Duration = Duration::from_secs(30 * 24 * 3600);

#[cfg(test)]
pub(crate) mod tests;
