// SPDX-License-Identifier: GPL-2.0-or-later
//! A latch that all workers share, and that one of them at a time may try.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::Duration;

use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// Open for all, or shut until a moment at which one worker may try. Whoever tries moves that moment on, so that nobody
    /// else does meanwhile; if it dies, the next one tries in its turn.
    pub(super) struct Latch {
        /// When it may be tried; 0 while it is open.
        trial: AtomicU64,
        /// When it was shut.
        since: AtomicU64,
    }
}

impl Latch {
    /// Whether the caller would pass.
    pub(super) fn is_passable(&self, now: Moment) -> bool {
        self.trial().is_none_or(|trial| trial <= now)
    }

    /// Whether the caller may pass. A trial keeps others out for `again`.
    pub(super) fn pass(&self, now: Moment, again: Duration) -> bool {
        let Some(trial) = self.trial() else {
            return true;
        };
        let next = now.after(again).to_shared();
        trial <= now
            && self
                .trial
                .compare_exchange(trial.to_shared(), next, AcqRel, Acquire)
                .is_ok()
    }

    /// Shuts it. True for the one who found it open.
    pub(super) fn shut(&self, now: Moment, span: Duration) -> bool {
        if self.trial().is_none() {
            self.since.store(now.to_shared(), Relaxed);
        }
        self.trial.swap(now.after(span).to_shared(), AcqRel) == 0
    }

    /// Opens it for the sake of a request that was admitted then. What was admitted before it was shut says nothing about
    /// what shut it. True for the one who found it shut.
    pub(super) fn open(&self, admitted: Moment) -> bool {
        let before = self.trial().is_some() && self.since.load(Relaxed) < admitted.to_shared();
        before && self.reopen()
    }

    /// Opens it, whatever happened. True for the one who found it shut.
    pub(super) fn reopen(&self) -> bool {
        self.trial.swap(0, AcqRel) != 0
    }

    /// When it may be tried next; `None` while it is open.
    pub(super) fn trial(&self) -> Option<Moment> {
        Moment::from_shared(self.trial.load(Acquire))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Latch;
    use crate::clock::Clock;
    use crate::os::shared::Shared;

    const AGAIN: Duration = Duration::from_secs(15);

    #[test]
    fn one_at_a_time_may_try_a_gate_that_is_shut() {
        let latch = Shared::<Latch>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = |seconds| start.after(Duration::from_secs(seconds));
        assert!(latch.pass(at(0), AGAIN) && latch.pass(at(0), AGAIN));
        assert!(latch.shut(at(0), AGAIN));
        assert!(!latch.shut(at(0), AGAIN), "it was shut already");
        assert!(!latch.pass(at(14), AGAIN));
        assert!(latch.pass(at(15), AGAIN), "the trial");
        assert!(
            !latch.pass(at(15), AGAIN) && !latch.pass(at(29), AGAIN),
            "while it runs, or its worker died"
        );
        assert!(latch.pass(at(30), AGAIN), "the next trial");
        assert!(!latch.open(at(0)), "admitted before it was shut");
        assert!(latch.open(at(30)));
        assert!(!latch.open(at(30)), "it was open already");
        assert!(latch.pass(at(30), AGAIN) && latch.pass(at(30), AGAIN));
    }
}
