// SPDX-License-Identifier: GPL-2.0-or-later
//! A latch that all workers share, and that a few requests at a time may try.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::Duration;

use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// Open for all, or shut until a moment from which on [`TRIALS`] requests may pass. If none of them ends it, the same
    /// number may pass again after a while.
    pub(super) struct Latch {
        /// 0 while it is open. Else when it may be tried, and in the lower two bits how many requests have tried since.
        trial: AtomicU64,
        /// When it was shut.
        since: AtomicU64,
    }
}

impl Latch {
    /// Whether a request would pass.
    pub(super) fn is_passable(&self, now: Moment) -> bool {
        self.trial().is_none_or(|trial| trial <= now)
    }

    /// Whether a request may pass. `again` after the last trial, further trials follow: a worker may die, or the API may not answer
    /// about a number.
    pub(super) fn pass(&self, now: Moment, again: Duration) -> bool {
        self.pass_some(now, again, TRIALS)
    }

    /// The same for one request alone.
    pub(super) fn pass_one(&self, now: Moment, again: Duration) -> bool {
        self.pass_some(now, again, 1)
    }

    fn pass_some(&self, now: Moment, again: Duration, most: u64) -> bool {
        let seen = self.trial.load(Acquire);
        let Some(trial) = moment(seen) else {
            return true;
        };
        let tried = (seen & TRIED) + 1;
        let next = if tried >= most {
            word(now.after(again), 0)
        } else {
            word(trial, tried)
        };
        trial <= now
            && self
                .trial
                .compare_exchange(seen, next, AcqRel, Acquire)
                .is_ok()
    }

    /// Makes the next trials at `trial`, if it is shut for longer.
    pub(super) fn advance(&self, trial: Moment) {
        let earlier = |seen| {
            let is_later = moment(seen).is_some_and(|next| next > trial);
            is_later.then(|| word(trial, 0))
        };
        let _ = self.trial.fetch_update(AcqRel, Acquire, earlier);
    }

    /// Shuts it. True if it was open.
    pub(super) fn shut(&self, now: Moment, span: Duration) -> bool {
        if self.trial().is_none() {
            self.since.store(now.to_shared(), Relaxed);
        }
        self.trial.swap(word(now.after(span), 0), AcqRel) == 0
    }

    /// Opens it on the proof of a request that was admitted at that moment. A request that was admitted before it was shut
    /// proves nothing about it. True if it was shut.
    pub(super) fn open(&self, admitted: Moment) -> bool {
        let before = self.trial().is_some() && self.since.load(Relaxed) < admitted.to_shared();
        before && self.reopen()
    }

    /// Opens it. True if it was shut.
    pub(super) fn reopen(&self) -> bool {
        self.trial.load(Acquire) != 0 && self.trial.swap(0, AcqRel) != 0
    }

    /// When it may be tried next; `None` while it is open.
    pub(super) fn trial(&self) -> Option<Moment> {
        moment(self.trial.load(Acquire))
    }
}

fn moment(word: u64) -> Option<Moment> {
    Moment::from_shared(word >> 2)
}

fn word(trial: Moment, tried: u64) -> u64 {
    trial.to_shared() << 2 | tried
}

/// Requests that may try a latch at a time. They are about different numbers, since a number that failed is not asked about
/// again for a while.
const TRIALS: u64 = 3;

/// The bits that count them.
const TRIED: u64 = 3;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Latch;
    use crate::clock::{Clock, Moment};
    use crate::os::shared::Shared;

    const AGAIN: Duration = Duration::from_secs(15);

    fn clock() -> impl Fn(u64) -> Moment {
        let start = Clock::starting(Instant::now()).at(Instant::now());
        move |seconds| start.after(Duration::from_secs(seconds))
    }

    #[test]
    fn some_requests_may_try_a_latch_that_is_shut() {
        let latch = Shared::<Latch>::new().expect("memory");
        let at = clock();
        assert!(latch.pass(at(0), AGAIN) && latch.pass(at(0), AGAIN));
        assert!(latch.shut(at(0), AGAIN));
        assert!(!latch.shut(at(0), AGAIN), "it was shut already");
        assert!(!latch.pass(at(14), AGAIN));
        assert!((0..3).all(|_| latch.pass(at(15), AGAIN)), "the trials");
        assert!(
            !latch.pass(at(15), AGAIN) && !latch.pass(at(29), AGAIN),
            "while they run, or their workers died"
        );
        assert!(latch.pass(at(30), AGAIN), "the next trial");
        assert!(!latch.open(at(0)), "admitted before it was shut");
        assert!(latch.open(at(30)));
        assert!(!latch.open(at(30)), "it was open already");
        assert!(latch.pass(at(30), AGAIN) && latch.pass(at(30), AGAIN));
    }

    #[test]
    fn a_trial_may_be_advanced_but_not_put_off() {
        let latch = Shared::<Latch>::new().expect("memory");
        let at = clock();
        latch.advance(at(1));
        assert!(latch.trial().is_none(), "it is open");
        latch.shut(at(0), AGAIN);
        latch.advance(at(20));
        assert_eq!(latch.trial(), Some(at(15)));
        latch.advance(at(2));
        assert!(!latch.pass(at(1), AGAIN));
        assert!((0..3).all(|_| latch.pass(at(2), AGAIN)));
    }

    #[test]
    fn one_request_alone_may_try_where_one_is_enough() {
        let latch = Shared::<Latch>::new().expect("memory");
        let at = clock();
        latch.shut(at(0), AGAIN);
        assert!(latch.pass_one(at(15), AGAIN));
        assert!(!latch.pass_one(at(15), AGAIN) && !latch.pass_one(at(29), AGAIN));
        assert!(latch.pass_one(at(30), AGAIN));
    }
}
