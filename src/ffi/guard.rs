// SPDX-License-Identifier: GPL-2.0-or-later
//! A panic never crosses the boundary.

use super::abi::nol_rc;
use super::host::Log;
use crate::log::{Level, Log as _};
use crate::os::panics::caught;

/// Runs the body of a function of the table. Returns its error, or `NOL_PANIC` after a panic.
pub(super) fn guard(log: Option<Log>, body: impl FnOnce() -> Result<(), nol_rc>) -> nol_rc {
    match caught(body) {
        Ok(Ok(())) => nol_rc::NOL_OK,
        Ok(Err(rc)) => rc,
        Err(place) => {
            if let Some(log) = log {
                log.line(
                    Level::Error,
                    &format!("panic at {place}, a bug of numbers_online; the call is allowed"),
                );
            }
            nol_rc::NOL_PANIC
        }
    }
}
