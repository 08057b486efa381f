// SPDX-License-Identifier: GPL-2.0-or-later
//! The server's log.

use super::abi::{nol_host, nol_level, nol_str};
use crate::log::{self, Level};

/// Writes lines to the server's log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log(nol_host);

impl Log {
    pub(super) fn new(host: nol_host) -> Self {
        Self(host)
    }
}

impl log::Log for Log {
    /// Control characters become `?`.
    fn line(&self, level: Level, text: &str) {
        let clean: String = text
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        let level = match level {
            Level::Error => nol_level::NOL_ERROR,
            Level::Warning => nol_level::NOL_WARNING,
            Level::Notice => nol_level::NOL_NOTICE,
        };
        if let Some(log) = self.0.log {
            // SAFETY: the host guarantees a function that takes a line; the text outlives the call.
            unsafe { log(level, nol_str::lend(&clean)) }
        }
    }
}
