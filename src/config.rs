// SPDX-License-Identifier: GPL-2.0-or-later
//! Module parameters, parsed once into types that cannot be wrong.

mod api_url;
mod async_limits;
mod bad_parameter;
mod cache;
mod contact;
mod decision_options;
mod default_country;
mod defaults;
mod emergency;
mod enforcement;
mod identity;
mod limits;
mod lists;
mod mode;
mod no_proxy;
mod port;
mod profile;
mod proxy;
mod replies;
mod roots;
mod secret;
mod timeout;
mod trusted_sources;

use numbers_online_number::Country;
use std::time::Duration;

pub use api_url::ApiUrl;
pub use async_limits::AsyncLimits;
pub use bad_parameter::BadParameter;
pub use cache::{CacheConfig, RedisUrl};
pub use contact::{Contact, ContactUri, is_contact};
pub use decision_options::{AllowCode, DecisionOptions, Threshold};
pub use emergency::Emergency;
pub use enforcement::Enforcement;
pub use identity::{Anonymous, IdentityOptions};
pub use limits::{BreakerLimits, Limits, RateLimit};
pub use lists::{ListConfig, ListFile};
pub use mode::Mode;
pub use profile::{ProfileId, ProfileName};
pub use proxy::{HttpProxy, ProxyUrl};
pub use replies::{BlockReason, BlockReply, Location, Redress, Replies};
pub use roots::Roots;
pub use secret::{ApiKey, FromSecret, Missing, Secret, SigningSecrets};
pub use timeout::Timeout;
pub use trusted_sources::TrustedSources;

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
    pub shadow: i32,
    pub enforce_percent: i32,
    pub number_source: String,
    pub verstat_source: String,
    pub ask_withheld: i32,
    pub anonymous: String,
    pub block_reply: String,
    pub block_location: String,
    pub regulation: String,
    pub reply_reason: i32,
    pub redress_url: String,
    pub redress_tel: String,
    pub redress_email: String,
    pub emergency: String,
    pub emergency_window: i32,
    pub trusted_sources: String,
    pub allow_list: String,
    pub deny_list: String,
    pub dno_list: String,
    pub dno_max_age: i32,
    pub default_country: String,
    pub local_check: i32,
    pub cache_ttl: i32,
    pub cache_size: i32,
    pub cache_redis: String,
    pub log_numbers: i32,
    pub rate_limit: i32,
    pub breaker_window: i32,
    pub breaker_errors: i32,
    pub breaker_retry: i32,
    pub ca_file: String,
    pub tls_insecure: i32,
    pub http_proxy: String,
    pub async_lookups: i32,
    pub async_queue: i32,
    pub profile: Vec<String>,
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
    pub options: DecisionOptions,
    /// Contact of a 302.
    pub redirect_contact: Option<ContactUri>,
    /// Which calls `numbers_online_reply()` answers.
    pub mode: Mode,
    /// On which calls a block or a redirect is carried out.
    pub enforcement: Enforcement,
    /// Whether numbers in log lines are not masked.
    pub log_numbers: bool,
    /// How callers are identified.
    pub identity: IdentityOptions,
    /// How calls are answered.
    pub replies: Replies,
    /// Whether emergency calls and calls with priority pass without a lookup.
    pub emergency: Emergency,
    /// How long the caller of an emergency number is called back unscreened; zero for not at all.
    pub emergency_window: Duration,
    /// The sources that are believed: their identities, verifications and claims of priority.
    pub trusted_sources: TrustedSources,
    /// Lists of calling numbers.
    pub lists: ListConfig,
    /// The country whose forms of numbers are read.
    pub default_country: Option<Country>,
    /// With `block_invalid`: a number that cannot exist is blocked without a lookup.
    pub local_check: bool,
    /// How answers are stored.
    pub cache: CacheConfig,
    /// When no request is made.
    pub limits: Limits,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// The HTTP proxy to the API.
    pub http_proxy: Option<HttpProxy>,
    /// How many calls may wait for their lookups.
    pub async_limits: AsyncLimits,
}

impl Config {
    /// Parses the parameters. Reads the environment and files, and keeps nothing open.
    pub fn new(given: &Given) -> Result<Self, BadParameter> {
        let roots = Roots::new(&given.ca_file, switch("tls_insecure", given.tls_insecure)?)?;
        Self::with(given, roots)
    }

    /// Parses the parameters of a profile. What the base has from the same file is not read again.
    pub fn of_profile(given: &Given, base: (&Given, &Self)) -> Result<Self, BadParameter> {
        let (base_given, base) = base;
        let same = |given: &Given| (given.ca_file.clone(), given.tls_insecure);
        if same(given) == same(base_given) {
            Self::with(given, base.roots.clone())
        } else {
            Self::new(given)
        }
    }

    fn with(given: &Given, roots: Roots) -> Result<Self, BadParameter> {
        let api_url_backup = ApiUrl::backup(&given.api_url_backup)?;
        let signing_secrets = SigningSecrets::new(&given.signing_secret)?;
        let api_key: Secret<ApiKey> = Secret::new("api_key", &given.api_key)?;
        let mode = Mode::new(&given.mode)?;
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
            enforcement: Enforcement::new(given, api_key.value().map_or("", ApiKey::expose))?,
            log_numbers: switch("log_numbers", given.log_numbers)?,
            api_key,
            timeout: Timeout::new(given.timeout).ok_or_else(|| {
                BadParameter::new("timeout", given.timeout, "20..5000 milliseconds")
            })?,
            options: DecisionOptions::new(given)?,
            redirect_contact: ContactUri::new(&given.redirect_contact)?,
            identity: IdentityOptions::new(given)?,
            mode,
            replies: Replies::new(given, mode)?,
            emergency: Emergency::new(&given.emergency)?,
            emergency_window: emergency::window(given.emergency_window)?,
            trusted_sources: TrustedSources::new(&given.trusted_sources)?,
            lists: ListConfig::new(given)?,
            default_country: default_country::read(&given.default_country)?,
            local_check: switch("local_check", given.local_check)?,
            roots,
            http_proxy: HttpProxy::new(&given.http_proxy)?,
            async_limits: AsyncLimits::new(given)?,
        })
    }
}

fn switch(name: &str, value: i32) -> Result<bool, BadParameter> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(BadParameter::new(name, value, "0 or 1")),
    }
}

#[cfg(test)]
pub(crate) mod tests;
