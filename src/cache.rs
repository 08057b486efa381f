// SPDX-License-Identifier: GPL-2.0-or-later
//! The API's answers, remembered for all workers of a server.
//!
//! The memory is made before fork and holds atomics only. Nobody waits for anybody: a writer claims an entry, fills and
//! publishes it; a reader that meets one half-written takes it for a miss. A writer that dies leaves its claim behind, which
//! the next writer takes over after a second.

mod entry;
mod failed;
mod key;
mod sets;

pub use failed::Failed;
pub use key::{Key, KeyMaker};

use std::io;
use std::time::Duration;

use self::entry::{Life, State};
use self::sets::Sets;
use crate::answer::{self, Answer};
use crate::clock::Moment;

/// An answer as it is remembered. The longest that the API documents has half as many bytes.
pub type Packed = answer::Packed<200>;

/// Answers by key, as many as there is room for. A full cache forgets what is used least.
#[derive(Debug)]
pub struct Cache {
    sets: Sets,
}

/// What the cache knows.
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
    /// Nothing.
    Miss,
}

/// How full a cache is, in entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Room for so many answers.
    pub entries: usize,
    /// Answers that can serve, fresh and stale.
    pub used: usize,
    /// Answers among them whose TTL is over.
    pub stale: usize,
    /// Entries that are being written, or whose writer died.
    pub claimed: usize,
}

impl Cache {
    /// A cache of `entries` answers (256 bytes each), rounded up to a multiple of 8; of 0, which remembers nothing.
    /// Memory is used as answers come.
    pub fn new(entries: usize) -> io::Result<Self> {
        Sets::new(entries).map(|sets| Self { sets })
    }

    /// Looks for an answer.
    #[must_use]
    pub fn find(&self, key: &Key, now: Moment) -> Found {
        let mut found = Found::Miss;
        for entry in self.sets.of(key) {
            match entry.read(key, now) {
                Found::Miss => {}
                fresh @ Found::Fresh(_) => return fresh,
                // There may be a newer one behind it: two workers wrote at the same time.
                stale @ Found::Stale(_) => found = stale,
            }
        }
        found
    }

    /// Remembers an answer for about `ttl` (10 % more or less, so that what came together does not end together; 30 days at
    /// most). `now` is when the answer came. False if it is not remembered: the balance is low, it is too long, there is no
    /// `ttl`, or other workers are writing wherever it could stand.
    #[allow(clippy::must_use_candidate, reason = "it changes shared memory")]
    pub fn store(&self, key: &Key, answer: &Answer, ttl: Duration, now: Moment) -> bool {
        // It says what holds until the account is topped up, and the API allows every call meanwhile.
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

    /// Forgets the answer of `key`, or all. Returns how many there were.
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

    /// Counts what there is. It looks at every entry that was ever written: not for every call.
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
