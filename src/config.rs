// SPDX-License-Identifier: GPL-2.0-or-later
//! Module parameters, parsed once into types that cannot be wrong.

mod api_url;
mod cache;
mod contact;
mod limits;
mod mode;
mod proxy;
mod roots;
mod secret;
mod waiting;

pub use api_url::ApiUrl;
pub use cache::{CacheConfig, RedisUrl};
pub use contact::ContactUri;
pub use limits::{BreakerLimits, Limits, RateLimit};
pub use mode::Mode;
pub use proxy::ProxyUrl;
pub use roots::Roots;
pub use secret::{ApiKey, FromSecret, Missing, Secret, SigningSecrets};
pub use waiting::Waiting;

use std::fmt;
use std::time::Duration;

/// The parameters as the server's configuration gives them. Their meaning is in README.md.
#[derive(Clone, Debug)]
#[allow(
    missing_docs,
    reason = "the fields are the module parameters; the header and README.md document them"
)]
pub struct Given {
    pub api_url: String,
    pub api_url_backup: String,
    pub api_key: String,
    pub signing_secret: String,
    pub timeout: i32,
    pub allow_code: i32,
    pub spam_threshold: i32,
    pub redirect_threshold: i32,
    pub block_invalid: i32,
    pub block_reassigned: i32,
    pub redirect_contact: String,
    pub mode: String,
    pub cache_ttl: i32,
    pub cache_size: i32,
    pub cache_redis: String,
    pub rate_limit: i32,
    pub breaker_window: i32,
    pub breaker_errors: i32,
    pub breaker_retry: i32,
    pub ca_file: String,
    pub tls_insecure: i32,
    pub http_proxy: String,
    pub async_lookups: i32,
    pub async_queue: i32,
}

/// Everything the operator chose.
#[derive(Debug)]
pub struct Config {
    /// Base URL of the API.
    pub api_url: ApiUrl,
    /// Base URL that is used while the first one's breaker is open.
    pub api_url_backup: Option<ApiUrl>,
    /// The API key, if there is one.
    pub api_key: Secret<ApiKey>,
    /// Secrets of operator request signing; none if it is off.
    pub signing_secrets: SigningSecrets,
    /// The whole deadline of a lookup.
    pub timeout: Timeout,
    /// What the operator wants of the decision.
    pub wishes: Wishes,
    /// Contact of a 302.
    pub redirect_contact: Option<ContactUri>,
    /// Which calls `numbers_online_reply()` answers.
    pub mode: Mode,
    /// How answers are kept.
    pub cache: CacheConfig,
    /// When not to ask.
    pub limits: Limits,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// The HTTP proxy to the API.
    pub http_proxy: Option<ProxyUrl>,
    /// How many calls may wait for their lookups.
    pub waiting: Waiting,
}

/// The operator's part of a question to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// The SIP code of an allow: 503 or 404.
    pub allow_code: AllowCode,
    /// At or above this score a call is flagged.
    pub spam_threshold: Threshold,
    /// At or above this score a call is redirected; without it never.
    pub redirect_threshold: Option<Threshold>,
    /// Block an invalid calling number.
    pub block_invalid: bool,
    /// Block a reassigned calling number.
    pub block_reassigned: bool,
}

/// A deadline's span, 20..=5000 ms: there is no zero that means forever. The API caps a budget at 5000 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout(u16);

/// SIP code of an allow: 503, or 404 where the SBC tries the same trunk again on 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowCode(u16);

/// A spam score, 1..=99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u8);

/// A parameter that cannot be used. Its text is one line for the operator.
#[derive(Debug, PartialEq, Eq)]
pub struct BadParameter(String);

impl Config {
    /// Parses the parameters. Reads the environment and files, and keeps nothing open.
    pub fn new(given: &Given) -> Result<Self, BadParameter> {
        let redirect_threshold = match given.redirect_threshold {
            0 => None,
            score => Some(Threshold::new(score).ok_or_else(|| {
                BadParameter::new("redirect_threshold", score, "0 (off) or 1..99")
            })?),
        };
        let api_url_backup = ApiUrl::backup(&given.api_url_backup)?;
        let signing_secrets = SigningSecrets::new(&given.signing_secret)?;
        Ok(Self {
            api_url: ApiUrl::new(&given.api_url)?,
            limits: Limits::new(
                given,
                api_url_backup.is_some(),
                signing_secrets.usable().count(),
            )?,
            cache: CacheConfig::new(given)?,
            api_url_backup,
            signing_secrets,
            api_key: Secret::new("api_key", &given.api_key)?,
            timeout: Timeout::new(given.timeout).ok_or_else(|| {
                BadParameter::new("timeout", given.timeout, "20..5000 milliseconds")
            })?,
            wishes: Wishes {
                allow_code: AllowCode::new(given.allow_code).ok_or_else(|| {
                    BadParameter::new("allow_code", given.allow_code, "503 or 404")
                })?,
                spam_threshold: Threshold::new(given.spam_threshold).ok_or_else(|| {
                    BadParameter::new("spam_threshold", given.spam_threshold, "1..99")
                })?,
                redirect_threshold,
                block_invalid: switch("block_invalid", given.block_invalid)?,
                block_reassigned: switch("block_reassigned", given.block_reassigned)?,
            },
            redirect_contact: ContactUri::new(&given.redirect_contact)?,
            mode: Mode::new(&given.mode)?,
            roots: Roots::new(&given.ca_file, switch("tls_insecure", given.tls_insecure)?)?,
            http_proxy: ProxyUrl::new(&given.http_proxy)?,
            waiting: Waiting::new(given)?,
        })
    }
}

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

    /// What the API is told as its own budget: the span less a margin for the way back, so that a decision that would come
    /// too late is not made, and not billed.
    #[must_use]
    pub fn budget_ms(self) -> u16 {
        self.0 - (self.0 / 10).clamp(5, 50)
    }
}

