// SPDX-License-Identifier: GPL-2.0-or-later
//! What exists before fork: values, and memory for atomics.

use std::io;
use std::time::Instant;

use crate::clock::Clock;
use crate::config::{Config, Roots};
use crate::ffi::shared::Shared;
use crate::log::{Level, Log};
use crate::states::States;

/// What all workers of a server have in common.
#[derive(Debug)]
pub struct Engine {
    /// What the operator chose.
    pub config: Config,
    /// What the workers know together.
    pub states: Shared<States>,
    /// Their clock.
    pub clock: Clock,
}

impl Engine {
    /// Makes the engine, and tells the log what the operator should know at every start.
    pub fn new(config: Config, log: &dyn Log) -> io::Result<Self> {
        let secrets = (0..).map_while(|index| config.signing_secrets.nth(index));
        let missing = config
            .api_key
            .value()
            .err()
            .into_iter()
            .chain(secrets.filter_map(Result::err));
        for missing in missing {
            log.line(
                Level::Warning,
                &format!("{missing}; calls that need it are allowed without a lookup"),
            );
        }
        if matches!(config.roots, Roots::Anybody) {
            log.line(Level::Warning, "tls_insecure=1: the API's certificate is not verified; never use this for live calls");
        }
        Ok(Self {
            config,
            states: Shared::new()?,
            clock: Clock::starting(Instant::now()),
        })
    }
}
