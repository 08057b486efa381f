// SPDX-License-Identifier: GPL-2.0-or-later
//! Deadlines.

use std::time::{Duration, Instant};

/// The point in time (monotonic) after which nothing may be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline `span` after `now`.
    #[must_use]
    pub fn after(now: Instant, span: Duration) -> Self {
        Self(now + span)
    }

    /// The time that is left, `None` if it is over.
    #[must_use]
    pub fn left(self, now: Instant) -> Option<Duration> {
        self.0
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self, now: Instant) -> bool {
        self.left(now).is_none()
    }

    /// This deadline, or `span` after `now` if that is earlier.
    #[must_use]
    pub fn or_after(self, now: Instant, span: Duration) -> Self {
        self.min(Self::after(now, span))
    }
}
