// SPDX-License-Identifier: GPL-2.0-or-later
//! One entry of the cache.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::fence;
use std::time::Duration;

use super::{Found, Key, Packed};
use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// An answer, or room for one, protected by a sequence lock. Readers never wait. A writer that dies blocks nothing.
    ///
    /// A writer claims the entry, fills it and publishes it. Each step changes `state`. A reader that sees the same `state`
    /// before and after has read what one writer wrote. There is one exception: a writer that was stopped until its claim was
    /// taken over, and then continues. The checksum detects that.
    #[repr(C, align(64))]
    pub(super) struct Entry {
        /// The time of the last change in the upper 48 bits, a counter in 14 and the phase in 2. No value occurs twice.
        state: AtomicU64,
        /// When it was last found. Not exact. Not part of the checksum.
        used: AtomicU64,
        key: [AtomicU64; 2],
        /// When the TTL ends in the upper 48 bits, the length of the answer in the lower 16.
        expires: AtomicU64,
        /// Until when it is usable.
        ends: AtomicU64,
        checksum: AtomicU64,
        answer: [AtomicU64; Packed::WORDS],
    }
}

/// Whether an entry is usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Empty,
    /// A process is writing it, or died while it wrote.
    Claimed {
        abandoned: bool,
    },
    Published(Life),
}

/// How old an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Within its TTL.
    Fresh,
    /// Its TTL ended less than one further TTL ago.
    Stale,
    /// Too old to use.
    Over,
}

/// The right to write an entry, until it is published or for one second.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    entry: &'a Entry,
    state: u64,
}

/// An entry that may be overwritten. Ordered by how much is lost: the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    rank: u8,
    used: u64,
    /// The state in which it was seen.
    state: u64,
}

impl Entry {
    /// Whether it appears to be the entry of `key`. Only a claim makes that certain.
    pub(super) fn is_of(&self, key: &Key) -> bool {
        let [first, second] = &self.key;
        [first.load(Relaxed), second.load(Relaxed)] == key.words()
    }

    /// The answer, if it is in this entry and complete.
    pub(super) fn read(&self, key: &Key, now: Moment) -> Found {
        let before = self.state.load(Acquire);
        if phase(before) != PUBLISHED || !self.is_of(key) {
            return Found::Miss;
        }
        let expires = self.expires.load(Relaxed);
        let ends = self.ends.load(Relaxed);
        let checksum = self.checksum.load(Relaxed);
        let words = self.answer.iter().map(|word| word.load(Relaxed));
        let packed = Packed::from_words(length(expires), words);
        // Pairs with the fence of `claim`: a write to one of these words shows in `state`.
        fence(Acquire);
        if self.state.load(Relaxed) != before {
            return Found::Miss;
        }
        if checksum != sum(key, expires, ends, &packed) {
            // A late writer has overwritten a part. A complete write since then would have changed `state`.
            let empty = next(before, now, EMPTY);
            let _ = self.state.compare_exchange(before, empty, Relaxed, Relaxed);
            return Found::Miss;
        }
        let life = life(expires, ends, now);
        match packed.answer() {
            Some(answer) if life == Life::Fresh => {
                self.touch(now);
                Found::Fresh(answer)
            }
            Some(answer) if life == Life::Stale => {
                self.touch(now);
                Found::Stale(answer)
            }
            _ => Found::Miss,
        }
    }

    /// Whether it is usable.
    pub(super) fn state(&self, now: Moment) -> State {
        self.look(now).0
    }

    /// The rank of this entry as a place for an answer for `key`. `None` while another process writes.
    pub(super) fn worth(&self, key: &Key, now: Moment) -> Option<Worth> {
        let (seen, state) = self.look(now);
        let rank = match seen {
            State::Claimed { abandoned: false } => return None,
            State::Published(_) if self.is_of(key) => 0,
            State::Empty | State::Claimed { .. } => 1,
            State::Published(Life::Over) => 2,
            State::Published(Life::Stale) => 3,
            State::Published(Life::Fresh) => 4,
        };
        let used = self.used.load(Relaxed);
        Some(Worth { rank, used, state })
    }

