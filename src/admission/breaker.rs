// SPDX-License-Identifier: GPL-2.0-or-later
//! A circuit breaker that all workers share.
//!
//! A request can fail because of the number in it. So errors that a number may cause do not open the breaker by themselves:
//! they make a check of the API's health due, which no caller can influence, and that check decides. Exception: if the API does
//! not answer about many numbers for a whole window, the breaker opens although the health is good.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::Duration;

use super::latch::Latch;
use crate::clock::Moment;
use crate::config::BreakerLimits;
use crate::os::shared::shareable;

shareable! {
    /// Opens after a number of errors within a window and without a success between them. While it is open, one worker at a
    /// time may check whether the API is back (half-open).
    pub(super) struct Breaker {
        /// Errors since the last success or good check: the window's start in the upper 48 bits, their number in the lower 16.
        errors: AtomicU64,
        /// When the first error after the last success came; 0: there was none.
        silent_since: AtomicU64,
        /// Numbers that failed since the last success, a bit each.
        numbers: AtomicU64,
        /// 1 if a check of the API's health is due.
        due: AtomicU64,
        /// When a check was begun last.
        checked: AtomicU64,
        latch: Latch,
    }
}

/// An error that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// There was no connection.
    Unreachable,
    /// There was no answer about a number, given by its hash.
    NoAnswer(u64),
}

/// What an error leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Counted,
    /// The API's health should be checked.
    CheckDue,
    /// The breaker is open from now on.
    Opened,
}

impl Breaker {
    /// Whether a request may be made while the breaker is open: to check the API's health first.
    pub(super) fn pass(&self, limits: &BreakerLimits, now: Moment) -> bool {
        self.latch.pass_one(now, limits.retry)
    }

    /// Whether a request would be let through.
    pub(super) fn is_passable(&self, now: Moment) -> bool {
        self.latch.is_passable(now)
    }

    /// Takes over the check of the API's health, if one is due. Others are not asked to do the same for a while.
    pub(super) fn take_check(&self, now: Moment) -> bool {
        if self.due.load(Relaxed) == 0 {
            return false;
        }
        let checked = self.checked.load(Acquire);
        let is_time =
            Moment::from_shared(checked).is_none_or(|checked| checked.after(CHECK_INTERVAL) <= now);
        let taken = is_time
            && self
                .checked
                .compare_exchange(checked, now.to_shared(), AcqRel, Acquire)
                .is_ok();
        if taken {
            self.due.store(0, Relaxed);
        }
        taken
    }

    /// A request failed.
    pub(super) fn failed(&self, limits: &BreakerLimits, error: Error, now: Moment) -> Step {
        if limits.errors == 0 || self.latch.trial().is_some() {
            return Step::Counted;
        }
        let _ = self
            .silent_since
            .compare_exchange(0, now.to_shared(), AcqRel, Acquire);
        let numbers = match error {
            Error::Unreachable => self.numbers.load(Relaxed),
            Error::NoAnswer(hash) => {
                let bit = 1 << (hash % 64);
                self.numbers.fetch_or(bit, Relaxed) | bit
            }
        };
        let count = |old| Some(counted(old, limits.window, now));
        let (Ok(before) | Err(before)) = self.errors.fetch_update(AcqRel, Acquire, count);
        if number(counted(before, limits.window, now)) < limits.errors {
            return Step::Counted;
        }
        let is_silent = Moment::from_shared(self.silent_since.load(Acquire))
            .is_some_and(|since| since.after(limits.window) <= now);
        let many = numbers.count_ones() >= MANY_NUMBERS;
        if error == Error::Unreachable || (is_silent && many) {
            self.open(limits, now)
        } else {
            self.errors.store(0, Relaxed);
            self.due.store(1, Relaxed);
            Step::CheckDue
        }
    }

    /// A request got an answer. True if it closes the breaker.
    pub(super) fn succeeded(&self) -> bool {
        for word in [&self.errors, &self.silent_since, &self.numbers, &self.due] {
            // Mostly there is nothing to change. A write would invalidate the copies of all other processors.
            if word.load(Relaxed) != 0 {
                word.store(0, Relaxed);
            }
        }
        self.latch.reopen()
    }

    /// The API's health was checked and is good. True if it closes the breaker.
    pub(super) fn is_well(&self) -> bool {
        if self.latch.trial().is_some() {
            return self.succeeded();
        }
        self.errors.store(0, Relaxed);
        false
    }

