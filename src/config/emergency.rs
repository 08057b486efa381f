// SPDX-License-Identifier: GPL-2.0-or-later
//! `emergency`.

use std::time::Duration;

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

/// Parses `emergency_window`.
pub(super) fn window(seconds: i32) -> Result<Duration, BadParameter> {
    let given = u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds <= WEEK);
    given.map(Duration::from_secs).ok_or_else(|| {
        BadParameter::new("emergency_window", seconds, "0 (off) or 1..604800 seconds")
    })
}

const WEEK: u64 = 7 * 24 * 3600;

const OFF: &str = "never_bypass_i_accept_the_risk";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::window;

    #[test]
    fn a_window_out_of_range_is_named() {
        for seconds in [0, 1, 604_800] {
            let span = u64::try_from(seconds).map(Duration::from_secs).ok();
            assert_eq!(window(seconds).ok(), span);
        }
        for seconds in [-1, 604_801] {
            let line = format!(
                "parameter emergency_window: \"{seconds}\" cannot be used; allowed: 0 (off) or 1..604800 seconds"
            );
            assert_eq!(window(seconds).map_err(|bad| bad.to_string()), Err(line));
        }
    }
}
