// SPDX-License-Identifier: GPL-2.0-or-later
//! Detects that nearly all calls have no telephone number: then the trunk sends numbers in a form that is not read.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// Counts the calls of the current minute. In shared memory, so that a server warns once, and not once for each process.
    pub struct NoNumberWatch {
        /// See [`Minute`].
        minute: AtomicU64,
    }
}

/// Calls in one minute, in one word: the number of the minute (31 bits), whether there was a warning (1), calls (16), those of
/// them without a number (16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Minute {
    number: u32,
    is_warned: bool,
    calls: u16,
    without: u16,
}

/// The counts behind a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Calls since the minute began.
    pub calls: u16,
    /// Those without a number.
    pub without: u16,
}

impl NoNumberWatch {
    /// Counts a call. Returns the counts if the operator is to be warned now: once a minute, when at least 90 percent of at least
    /// 20 calls had no number.
    pub fn note(&self, has_number: bool, now: Moment) -> Option<Warning> {
        let counted = |word| Minute::from_shared(word).counting(has_number, now);
        let next = |word| counted(word).map(|(minute, _)| minute.to_shared());
        let before = self.minute.fetch_update(Relaxed, Relaxed, next).ok()?;
        let (minute, warns) = counted(before)?;
        warns.then_some(Warning {
            calls: minute.calls,
            without: minute.without,
        })
    }
}

impl Minute {
    /// With one more call, and whether that is the time to warn. `None` if nothing changes: the counters are full.
    fn counting(self, has_number: bool, now: Moment) -> Option<(Self, bool)> {
        let number = minute_of(now);
        let before = if self.number == number {
            self
        } else {
            Self {
                number,
                is_warned: false,
                calls: 0,
                without: 0,
            }
        };
        let calls = before.calls.checked_add(1)?;
        let without = before.without + u16::from(!has_number);
        let is_bad = calls >= LEAST && u32::from(without) * 10 >= u32::from(calls) * 9;
        let minute = Self {
            calls,
            without,
            is_warned: before.is_warned || is_bad,
            ..before
        };
        Some((minute, is_bad && !before.is_warned))
    }

    fn to_shared(self) -> u64 {
        u64::from(self.number) << 33
            | u64::from(self.is_warned) << 32
            | u64::from(self.calls) << 16
            | u64::from(self.without)
    }

    fn from_shared(word: u64) -> Self {
        let [a, b, c, d, ..] = word.to_le_bytes();
        Self {
            number: u32::try_from(word >> 33).unwrap_or(0),
            is_warned: word >> 32 & 1 == 1,
            calls: u16::from_le_bytes([c, d]),
            without: u16::from_le_bytes([a, b]),
        }
    }
}

/// Counted from 1, so that the zeros of new memory are no minute. 31 bits last 4000 years.
fn minute_of(now: Moment) -> u32 {
    let minutes = now.to_shared() / MINUTE_MS + 1;
    u32::try_from(minutes & 0x7fff_ffff).unwrap_or(0)
}

const MINUTE_MS: u64 = 60_000;

const LEAST: u16 = 20;

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{Minute, NoNumberWatch, Warning};
    use crate::clock::{Clock, Moment};
    use crate::os::shared::Shared;

    fn watch() -> Shared<NoNumberWatch> {
        Shared::new().expect("memory")
    }

    fn second(second: u64) -> Moment {
        let now = Instant::now();
        Clock::starting(now).at(now + Duration::from_secs(second))
    }

    /// The warnings of calls in one second, given as whether each has a number.
    fn warnings(watch: &NoNumberWatch, at: u64, calls: impl Iterator<Item = bool>) -> Vec<Warning> {
        let now = second(at);
        calls
            .filter_map(|has_number| watch.note(has_number, now))
            .collect()
    }

    #[test]
    fn ninety_percent_of_twenty_calls_in_a_minute_are_warned_of_once() {
        for (with, without, expected) in [
            (0, 19, None),
            (0, 20, Some((20, 20))),
            (0, 500, Some((20, 20))),
            (2, 17, None),
            (2, 18, Some((20, 18))),
            (3, 17, None),
            (3, 26, None),
            (3, 27, Some((30, 27))),
            (500, 0, None),
        ] {
            let calls = (0..with + without).map(|n| n < with);
            let expected: Vec<_> = expected
                .map(|(calls, without)| Warning { calls, without })
                .into_iter()
                .collect();
            assert_eq!(warnings(&watch(), 0, calls), expected, "{with} {without}");
        }
    }

    #[test]
    fn every_minute_counts_for_itself() {
        let watch = watch();
        let nobody = |count| (0..count).map(|_| false);
        assert_eq!(warnings(&watch, 10, nobody(19)).len(), 0);
        assert_eq!(warnings(&watch, 70, nobody(19)).len(), 0);
        assert_eq!(warnings(&watch, 75, nobody(1)).len(), 1);
        assert_eq!(warnings(&watch, 119, nobody(1000)).len(), 0);
        assert_eq!(warnings(&watch, 130, nobody(1000)).len(), 1);
        assert_eq!(warnings(&watch, 250, nobody(20)).len(), 1);
    }

    #[test]
    fn many_calls_at_a_time_are_warned_of_once() {
        let watch = watch();
        let total: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| warnings(&watch, 0, (0..1000).map(|_| false)).len()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .sum()
        });
        assert_eq!(total, 1);
    }

    #[test]
    fn full_counters_stay_full_and_begin_again_in_the_next_minute() {
        let number = super::minute_of(second(0));
        let full = Minute {
            number,
            is_warned: false,
            calls: u16::MAX,
            without: 7,
        };
        assert_eq!(Minute::from_shared(full.to_shared()), full);
        assert_eq!(full.counting(false, second(0)), None);
        let (next, warns) = full.counting(false, second(60)).expect("a new minute");
        assert_eq!(
            (next.number, next.calls, next.without, warns),
            (number + 1, 1, 1, false)
        );
    }
}