impl AllowCode {
    /// Takes 503 or 404.
    #[must_use]
    pub fn new(code: i32) -> Option<Self> {
        match code {
            503 => Some(Self(503)),
            404 => Some(Self(404)),
            _ => None,
        }
    }

    /// The SIP status code.
    #[must_use]
    pub fn code(self) -> u16 {
        self.0
    }
}

impl Threshold {
    /// Takes 1..=99.
    #[must_use]
    pub fn new(score: i32) -> Option<Self> {
        let score = u8::try_from(score).ok()?;
        (1..=99).contains(&score).then_some(Self(score))
    }

    /// The score.
    #[must_use]
    pub fn score(self) -> u8 {
        self.0
    }
}

impl BadParameter {
    /// For a URL, whose user and password belong into no log.
    pub(crate) fn url(name: &str, url: &str, allowed: &str) -> Self {
        let Some((before, host)) = url.rsplit_once('@') else {
            return Self::new(name, url, allowed);
        };
        let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
        let mark = if scheme.is_empty() { "" } else { "://" };
        Self::new(name, format!("{scheme}{mark}***@{host}"), allowed)
    }

    pub(crate) fn new(name: &str, value: impl fmt::Display, allowed: &str) -> Self {
        let line = format!("parameter {name}: \"{value}\" cannot be used; allowed: {allowed}");
        Self(
            line.chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect(),
        )
    }
}

impl fmt::Display for BadParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadParameter {}

fn switch(name: &str, value: i32) -> Result<bool, BadParameter> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(BadParameter::new(name, value, "0 or 1")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Config, Given, Timeout};

    /// The defaults, but for a URL and a key that no test reaches.
    pub(crate) fn given() -> Given {
        Given {
            api_url: "http://127.0.0.1:8080".to_owned(),
            api_url_backup: String::new(),
            api_key: "env:NUMBERS_ONLINE_KEY_THAT_NO_TEST_SETS".to_owned(),
            signing_secret: String::new(),
            timeout: 400,
            allow_code: 503,
            spam_threshold: 80,
            redirect_threshold: 0,
            block_invalid: 1,
            block_reassigned: 0,
            redirect_contact: String::new(),
            mode: "redirect".to_owned(),
            cache_ttl: 60,
            cache_size: 65536,
            cache_redis: String::new(),
            rate_limit: 0,
            breaker_window: 10,
            breaker_errors: 5,
            breaker_retry: 15,
            ca_file: String::new(),
            tls_insecure: 0,
            http_proxy: String::new(),
            async_lookups: 64,
            async_queue: 1024,
        }
    }

    #[test]
    fn the_defaults_are_accepted() {
        let config = Config::new(&given()).expect("usable");
        assert_eq!(config.wishes.redirect_threshold, None);
        assert_eq!(config.redirect_contact, None);
    }

    #[test]
    fn a_bad_value_names_parameter_value_and_what_is_allowed() {
        for (given, line) in [
            (
                Given {
                    timeout: 19,
                    ..given()
                },
                "parameter timeout: \"19\" cannot be used; allowed: 20..5000 milliseconds",
            ),
            (
                Given {
                    timeout: -1,
                    ..given()
                },
                "parameter timeout: \"-1\" cannot be used; allowed: 20..5000 milliseconds",
            ),
            (
                Given {
                    timeout: 5001,
                    ..given()
                },
                "parameter timeout: \"5001\" cannot be used; allowed: 20..5000 milliseconds",
            ),
            (
                Given {
                    allow_code: 200,
                    ..given()
                },
                "parameter allow_code: \"200\" cannot be used; allowed: 503 or 404",
            ),
            (
                Given {
                    spam_threshold: 0,
                    ..given()
                },
                "parameter spam_threshold: \"0\" cannot be used; allowed: 1..99",
            ),
            (
                Given {
                    redirect_threshold: 100,
                    ..given()
                },
                "parameter redirect_threshold: \"100\" cannot be used; allowed: 0 (off) or 1..99",
            ),
            (
                Given {
                    block_invalid: 2,
                    ..given()
                },
                "parameter block_invalid: \"2\" cannot be used; allowed: 0 or 1",
            ),
            (
                Given {
                    block_reassigned: -1,
                    ..given()
                },
                "parameter block_reassigned: \"-1\" cannot be used; allowed: 0 or 1",
            ),
            (
                Given {
                    mode: "Inline".to_owned(),
                    ..given()
                },
                "parameter mode: \"Inline\" cannot be used; allowed: redirect or inline",
            ),
        ] {
            assert_eq!(
                Config::new(&given)
                    .map(|_| ())
                    .map_err(|error| error.to_string()),
                Err(line.to_owned())
            );
        }
    }

    #[test]
    fn the_budget_leaves_time_for_the_way_back() {
        for (timeout, budget) in [(20, 15), (100, 90), (400, 360), (5000, 4950)] {
            assert_eq!(Timeout::new(timeout).expect("in range").budget_ms(), budget);
        }
    }
}
