// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether Redis answers, as all processes of a server know it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::clock::Moment;
use crate::os::shared::shareable;

shareable! {
    /// What came of the last request, and when the operator was told of a failure.
    pub struct RedisHealth {
        /// See [`State`].
        state: AtomicU64,
        failures: AtomicU64,
        /// Nothing is logged before.
        silent_until: AtomicU64,
    }
}

#[derive(Clone, Copy)]
enum State {
    Unused,
    Answers,
    Fails,
}

impl RedisHealth {
    /// Counts a request. After a failure, how many there were since the last line in the log, if there may be one now: once a minute.
    pub fn note(&self, is_answered: bool, now: Moment) -> Option<u64> {
        if is_answered {
            self.state.store(State::Answers as u64, Relaxed);
            return None;
        }
        self.state.store(State::Fails as u64, Relaxed);
        self.failures.fetch_add(1, Relaxed);
        let then = now.after(MINUTE).to_shared();
        let is_due = |until| (until <= now.to_shared()).then_some(then);
        let due = self.silent_until.fetch_update(Relaxed, Relaxed, is_due);
        due.is_ok().then(|| self.failures.swap(0, Relaxed))
    }

    /// For the operator.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        let state = self.state.load(Relaxed);
        if state == State::Answers as u64 {
            "answers"
        } else if state == State::Unused as u64 {
            "unused"
        } else {
            "fails"
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::RedisHealth;
    use crate::clock::Clock;
    use crate::os::shared::Shared;

    #[test]
    fn failures_are_logged_once_a_minute_with_their_number() {
        let health = Shared::<RedisHealth>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let note = |is_answered, second| {
            health.note(is_answered, start.after(Duration::from_secs(second)))
        };
        assert_eq!(health.as_str(), "unused");
        assert_eq!(note(true, 0), None);
        assert_eq!(health.as_str(), "answers");
        assert_eq!(
            [note(false, 1), note(false, 1), note(false, 60)],
            [Some(1), None, None]
        );
        assert_eq!(health.as_str(), "fails");
        assert_eq!((note(true, 60), health.as_str()), (None, "answers"));
        assert_eq!([note(false, 61), note(false, 62)], [Some(3), None]);
    }
}
