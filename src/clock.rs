// SPDX-License-Identifier: GPL-2.0-or-later
//! One monotonic clock for all processes of a server.

use std::time::{Duration, Instant};

/// Started before fork, so it is the same for every process.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

/// Milliseconds of a [`Clock`], never 0: in shared memory a 0 stands for "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The clock's first moment. There are earlier ones for what happened before, on other servers.
const START: u64 = 8 * 24 * 3600 * 1000;

impl Clock {
    /// A clock that starts at `now`.
    #[must_use]
    pub fn starting(now: Instant) -> Self {
        Self(now)
    }

    /// Reads the clock at `now`.
    #[must_use]
    pub fn at(self, now: Instant) -> Moment {
        let since = now.saturating_duration_since(self.0).as_millis();
        Moment(
            u64::try_from(since)
                .unwrap_or(u64::MAX)
                .saturating_add(START),
        )
    }
}

impl Moment {
    /// `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// `span` earlier. Eight days before the clock started is the earliest moment.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(span).max(1))
    }

    /// The time from `earlier` to this moment; zero if it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// As a word of shared memory.
    #[must_use]
    pub fn to_shared(self) -> u64 {
        self.0
    }

    /// From shared memory; `None` for "never".
    #[must_use]
    pub fn from_shared(value: u64) -> Option<Self> {
        (value != 0).then_some(Self(value))
    }
}
