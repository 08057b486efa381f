// SPDX-License-Identifier: GPL-2.0-or-later
//! The state made before fork: configuration values, and shared memory for atomics.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use crate::admission::Admission;
use crate::cache::{Cache, Failed};
use crate::clock::Clock;
use crate::config::{BadParameter, Config, Emergency, Given, Missing, Roots};
use crate::in_flight::InFlight;
use crate::log::{Level, Log};
use crate::no_number::NoNumberWatch;
use crate::os::shared::Shared;

/// What all workers of a server have in common.
#[derive(Debug)]
pub struct Engine {
    /// The parameters as text. A reload reads the files that they name again.
    given: Given,
    /// The same, parsed at start.
    pub config: Arc<Config>,
    /// Admission control, shared by all workers.
    pub admission: Shared<Admission>,
    /// The cache of answers.
    pub cache: Cache,
    /// Numbers whose lookup failed a few seconds ago.
    pub failed: Shared<Failed>,
    /// The requests in flight.
    pub in_flight: Shared<InFlight>,
    /// Detects that nearly no call has a number.
    pub no_number: Shared<NoNumberWatch>,
    /// The workers' clock.
    pub clock: Clock,
}

/// Why there is no engine: one line for the operator.
#[derive(Debug)]
pub enum NoEngine {
    /// A parameter cannot be used.
    Parameter(BadParameter),
    /// There is no shared memory.
    Memory(io::Error),
}

impl Engine {
    /// Makes the engine, and logs warnings about the configuration.
    pub fn new(given: Given, log: &dyn Log) -> Result<Self, NoEngine> {
        let config = Config::new(&given).map_err(NoEngine::Parameter)?;
        warn(&config, log);
        let entries = if config.cache.is_on() {
            config.cache.entries
        } else {
            0
        };
        Ok(Self {
            given,
            admission: Shared::new().map_err(NoEngine::Memory)?,
            cache: Cache::new(entries).map_err(NoEngine::Memory)?,
            failed: Shared::new().map_err(NoEngine::Memory)?,
            in_flight: Shared::new().map_err(NoEngine::Memory)?,
            no_number: Shared::new().map_err(NoEngine::Memory)?,
            clock: Clock::starting(Instant::now()),
            config: Arc::new(config),
        })
    }

    /// Reads keys and certificates again. `Err` says in one line why what is in use has to stay; a secret that is no longer
    /// where it was is such a reason.
    pub fn read_again(&self, in_use: &Config) -> Result<Config, String> {
        let config = Config::new(&self.given).map_err(|bad| bad.to_string())?;
        let lost = config.api_key.value().err();
        let lost = lost.filter(|_| in_use.api_key.value().is_ok());
        let lost =
            lost.or(missing_for_proxy(&config).filter(|_| missing_for_proxy(in_use).is_none()));
        let usable = |config: &Config| config.signing_secrets.usable().count();
        let fewer = usable(&config) < usable(in_use);
        let lost = lost.or(config.signing_secrets.missing().next().filter(|_| fewer));
        let why = lost.map(ToString::to_string);
        why.map_or(Ok(config), Err)
    }
}

fn missing_for_proxy(config: &Config) -> Option<&Missing> {
    config.http_proxy.as_ref()?.missing()
}

fn warn(config: &Config, log: &dyn Log) {
    let missing = config.api_key.value().err();
    let missing = missing
        .into_iter()
        .chain(config.signing_secrets.missing())
        .chain(missing_for_proxy(config));
    for missing in missing {
        log.line(
            Level::Warning,
            &format!("{missing}; calls that need it are allowed without a lookup"),
        );
    }
    if config.emergency == Emergency::Screened {
        let line = "emergency=never_bypass_i_accept_the_risk: emergency calls are screened like any other and may be blocked";
        log.line(Level::Warning, line);
    }
    if matches!(config.roots, Roots::Unverified) {
        let line =
            "tls_insecure=1: the API's certificate is not verified; never use this for live calls";
        log.line(Level::Warning, line);
    }
}

impl std::fmt::Display for NoEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter(bad) => bad.fmt(f),
            Self::Memory(error) => write!(
                f,
                "no shared memory for numbers_online: {error}; lower cache_size"
            ),
        }
    }
}
