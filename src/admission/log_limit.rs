// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits how often a failure is logged.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::Duration;

use crate::clock::Moment;
use crate::failure::Failure;
use crate::os::shared::shareable;

shareable! {
    /// One word for each failure: when it may be logged again in the upper 48 bits, the number not logged since in the lower 16.
    pub(super) struct LogLimit {
        places: [AtomicU64; Failure::ALL.len()],
    }
}

impl LogLimit {
    /// Counts a failure. The number since the last logged one, this one included, if it may be logged.
    pub(super) fn may_log(&self, failure: Failure, now: Moment) -> Option<u64> {
        let place = self.places.get(failure as usize)?;
        let silent_until =
            |value: u64| Moment::from_shared(value >> 16).filter(|until| *until > now);
        let suppressed = |value: u64| value & u64::from(u16::MAX);
        let next = |value| match silent_until(value) {
            Some(_) if suppressed(value) == u64::from(u16::MAX) => None,
            Some(_) => Some(value + 1),
            None => Some(now.after(SILENCE).to_shared() << 16),
        };
        let before = place.fetch_update(AcqRel, Acquire, next).ok()?;
        silent_until(before)
            .is_none()
            .then(|| suppressed(before) + 1)
    }
}

const SILENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::LogLimit;
    use crate::clock::Clock;
    use crate::failure::Failure;
    use crate::os::shared::Shared;

    #[test]
    fn a_failure_is_logged_once_in_ten_seconds_with_the_number_of_those_that_were_not() {
        let limit = Shared::<LogLimit>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let may_log =
            |failure, second| limit.may_log(failure, start.after(Duration::from_secs(second)));
        assert_eq!(may_log(Failure::Reset, 0), Some(1));
        assert_eq!(may_log(Failure::Reset, 1), None);
        assert_eq!(may_log(Failure::Reset, 9), None);
        assert_eq!(may_log(Failure::Tls, 9), Some(1));
        assert_eq!(may_log(Failure::Reset, 10), Some(3));
        assert_eq!(may_log(Failure::Reset, 19), None);
        assert_eq!(may_log(Failure::Reset, 20), Some(2));
    }
}
