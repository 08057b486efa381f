// SPDX-License-Identifier: GPL-2.0-or-later
//! A change of the shared states, as the operator reads it.

use std::fmt;
use std::time::Duration;

use super::Endpoint;
use crate::failure::Failure;
use crate::log::Level;

/// A change that one worker caused for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the line says")]
pub enum Change {
    /// Too many failures in a row: no requests for a while.
    BreakerOpened {
        endpoint: Endpoint,
        failure: Failure,
        retry: Duration,
    },
    /// The API answers again.
    BreakerClosed { endpoint: Endpoint },
    /// The API refuses the key or the signature.
    KeyRefused {
        endpoint: Endpoint,
        failure: Failure,
        trial: Duration,
    },
    /// The key is good again.
    KeyAccepted { endpoint: Endpoint },
    /// The account must be paid for.
    AccountRefused { endpoint: Endpoint, trial: Duration },
    /// The account is good again.
    AccountAccepted { endpoint: Endpoint },
    /// The API wants no requests for a while.
    Throttled { endpoint: Endpoint, span: Duration },
    /// Requests are welcome again.
    ThrottleOver { endpoint: Endpoint },
    /// The other signing secret is used from now on.
    SecretSwitched { endpoint: Endpoint },
}

impl Change {
    /// The names of all changes, for the server's event. The n-th stands for the bit n.
    pub const NAMES: [&str; 9] = [
        "breaker_opened",
        "breaker_closed",
        "key_refused",
        "key_accepted",
        "account_refused",
        "account_accepted",
        "throttled",
        "throttle_over",
        "secret_switched",
    ];

    /// Its bit in a set of changes.
    #[must_use]
    pub fn bit(&self) -> u16 {
        1 << match self {
            Self::BreakerOpened { .. } => 0,
            Self::BreakerClosed { .. } => 1,
            Self::KeyRefused { .. } => 2,
            Self::KeyAccepted { .. } => 3,
            Self::AccountRefused { .. } => 4,
            Self::AccountAccepted { .. } => 5,
            Self::Throttled { .. } => 6,
            Self::ThrottleOver { .. } => 7,
            Self::SecretSwitched { .. } => 8,
        }
    }

    /// The level of its log line.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::KeyRefused { .. } | Self::AccountRefused { .. } => Level::Error,
            Self::BreakerOpened { .. } | Self::Throttled { .. } => Level::Warning,
            _ => Level::Notice,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BreakerOpened {
                endpoint,
                failure,
                retry,
            } => write!(
                f,
                "breaker open for {}: too many failures, the last one {}; calls are allowed without a lookup there, next trial in {} s",
                endpoint.parameter(),
                failure.as_str(),
                retry.as_secs(),
            ),
            Self::BreakerClosed { endpoint } => write!(
                f,
                "breaker closed for {}: it answers again",
                endpoint.parameter()
            ),
            Self::KeyRefused {
                endpoint,
                failure,
                trial,
            } => write!(
                f,
                "{}: {} ({}); calls are allowed without a lookup there, next trial in {} s or after a reload",
                endpoint.parameter(),
                remedy(*failure),
                failure.as_str(),
                trial.as_secs(),
            ),
            Self::KeyAccepted { endpoint } => {
                write!(f, "{} accepts the key again", endpoint.parameter())
            }
            Self::AccountRefused { endpoint, trial } => write!(
                f,
                "{} wants the account topped up or verified (http_402); calls are allowed without a lookup there, next trial in {} s or after a reload",
                endpoint.parameter(),
                trial.as_secs(),
            ),
            Self::AccountAccepted { endpoint } => {
                write!(f, "{} accepts the account again", endpoint.parameter())
            }
            Self::Throttled { endpoint, span } => write!(
                f,
                "{} wants no more requests (http_429); calls are allowed without a lookup there for {} s or until a reload",
                endpoint.parameter(),
                span.as_secs(),
            ),
            Self::ThrottleOver { endpoint } => {
                write!(f, "{} accepts requests again", endpoint.parameter())
            }
            Self::SecretSwitched { endpoint } => write!(
                f,
                "{} refuses the first signing secret; the second is used from now on",
                endpoint.parameter()
            ),
        }
    }
}

impl Endpoint {
    /// The parameter that names it.
    fn parameter(self) -> &'static str {
        match self {
            Self::Primary => "api_url",
            Self::Backup => "api_url_backup",
        }
    }
}

fn remedy(failure: Failure) -> &'static str {
    match failure {
        Failure::Http403 => {
            "the API key may not do this or its account is suspended: use a key with the use case sbc_redirect"
        }
        Failure::Signature => "the API refuses the request's signature: check signing_secret",
        Failure::ClockSkew => {
            "the API refuses the request's signature because this machine's clock is wrong: set it"
        }
        _ => "the API refuses the key: check api_key",
    }
}
