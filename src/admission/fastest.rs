// SPDX-License-Identifier: GPL-2.0-or-later
//! How fast the API answers when it is fast.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// The shortest time of an answer, in the present and the previous ten seconds. The shortest, since no caller can make it
    /// longer. Each word has its period in the upper 32 bits and microseconds in the lower; the period says which of the two
    /// words it uses.
    pub(super) struct FastestAnswer {
        periods: [AtomicU64; 2],
    }
}

impl FastestAnswer {
    /// An answer took so long.
    pub(super) fn note(&self, took: Duration, now: Moment) {
        let period = period(now);
        let Some(word) = self.word(period) else {
            return;
        };
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        let shorter = |seen: u64| {
            let is_new = seen >> 32 != period || u64::from(took) < seen & MICROSECONDS;
            is_new.then_some(period << 32 | u64::from(took))
        };
        let _ = word.fetch_update(Relaxed, Relaxed, shorter);
    }

    /// The shortest time of late; `None` if nothing was answered of late.
    pub(super) fn of_late(&self, now: Moment) -> Option<Duration> {
        let present = period(now);
        [present, present.wrapping_sub(1)]
            .into_iter()
            .filter_map(|period| {
                let seen = self.word(period)?.load(Relaxed);
                (seen != 0 && seen >> 32 == period)
                    .then(|| Duration::from_micros(seen & MICROSECONDS))
            })
            .min()
    }

    fn word(&self, period: u64) -> Option<&AtomicU64> {
        self.periods.get(usize::from(period % 2 == 1))
    }
}

/// Counts from 1, so that zeroed memory is of no period.
fn period(now: Moment) -> u64 {
    (now.to_shared() / PERIOD_MS + 1) & u64::from(u32::MAX)
}

const PERIOD_MS: u64 = 10_000;
const MICROSECONDS: u64 = 0xffff_ffff;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::FastestAnswer;
    use crate::clock::Clock;
    use crate::os::shared::Shared;

    #[test]
    fn the_shortest_of_the_last_periods_counts_and_is_forgotten_after_them() {
        let fastest = Shared::<FastestAnswer>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = |seconds| start.after(Duration::from_secs(seconds));
        let ms = Duration::from_millis;
        assert_eq!(fastest.of_late(at(0)), None);
        for took in [300, 20, 5000] {
            fastest.note(ms(took), at(1));
        }
        assert_eq!(fastest.of_late(at(1)), Some(ms(20)));
        fastest.note(ms(100), at(12));
        assert_eq!(fastest.of_late(at(12)), Some(ms(20)));
        assert_eq!(fastest.of_late(at(21)), Some(ms(100)));
        assert_eq!(fastest.of_late(at(60)), None);
    }
}
