// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether a process makes the lookups, as the other processes see it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::time::Duration;

use super::nanoseconds;
use crate::config::Timeout;
use crate::os::shared::shareable;

shareable! {
    /// Signs of life of the serving process. Times are nanoseconds of the queue's clock; 0 stands for "never".
    pub(super) struct Liveness {
        /// The last sign of life: a heartbeat, or a call taken from the queue. 0 before the first one and after a death.
        seen: AtomicU64,
        /// Since when a serving process has been missing. 0 while there is one, and while the server starts.
        missing: AtomicU64,
    }
}

/// What a call that needs a lookup can expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// A process makes lookups.
    Running,
    /// None does, but one may start within moments: the call may wait for it.
    Starting,
    /// None does. A call that waits would wait for nothing.
    Missing,
    /// The process has given no sign of life for [`STALLED`]: it should be replaced. Calls are treated as if it were missing.
    Stalled,
}

impl Liveness {
    /// Records a sign of life. Lookups are possible again at once.
    pub(super) fn note_alive(&self, now: u64) {
        self.seen.store(now.max(1), Release);
        if self.missing.load(Relaxed) != 0 {
            self.missing.store(0, Release);
        }
    }

    /// Records that the process has ended.
    pub(super) fn note_death(&self, now: u64) {
        self.missing.store(now.max(1), Release);
        self.seen.store(0, Release);
    }

    /// Records that the first process has been started: it has [`patience`] to come up.
    pub(super) fn note_start(&self, now: u64) {
        if self.seen.load(Acquire) == 0 {
            let _ = self
                .missing
                .compare_exchange(0, now.max(1), AcqRel, Relaxed);
        }
    }

    pub(super) fn service(&self, now: u64, timeout: Timeout) -> Service {
        let seen = self.seen.load(Acquire);
        let missing = self.missing.load(Acquire);
        let longer_than = |since: u64, span| now.saturating_sub(since) > nanoseconds(span);
        if seen != 0 {
            return match () {
                () if longer_than(seen, STALLED) => Service::Stalled,
                () if longer_than(seen, SILENT) => Service::Missing,
                () => Service::Running,
            };
        }
        if missing != 0 && longer_than(missing, patience(timeout)) {
            Service::Missing
        } else {
            Service::Starting
        }
    }
}

/// How long calls wait for a process that is being started. A start takes milliseconds, so a call that came in meanwhile is
/// still screened; where none comes up, a call loses this time once, and later calls lose none.
pub(super) fn patience(timeout: Timeout) -> Duration {
    (timeout.span() / 4).min(Duration::from_millis(200))
}

/// The serving process gives a sign of life every half second. Calls do not wait for it after three that are missing: one slow
/// second of a busy machine is no reason yet.
pub(super) const SILENT: Duration = Duration::from_millis(1500);

/// After this time without a sign of life the process is replaced.
pub(super) const STALLED: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Liveness, SILENT, STALLED, Service, patience};
    use crate::config::Timeout;
    use crate::os::shared::Shared;
    use crate::pool::nanoseconds;

    const MOMENT: Duration = Duration::from_millis(1);

    struct Watched(Shared<Liveness>, Timeout);

    impl Watched {
        fn new() -> Self {
            let timeout = Timeout::new(400).expect("in range");
            Self(Shared::new().expect("memory"), timeout)
        }

        fn service(&self, now: Duration) -> Service {
            self.0.service(nanoseconds(now), self.1)
        }
    }

    #[test]
    fn calls_wait_for_the_first_process_for_a_short_time_only() {
        let watched = Watched::new();
        let start = Duration::from_secs(100);
        assert_eq!(watched.service(start), Service::Starting);
        watched.0.note_start(nanoseconds(start));
        watched.0.note_start(nanoseconds(start + MOMENT));
        let patience = patience(watched.1);
        assert_eq!(watched.service(start + patience), Service::Starting);
        let late = start + patience + MOMENT;
        assert_eq!(watched.service(late), Service::Missing);
        watched.0.note_alive(nanoseconds(late));
        assert_eq!(watched.service(late), Service::Running);
    }

    #[test]
    fn after_a_death_calls_wait_for_the_next_process_for_a_short_time_only() {
        let watched = Watched::new();
        watched.0.note_alive(0);
        assert_eq!(watched.service(MOMENT), Service::Running);
        let death = Duration::from_secs(1);
        watched.0.note_death(nanoseconds(death));
        watched.0.note_start(nanoseconds(death + MOMENT));
        assert_eq!(watched.service(death + MOMENT), Service::Starting);
        let late = death + patience(watched.1) + MOMENT;
        assert_eq!(watched.service(late), Service::Missing);
        watched.0.note_alive(nanoseconds(late));
        assert_eq!(watched.service(late + SILENT), Service::Running);
    }

    #[test]
    fn a_process_that_stands_still_is_missing_after_a_while_and_back_with_its_first_sign_of_life() {
        let watched = Watched::new();
        let start = Duration::from_secs(3);
        watched.0.note_alive(nanoseconds(start));
        assert_eq!(watched.service(start + SILENT), Service::Running);
        assert_eq!(watched.service(start + SILENT + MOMENT), Service::Missing);
        assert_eq!(watched.service(start + STALLED + MOMENT), Service::Stalled);
        let back = start + 2 * STALLED;
        watched.0.note_alive(nanoseconds(back));
        assert_eq!(watched.service(back), Service::Running);
    }
}
