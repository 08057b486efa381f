// SPDX-License-Identifier: GPL-2.0-or-later
//! The slot of a flight in shared memory. A flight is the one or two requests for one key that lookups share.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use crate::clock::Moment;
use crate::failure::Failure;
use crate::os::futex;
use crate::os::shared::shareable;

shareable! {
    /// Holds one flight at a time.
    #[repr(C, align(64))]
    pub(super) struct Slot {
        /// A [`Word`]: everything that must change at once.
        word: AtomicU64,
        /// The last flight whose second request failed: its tag and number, and the failure in the lower 8 bits.
        last_failure: AtomicU64,
        /// Counts finished requests. Followers sleep on it.
        wakeups: AtomicU32,
    }
}

/// The state of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) stage: Stage,
    /// Process id of the leader; Linux has 22 bits for it.
    pub(super) leader: u32,
    /// When the leader is replaced if it has not finished.
    pub(super) until: Until,
    /// Part of the key, 13 bits. If two keys of one slot have the same tag, a lookup may follow the wrong flight. Then it finds
    /// nothing in the cache, and asks by itself.
    pub(super) tag: u64,
    /// Number of the flight, 14 bits. Both requests of a flight have the same number, the next flight has another.
    pub(super) number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No flight. Zeroed memory is free.
    Free = 0,
    /// The first request is under way.
    First = 1,
    /// It failed, and the second one has not begun.
    Failed = 2,
    /// The second request is under way.
    Second = 3,
}

/// A moment in the near future, in 13 bits: units of 16 ms, which wrap around every 131 s. A flight that is not ended within that
/// time looks current again, for [`LONGEST`] units. Only a live leader that never finishes could leave one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Until(u64);

impl Slot {
    pub(super) fn load(&self) -> Word {
        Word::from_shared(self.word.load(Acquire))
    }

    /// Changes the word from `seen` to `next`. `Err` is the word as it is now, if it was not `seen`.
    pub(super) fn change(&self, seen: Word, next: Word) -> Result<(), Word> {
        self.word
            .compare_exchange(seen.to_shared(), next.to_shared(), AcqRel, Acquire)
            .map(drop)
            .map_err(Word::from_shared)
    }

    /// The number to give to [`Slot::sleep`].
    pub(super) fn wakeups(&self) -> u32 {
        self.wakeups.load(Acquire)
    }

    /// Sleeps until [`Slot::wake_all`], for `span` at most. Does not sleep if that happened since `wakeups` was read.
    pub(super) fn sleep(&self, wakeups: u32, span: Duration) {
        futex::wait(&self.wakeups, wakeups, span);
    }

    /// Wakes all followers. The word must have been changed before.
    pub(super) fn wake_all(&self) {
        self.wakeups.fetch_add(1, Release);
        futex::wake_all(&self.wakeups);
    }

    /// Records how a flight failed. Before the word is changed: a follower that sees the change also sees this.
    pub(super) fn record_failure(&self, flight: Word, failure: Failure) {
        let last_failure = flight.identity() << 8 | failure as u64;
        self.last_failure.store(last_failure, Relaxed);
    }

    /// Deletes the record of an older flight with the same tag and number.
    pub(super) fn clear_failure(&self, flight: Word) {
        if self.last_failure(flight).is_some() {
            self.last_failure.store(0, Relaxed);
        }
    }

    /// How a flight failed, if it did.
    pub(super) fn last_failure(&self, flight: Word) -> Option<Failure> {
        let last_failure = self.last_failure.load(Relaxed);
        let failure = Failure::ALL.get(usize::try_from(last_failure & 0xff).ok()?)?;
        // No flight fails with `None`, so zeroed memory is no record.
        (last_failure >> 8 == flight.identity() && *failure != Failure::None).then_some(*failure)
    }
}

impl Word {
    /// Whether both are of the same flight.
    pub(super) fn is_flight_of(self, other: Self) -> bool {
        self.identity() == other.identity()
    }

    fn identity(self) -> u64 {
        self.number << TAG_BITS | self.tag
    }

