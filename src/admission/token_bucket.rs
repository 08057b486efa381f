// SPDX-License-Identifier: GPL-2.0-or-later
//! A token bucket that all workers share.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

use crate::clock::Moment;
use crate::config::RateLimit;
use crate::os::shared::shareable;

shareable! {
    /// Lets a number of lookups a minute pass, evenly, with a burst of ten seconds' worth (GCRA, ITU-T I.371).
    pub(super) struct TokenBucket {
        /// When the bucket will be full again, in sixty-thousandths of a lookup's interval; 0 before the first lookup.
        full: AtomicU64,
    }
}

impl TokenBucket {
    /// Takes a token, if there is one.
    pub(super) fn take(&self, limit: RateLimit, now: Moment) -> bool {
        // In units of 1 / limit ms a lookup costs a minute's 60,000 and time passes at `limit` a millisecond: no division.
        let rate = u64::from(limit.per_minute());
        let now = now.to_shared().saturating_mul(rate);
        let depth = (rate / 6).max(1) * INTERVAL;
        self.full
            .fetch_update(AcqRel, Acquire, |full| {
                let full = full.max(now) + INTERVAL;
                (full - now <= depth).then_some(full)
            })
            .is_ok()
    }
}

/// Milliseconds of a minute.
const INTERVAL: u64 = 60_000;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::TokenBucket;
    use crate::clock::Clock;
    use crate::config::RateLimit;
    use crate::os::shared::Shared;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let bucket = Shared::<TokenBucket>::new().expect("memory");
        let limit = RateLimit::new(60).expect("a limit");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let take = |ms| bucket.take(limit, start.after(Duration::from_millis(ms)));
        assert_eq!((0..100).filter(|_| take(0)).count(), 10);
        assert!(!take(999));
        assert!(take(1000));
        assert!(!take(1000));
        let minute = (1001..=61_000).filter(|ms| take(*ms)).count();
        assert_eq!(minute, 60);
        assert_eq!((0..100).filter(|_| take(600_000)).count(), 10);
    }

    #[test]
    fn one_a_minute_is_one_a_minute() {
        let bucket = Shared::<TokenBucket>::new().expect("memory");
        let limit = RateLimit::new(1).expect("a limit");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let taken = (0..300)
            .filter(|second| bucket.take(limit, start.after(Duration::from_secs(*second))))
            .count();
        assert_eq!(taken, 5);
    }
}
