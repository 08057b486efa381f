// SPDX-License-Identifier: GPL-2.0-or-later

//! Limits how often one event is logged.

use std::time::Duration;

use tokio::time::Instant;

/// Lets one log line through in each period and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Instant>,
    suppressed: u64,
}

impl Throttle {
    /// Counts an event. If it may be logged, returns how many events were not logged since the last line.
    pub(crate) fn event(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now < last + PERIOD) {
            self.suppressed += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }
}

const PERIOD: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_a_period_is_logged_and_the_others_are_counted() {
        let (mut throttle, start) = (Throttle::default(), Instant::now());
        for (after, logged) in [
            (Duration::ZERO, Some(0)),
            (Duration::from_millis(1), None),
            (PERIOD / 2, None),
            (PERIOD, Some(2)),
            (PERIOD + Duration::from_millis(1), None),
            (2 * PERIOD, Some(1)),
        ] {
            assert_eq!(throttle.event(start + after), logged, "{after:?}");
        }
    }
}