    fn from_shared(word: u64) -> Self {
        let stage = match word & 3 {
            0 => Stage::Free,
            1 => Stage::First,
            2 => Stage::Failed,
            _ => Stage::Second,
        };
        Self {
            stage,
            leader: u32::try_from(word >> 2 & PIDS).unwrap_or(0),
            until: Until(word >> 24 & UNITS),
            tag: word >> 37 & TAGS,
            number: word >> 50 & NUMBERS,
        }
    }

    fn to_shared(self) -> u64 {
        self.stage as u64
            | (u64::from(self.leader) & PIDS) << 2
            | self.until.0 << 24
            | self.tag << 37
            | self.number << 50
    }
}

impl Until {
    /// `moment`, rounded up by 16 ms at most.
    pub(super) fn new(moment: Moment) -> Self {
        Self((moment.to_shared() / UNIT + 1) & UNITS)
    }

    /// Whether it has passed.
    pub(super) fn is_over(self, now: Moment) -> bool {
        let left = self.0.wrapping_sub(now.to_shared() / UNIT) & UNITS;
        left == 0 || left > LONGEST
    }
}

/// The tag of a key: the lowest bits.
pub(super) fn tag(key: u64) -> u64 {
    key & TAGS
}

/// The number of the flight after flight `number`.
pub(super) fn after(number: u64) -> u64 {
    (number + 1) & NUMBERS
}

/// No [`Until`] is further in the future, in units of 16 ms.
pub(super) const LONGEST: u64 = 640;

/// Bits of [`Word::number`].
const NUMBERS: u64 = 0x3fff;

const TAG_BITS: u32 = 13;
const TAGS: u64 = (1 << TAG_BITS) - 1;
const UNITS: u64 = 0x1fff;
const PIDS: u64 = 0x3f_ffff;

/// Milliseconds of one unit.
const UNIT: u64 = 16;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{NUMBERS, Slot, Stage, TAGS, UNITS, Until, Word};
    use crate::clock::Clock;
    use crate::failure::Failure;
    use crate::os::shared::Shared;

    #[test]
    fn every_part_of_a_word_has_its_bits() {
        let zero = Word::from_shared(0);
        assert_eq!((zero.stage, zero.to_shared()), (Stage::Free, 0));
        let ones = Word {
            stage: Stage::Second,
            leader: 0x3f_ffff,
            until: Until(UNITS),
            tag: TAGS,
            number: NUMBERS,
        };
        assert_eq!(ones.to_shared(), u64::MAX);
        for part in [
            Word {
                stage: Stage::First,
                ..zero
            },
            Word {
                stage: Stage::Failed,
                ..zero
            },
            Word {
                leader: 0x3f_ffff,
                ..zero
            },
            Word {
                until: Until(UNITS),
                ..zero
            },
            Word { tag: TAGS, ..zero },
            Word {
                number: NUMBERS,
                ..zero
            },
        ] {
            assert_eq!(Word::from_shared(part.to_shared()), part);
        }
    }

    #[test]
    fn a_moment_is_over_for_two_minutes() {
        let now = Instant::now();
        let start = Clock::starting(now).at(now);
        let after = |milliseconds| start.after(Duration::from_millis(milliseconds));
        for early in [0, 15, 16, 130_000, 131_072, 10_000_000] {
            let until = Until::new(after(early + 10_000));
            for (late, over) in [
                (0, false),
                (9_999, false),
                (10_016, true),
                (20_000, true),
                (120_000, true),
            ] {
                assert_eq!(until.is_over(after(early + late)), over, "{early} {late}");
            }
        }
    }

    #[test]
    fn a_failure_is_of_one_request() {
        let slot = Shared::<Slot>::new().expect("memory");
        let flight = |tag, number| Word {
            tag,
            number,
            ..Word::from_shared(0)
        };
        assert_eq!(slot.last_failure(flight(0, 0)), None);
        slot.record_failure(flight(1, 2), Failure::Reset);
        assert_eq!(slot.last_failure(flight(1, 2)), Some(Failure::Reset));
        assert_eq!(slot.last_failure(flight(2, 2)), None);
        assert_eq!(slot.last_failure(flight(1, 3)), None);
        slot.clear_failure(flight(1, 3));
        assert_eq!(slot.last_failure(flight(1, 2)), Some(Failure::Reset));
        slot.clear_failure(flight(1, 2));
        assert_eq!(slot.last_failure(flight(1, 2)), None);
    }
}
