// SPDX-License-Identifier: GPL-2.0-or-later
//! When no request is made: `breaker_*` and `rate_limit`.

use std::time::Duration;

use super::{BadParameter, Given};

/// Everything that can prevent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The circuit breaker of each base URL.
    pub breaker: BreakerLimits,
    /// The local rate limit, if there is one.
    pub rate: Option<RateLimit>,
    /// There is an `api_url_backup`.
    pub has_backup: bool,
    /// Number of signing secrets.
    pub secrets: usize,
}

/// When a circuit breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerLimits {
    /// The time within which the errors must fall, 1..=300 s.
    pub window: Duration,
    /// Errors without a success between them, 1..=1000; 0 never opens it.
    pub errors: u16,
    /// The time to the next trial, 1..=900 s.
    pub retry: Duration,
}

/// Lookups a minute, 1..=1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(u32);

impl Limits {
    pub(super) fn new(
        given: &Given,
        has_backup: bool,
        secrets: usize,
    ) -> Result<Self, BadParameter> {
        let rate = match given.rate_limit {
            0 => None,
            limit => Some(RateLimit::new(limit).ok_or_else(|| {
                BadParameter::new(
                    "rate_limit",
                    limit,
                    "0 (off) or 1..1000000 lookups a minute",
                )
            })?),
        };
        let errors = in_range(
            "breaker_errors",
            given.breaker_errors,
            0..=1000,
            "0 (off) or 1..1000",
        )?;
        Ok(Self {
            breaker: BreakerLimits {
                window: seconds(
                    "breaker_window",
                    given.breaker_window,
                    1..=300,
                    "1..300 seconds",
                )?,
                errors: u16::try_from(errors).unwrap_or(u16::MAX),
                retry: seconds(
                    "breaker_retry",
                    given.breaker_retry,
                    1..=900,
                    "1..900 seconds",
                )?,
            },
            rate,
            has_backup,
            secrets,
        })
    }
}

impl RateLimit {
    /// Takes lookups a minute.
    #[must_use]
    pub fn new(limit: i32) -> Option<Self> {
        let limit = u32::try_from(limit).ok()?;
        (1..=1_000_000).contains(&limit).then_some(Self(limit))
    }

    /// Lookups a minute.
    #[must_use]
    pub fn per_minute(self) -> u32 {
        self.0
    }
}

fn seconds(
    name: &str,
    value: i32,
    range: std::ops::RangeInclusive<u32>,
    allowed: &str,
) -> Result<Duration, BadParameter> {
    in_range(name, value, range, allowed).map(|value| Duration::from_secs(value.into()))
}

fn in_range(
    name: &str,
    value: i32,
    range: std::ops::RangeInclusive<u32>,
    allowed: &str,
) -> Result<u32, BadParameter> {
    let inside = u32::try_from(value)
        .ok()
        .filter(|value| range.contains(value));
    inside.ok_or_else(|| BadParameter::new(name, value, allowed))
}

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use super::{Given, Limits};

    #[test]
    fn a_limit_out_of_range_is_named() {
        for (given, name) in [
            (
                Given {
                    breaker_window: 0,
                    ..given()
                },
                "breaker_window",
            ),
            (
                Given {
                    breaker_window: 301,
                    ..given()
                },
                "breaker_window",
            ),
            (
                Given {
                    breaker_errors: -1,
                    ..given()
                },
                "breaker_errors",
            ),
            (
                Given {
                    breaker_errors: 1001,
                    ..given()
                },
                "breaker_errors",
            ),
            (
                Given {
                    breaker_retry: 0,
                    ..given()
                },
                "breaker_retry",
            ),
            (
                Given {
                    breaker_retry: 901,
                    ..given()
                },
                "breaker_retry",
            ),
            (
                Given {
                    rate_limit: -1,
                    ..given()
                },
                "rate_limit",
            ),
            (
                Given {
                    rate_limit: 1_000_001,
                    ..given()
                },
                "rate_limit",
            ),
        ] {
            let line = Limits::new(&given, false, 0)
                .expect_err("refused")
                .to_string();
            assert!(line.starts_with(&format!("parameter {name}: ")), "{line}");
        }
        assert!(Limits::new(&given(), false, 0).is_ok());
    }
}
