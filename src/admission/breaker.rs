// SPDX-License-Identifier: GPL-2.0-or-later
//! A circuit breaker that all workers share.
//!
//! A request can fail because of the number in it. So errors that a number may cause do not open the breaker by themselves:
//! they make a check of the API's health due, which no caller can influence, and that check decides. Exception: if the API does
//! not answer about many numbers for a whole window, the breaker opens although the health is good.
//!
//! Another program may answer for the health, always. Where no health has been good yet, a doubtful one does not count while
//! requests are answered.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
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
        /// When the last error came; 0: there was none since the last success.
        last_error: AtomicU64,
        /// When the first of the errors came that followed each other within a window, without a success.
        silent_since: AtomicU64,
        /// Those of the errors that no number may cause, in the same form.
        unreachable: AtomicU64,
        /// Numbers that failed since then, a bit each.
        numbers: AtomicU64,
        /// 1 if a check of the API's health is due.
        due: AtomicU64,
        /// When a check was begun last.
        checked: AtomicU64,
        /// 1 if the check that is made before any other was begun.
        begun: AtomicU64,
        /// 1 if a check was good: `/api/health` reaches the API.
        reached: AtomicU64,
        /// When a request was answered last, to a second.
        answered: AtomicU64,
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

    /// Takes over the check that is made before any other.
    pub(super) fn take_first_check(&self) -> bool {
        self.begun.swap(1, AcqRel) == 0
    }

    /// A request failed.
    pub(super) fn failed(&self, limits: &BreakerLimits, error: Error, now: Moment) -> Step {
        if limits.errors == 0 || self.latch.trial().is_some() {
            return Step::Counted;
        }
        let last = self.last_error.swap(now.to_shared(), AcqRel);
        if Moment::from_shared(last).is_none_or(|last| last.after(limits.window) <= now) {
            // Errors that are far apart are no silence: mostly nothing was asked between them.
            self.silent_since.store(now.to_shared(), Release);
            self.numbers.store(0, Relaxed);
        }
        let count = |word: &AtomicU64| {
            let (Ok(before) | Err(before)) = word.fetch_update(AcqRel, Acquire, |old| {
                Some(counted(old, limits.window, now))
            });
            number(counted(before, limits.window, now))
        };
        let (unreachable, numbers) = match error {
            Error::Unreachable => (count(&self.unreachable), self.numbers.load(Relaxed)),
            Error::NoAnswer(hash) => {
                let bit = 1 << (hash % 64);
                (0, self.numbers.fetch_or(bit, Relaxed) | bit)
            }
        };
        if count(&self.errors) < limits.errors && unreachable < limits.errors {
            return Step::Counted;
        }
        let is_silent = Moment::from_shared(self.silent_since.load(Acquire))
            .is_some_and(|since| since.after(limits.window) <= now);
        let many = numbers.count_ones() >= MANY_NUMBERS;
        if unreachable >= limits.errors || (is_silent && many) {
            self.open(limits, now)
        } else {
            self.errors.store(0, Relaxed);
            self.due.store(1, Relaxed);
            Step::CheckDue
        }
    }

    /// A request got an answer. True if it closes the breaker.
    pub(super) fn succeeded(&self, now: Moment) -> bool {
        let answered = Moment::from_shared(self.answered.load(Relaxed));
        if answered.is_none_or(|answered| answered.after(CHECK_INTERVAL) <= now) {
            self.answered.store(now.to_shared(), Relaxed);
        }
        self.close()
    }

    fn close(&self) -> bool {
        for word in [
            &self.errors,
            &self.unreachable,
            &self.last_error,
            &self.numbers,
            &self.due,
        ] {
            // Mostly there is nothing to change. A write would invalidate the copies of all other processors.
            if word.load(Relaxed) != 0 {
                word.store(0, Relaxed);
            }
        }
        self.latch.reopen()
    }

    /// The API's health was checked and is good. True if it closes the breaker.
    pub(super) fn is_well(&self) -> bool {
        self.reached.store(1, Relaxed);
        if self.latch.trial().is_some() {
            return self.close();
        }
        for word in [&self.errors, &self.unreachable] {
            word.store(0, Relaxed);
        }
        false
    }

    /// The API's health was checked, and nothing is known by it. Another check follows soon.
    pub(super) fn is_unproven(&self, now: Moment) {
        if self.latch.trial().is_some() {
            self.latch.advance(now.after(CHECK_INTERVAL));
        } else {
            self.due.store(1, Relaxed);
        }
    }

    /// The health is not that of the API, or so it seems: another program answers for it, or nobody does.
    pub(super) fn is_doubtful(&self, limits: &BreakerLimits, now: Moment) -> Step {
        let is_answered = Moment::from_shared(self.answered.load(Relaxed))
            .is_some_and(|answered| answered.after(limits.window) > now);
        if self.reached.load(Relaxed) == 0 && is_answered {
            Step::Counted
        } else {
            self.is_unwell(limits, now)
        }
    }

    /// A request was answered at once after a doubtful health: `/api/health` does not reach the API.
    pub(super) fn does_not_reach(&self) {
        self.reached.store(0, Relaxed);
    }

    /// The API's health was checked and is not good.
    pub(super) fn is_unwell(&self, limits: &BreakerLimits, now: Moment) -> Step {
        if limits.errors == 0 || self.latch.trial().is_some() {
            // The latch has moved its next trial already.
            return Step::Counted;
        }
        self.open(limits, now)
    }

    /// Closes it, and forgets all errors and whether a health was good.
    pub(super) fn reset(&self) {
        self.reached.store(0, Relaxed);
        self.close();
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
mod tests;