    /// Claims the entry. `None` if it has changed since it was seen.
    pub(super) fn claim(&self, seen: Worth, now: Moment) -> Option<Claim<'_>> {
        let state = next(seen.state, now, CLAIMED);
        self.state
            .compare_exchange(seen.state, state, Acquire, Relaxed)
            .ok()?;
        // No later write becomes visible before the claim.
        fence(Release);
        Some(Claim { entry: self, state })
    }

    /// Removes the answer. False if there is none.
    pub(super) fn forget(&self) -> bool {
        let empty = |state| (phase(state) == PUBLISHED).then(|| counted(state) | EMPTY);
        self.state.fetch_update(AcqRel, Relaxed, empty).is_ok()
    }

    fn look(&self, now: Moment) -> (State, u64) {
        let state = self.state.load(Acquire);
        let seen = match phase(state) {
            EMPTY => State::Empty,
            CLAIMED => State::Claimed {
                abandoned: moment(state).is_none_or(|since| since.after(PATIENCE) < now),
            },
            _ => {
                let (expires, ends) = (self.expires.load(Relaxed), self.ends.load(Relaxed));
                State::Published(life(expires, ends, now))
            }
        };
        (seen, state)
    }

    /// Notes that it was used, once a second at most: a write invalidates the copies of all other processors.
    fn touch(&self, now: Moment) {
        let used = Moment::from_shared(self.used.load(Relaxed));
        if used.is_none_or(|used| used.after(TOUCH) <= now) {
            self.used.store(now.to_shared(), Relaxed);
        }
    }
}

impl Claim<'_> {
    /// Writes the answer.
    pub(super) fn fill(
        &self,
        key: &Key,
        packed: &Packed,
        expires: Moment,
        ends: Moment,
        now: Moment,
    ) {
        let entry = self.entry;
        let expires = expires.to_shared() << 16 | packed.len() as u64;
        let ends = ends.to_shared();
        let checksum = sum(key, expires, ends, packed);
        for (to, word) in entry.key.iter().zip(key.words()) {
            to.store(word, Relaxed);
        }
        entry.used.store(now.to_shared(), Relaxed);
        entry.expires.store(expires, Relaxed);
        entry.ends.store(ends, Relaxed);
        entry.checksum.store(checksum, Relaxed);
        for (to, word) in entry.answer.iter().zip(packed.words()) {
            to.store(word, Relaxed);
        }
    }

    /// Publishes the entry. False if the claim was taken over.
    pub(super) fn publish(self) -> bool {
        let published = counted(self.state) | PUBLISHED;
        self.entry
            .state
            .compare_exchange(self.state, published, Release, Relaxed)
            .is_ok()
    }
}

fn life(expires: u64, ends: u64, now: Moment) -> Life {
    let now = now.to_shared();
    if now < expires >> 16 {
        Life::Fresh
    } else if now < ends {
        Life::Stale
    } else {
        Life::Over
    }
}

/// A checksum that detects an entry mixed from two writers. Each step is invertible, so one changed word always changes the
/// result. It is no protection against deliberate changes, which this memory need not expect.
fn sum(key: &Key, expires: u64, ends: u64, packed: &Packed) -> u64 {
    let [first, second] = key.words();
    [first, second, expires, ends]
        .into_iter()
        .chain(packed.words())
        .fold(0, |sum: u64, word| {
            (sum.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
}

/// The bytes of an answer that says when it expires.
fn length(expires: u64) -> usize {
    usize::try_from(expires & 0xffff).unwrap_or(usize::MAX)
}

fn phase(state: u64) -> u64 {
    state & 3
}

fn moment(state: u64) -> Option<Moment> {
    Moment::from_shared(state >> 16)
}

/// The state after `state`, at `now`.
fn next(state: u64, now: Moment, phase: u64) -> u64 {
    now.to_shared() << 16 | counted(state) & 0xfffc | phase
}

/// The state with its counter incremented and without a phase.
fn counted(state: u64) -> u64 {
    state & !0xffff | state.wrapping_add(4) & 0xfffc
}

/// Phases. Zeroed memory is empty.
const EMPTY: u64 = 0;
const CLAIMED: u64 = 1;
const PUBLISHED: u64 = 2;

/// How long a claim is valid. Writing takes less than a microsecond.
const PATIENCE: Duration = Duration::from_secs(1);

/// The resolution of [`Entry::used`].
const TOUCH: Duration = Duration::from_secs(1);

const _: () = assert!(size_of::<Entry>() == 256);

#[cfg(test)]
mod tests;