    /// The API's health was checked and is not good.
    pub(super) fn is_unwell(&self, limits: &BreakerLimits, now: Moment) -> Step {
        if limits.errors == 0 || self.latch.trial().is_some() {
            // The latch has moved its next trial already.
            return Step::Counted;
        }
        self.open(limits, now)
    }

    /// Closes it and deletes all errors.
    pub(super) fn reset(&self) -> bool {
        self.succeeded()
    }

    /// When the next trial may be made; `None` while the breaker is closed.
    pub(super) fn trial(&self) -> Option<Moment> {
        self.latch.trial()
    }

    fn open(&self, limits: &BreakerLimits, now: Moment) -> Step {
        if self.latch.shut(now, limits.retry) {
            Step::Opened
        } else {
            Step::Counted
        }
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

/// How often the API's health is checked at most while the breaker is closed.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// More numbers than one caller is expected to have.
const MANY_NUMBERS: u32 = 16;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Breaker, Error, Step};
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

    fn unreachable(breaker: &Breaker, second: u64) -> Step {
        breaker.failed(&LIMITS, Error::Unreachable, at(second))
    }

    #[test]
    fn it_opens_at_the_last_error_of_a_window_and_closes_after_a_trial() {
        let breaker = breaker();
        let steps = [0, 1, 2, 2].map(|second| unreachable(&breaker, second));
        assert_eq!(
            steps,
            [Step::Counted, Step::Counted, Step::Opened, Step::Counted]
        );
        assert!(!breaker.pass(&LIMITS, at(16)));
        assert!(breaker.pass(&LIMITS, at(17)), "half-open");
        assert!(!breaker.pass(&LIMITS, at(17)), "for one worker");
        assert_eq!(
            breaker.is_unwell(&LIMITS, at(18)),
            Step::Counted,
            "the trial fails: it stays open"
        );
        assert!(!breaker.pass(&LIMITS, at(31)));
        assert!(breaker.pass(&LIMITS, at(32)));
        assert!(breaker.is_well());
        assert!(!breaker.is_well());
        assert!(breaker.pass(&LIMITS, at(33)) && breaker.pass(&LIMITS, at(33)));
        assert_eq!(unreachable(&breaker, 34), Step::Counted, "it counts anew");
    }

    #[test]
    fn old_errors_and_errors_before_a_success_do_not_count() {
        let breaker = breaker();
        let counted = |second| unreachable(&breaker, second) == Step::Counted;
        assert!(counted(0) && counted(1));
        assert!(counted(11), "the window is over");
        assert!(counted(12));
        assert!(!breaker.succeeded(), "it was closed");
        assert!(counted(13) && counted(14));
        assert_eq!(unreachable(&breaker, 15), Step::Opened);
    }

    #[test]
    fn errors_that_a_number_may_cause_make_a_check_due_and_nothing_else() {
        let breaker = breaker();
        let failed = |hash, second| breaker.failed(&LIMITS, Error::NoAnswer(hash), at(second));
        for second in 0..100 {
            let step = failed(second % 8, second);
            assert_ne!(step, Step::Opened, "{second}");
            if step == Step::CheckDue {
                assert!(breaker.take_check(at(second)));
                assert!(!breaker.take_check(at(second)), "one is enough");
                assert!(!breaker.is_well());
            }
        }
        assert!(breaker.pass(&LIMITS, at(100)));
        while failed(1, 100) != Step::CheckDue {}
        assert!(breaker.take_check(at(101)));
        assert_eq!(breaker.is_unwell(&LIMITS, at(101)), Step::Opened);
    }

    #[test]
    fn silence_about_many_numbers_opens_it_whatever_its_health() {
        let breaker = breaker();
        let steps = |numbers: std::ops::Range<u64>, second| {
            let failed = |hash| breaker.failed(&LIMITS, Error::NoAnswer(hash), at(second));
            numbers.map(failed).any(|step| step == Step::Opened)
        };
        assert!(!steps(0..60, 0), "not at once");
        assert!(!steps(0..60, 9));
        assert!(steps(0..60, 10));
        assert!(breaker.is_well());
        assert!(!steps(0..60, 25), "the silence begins anew");
        assert!(steps(0..60, 35));
    }

    #[test]
    fn without_a_number_of_errors_it_never_opens() {
        let breaker = breaker();
        let off = BreakerLimits {
            errors: 0,
            ..LIMITS
        };
        let counted = |error| breaker.failed(&off, error, at(0)) == Step::Counted;
        assert!((0..100).all(|n| counted(Error::Unreachable) && counted(Error::NoAnswer(n))));
        assert!(breaker.pass(&off, at(0)) && !breaker.take_check(at(0)));
    }
}
