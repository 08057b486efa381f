// SPDX-License-Identifier: GPL-2.0-or-later
//! `timeout`.

use std::time::Duration;

/// A deadline's span, 20..=5000 ms: there is no zero that means forever. The API caps a budget at 5000 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// The span.
    #[must_use]
    pub fn span(self) -> Duration {
        Duration::from_millis(self.0.into())
    }

    /// The least that must be left of it for a request to be worth making: one that cannot be answered in time costs, and
    /// counts against the API.
    #[must_use]
    pub fn least(self) -> Duration {
        (self.span() / 4).min(Duration::from_millis(50))
    }

    /// A call that has waited no longer than this is asked about, whatever is known of the API's speed: an estimate that is too
    /// high would turn the lookups off, for without them there is no other estimate.
    #[must_use]
    pub fn short_wait(self) -> Duration {
        self.span() / 8
    }

    /// What the API is told as its own budget: the span less a margin for the way back, so that a decision that would come
    /// too late is not made, and not billed.
    #[must_use]
    pub fn budget_ms(self) -> u16 {
        self.0 - (self.0 / 10).clamp(5, 50)
    }
}
