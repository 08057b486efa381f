// SPDX-License-Identifier: GPL-2.0-or-later
//! `emergency`.

use super::BadParameter;

/// The treatment of emergency calls and of calls with priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emergency {
    /// They are never asked about and never blocked.
    Passes,
    /// They are screened like any other call. The operator accepted the risk explicitly.
    Screened,
}

impl Emergency {
    /// Parses `emergency`. No short word switches the bypass off.
    pub fn new(value: &str) -> Result<Self, BadParameter> {
        match value {
            "on" => Ok(Self::Passes),
            OFF => Ok(Self::Screened),
            _ => Err(BadParameter::new(
                "emergency",
                value,
                "on (or never_bypass_i_accept_the_risk, and then emergency calls may be blocked)",
            )),
        }
    }
}

const OFF: &str = "never_bypass_i_accept_the_risk";
