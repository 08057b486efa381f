// SPDX-License-Identifier: GPL-2.0-or-later
//! `timeout`.

use std::time::Duration;

/// A deadline's span, 20..=5000 ms: there is no zero that means forever. The API caps a budget at 5000 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timeout(u16);

impl Timeout {
    /// Takes milliseconds.
    #[must_use]
    pub fn new(milliseconds: i32) -> Option<Self> {
        let milliseconds = u16::try_from(milliseconds).ok()?;
        (20..=5000)
            .contains(&milliseconds)
            .then_some(Self(milliseconds))
    }

    /// Milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> u16 {
        self.0
    }

    /// The span.
    #[must_use]
    pub fn span(self) -> Duration {
        Duration::from_millis(self.0.into())
    }

    /// The least time that must be left for a request to be made. A request that cannot be answered in time costs money, and its
    /// failure counts against the API.
    #[must_use]
    pub fn least(self) -> Duration {
        (self.span() / 4).min(Duration::from_millis(50))
    }

    /// A call that has waited no longer than this is asked about, whatever is known of the API's speed: an estimate that is too
    /// high would turn the lookups off, and without lookups it would not change.
    #[must_use]
    pub fn short_wait(self) -> Duration {
        self.span() / 8
    }

    /// The budget that is sent to the API: the span less a margin for the way back. So the API does not make and bill a decision that
    /// would come too late.
    #[must_use]
    pub fn budget_ms(self) -> u16 {
        self.0 - (self.0 / 10).clamp(5, 50)
    }
}
