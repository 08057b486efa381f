// SPDX-License-Identifier: GPL-2.0-or-later
//! A circuit breaker that all workers share.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::Duration;

use super::latch::Latch;
use crate::clock::Moment;
use crate::config::BreakerLimits;
use crate::os::shared::shareable;

shareable! {
    /// Opens after a number of errors within a window and without a success between them. While it is open, one worker at a
    /// time may try whether the API is back (half-open).
    pub(super) struct Breaker {
        /// Errors since the last success: the window's start in the upper 48 bits, their number in the lower 16.
        errors: AtomicU64,
        latch: Latch,
    }
}

impl Breaker {
    /// Whether a request may be made.
    pub(super) fn pass(&self, limits: &BreakerLimits, now: Moment) -> bool {
        self.latch.pass(now, limits.retry)
    }

    /// Whether a request would be let through.
    pub(super) fn is_passable(&self, now: Moment) -> bool {
        self.latch.is_passable(now)
    }

    /// A request failed. True for the one error that opens the breaker.
    pub(super) fn failed(&self, limits: &BreakerLimits, now: Moment) -> bool {
        if limits.errors == 0 {
            return false;
        }
        if self.latch.trial().is_some() {
            self.latch.shut(now, limits.retry);
            return false;
        }
        let count = |old| Some(counted(old, limits.window, now));
        let (Ok(before) | Err(before)) = self.errors.fetch_update(AcqRel, Acquire, count);
        let errors = number(counted(before, limits.window, now));
        errors >= limits.errors && self.latch.shut(now, limits.retry)
    }

    /// A request got an answer. True for the one that closes the breaker.
    pub(super) fn succeeded(&self) -> bool {
        if self.errors.load(Acquire) != 0 {
            self.errors.swap(0, AcqRel);
        }
        self.latch.reopen()
    }

    /// When the next trial may be made; `None` while the breaker is closed.
    pub(super) fn trial(&self) -> Option<Moment> {
        self.latch.trial()
    }
}

/// One error more.
fn counted(old: u64, window: Duration, now: Moment) -> u64 {
    let start = Moment::from_shared(old >> 16).filter(|start| start.after(window) > now);
    match start {
        Some(_) if number(old) < u16::MAX => old + 1,
        Some(_) => old,
        None => (now.to_shared() << 16) | 1,
    }
}

fn number(errors: u64) -> u16 {
    u16::try_from(errors & u64::from(u16::MAX)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Breaker;
    use crate::clock::{Clock, Moment};
    use crate::config::BreakerLimits;
    use crate::os::shared::Shared;

    const LIMITS: BreakerLimits = BreakerLimits {
        window: Duration::from_secs(10),
        errors: 3,
        retry: Duration::from_secs(15),
    };

    fn at(seconds: u64) -> Moment {
        let now = Instant::now();
        Clock::starting(now)
            .at(now)
            .after(Duration::from_secs(seconds))
    }

    fn breaker() -> Shared<Breaker> {
        Shared::new().expect("memory")
    }

    #[test]
    fn it_opens_at_the_last_error_of_a_window_and_closes_after_a_trial() {
        let breaker = breaker();
        let opened: Vec<_> = [0, 1, 2, 2]
            .map(|second| breaker.failed(&LIMITS, at(second)))
            .into();
        assert_eq!(opened, [false, false, true, false]);
        assert!(!breaker.pass(&LIMITS, at(16)));
        assert!(breaker.pass(&LIMITS, at(17)), "half-open");
        assert!(!breaker.pass(&LIMITS, at(17)), "for one worker");
        assert!(
            !breaker.failed(&LIMITS, at(18)),
            "the trial fails: it stays open"
        );
        assert!(!breaker.pass(&LIMITS, at(32)));
        assert!(breaker.pass(&LIMITS, at(33)));
        assert!(breaker.succeeded());
        assert!(!breaker.succeeded());
        assert!(breaker.pass(&LIMITS, at(33)) && breaker.pass(&LIMITS, at(33)));
        assert!(!breaker.failed(&LIMITS, at(34)), "it counts anew");
    }

    #[test]
    fn old_errors_and_errors_before_a_success_do_not_count() {
        let breaker = breaker();
        assert!(!breaker.failed(&LIMITS, at(0)) && !breaker.failed(&LIMITS, at(1)));
        assert!(!breaker.failed(&LIMITS, at(11)), "the window is over");
        assert!(!breaker.failed(&LIMITS, at(12)));
        assert!(!breaker.succeeded(), "it was closed");
        assert!(!breaker.failed(&LIMITS, at(13)) && !breaker.failed(&LIMITS, at(14)));
        assert!(breaker.failed(&LIMITS, at(15)));
    }

    #[test]
    fn without_a_number_of_errors_it_never_opens() {
        let breaker = breaker();
        let off = BreakerLimits {
            errors: 0,
            ..LIMITS
        };
        assert!((0..100).all(|_| !breaker.failed(&off, at(0))));
        assert!(breaker.pass(&off, at(0)));
    }
}
