// SPDX-License-Identifier: GPL-2.0-or-later
//! A panic never crosses the boundary.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use super::abi::nol_rc;
use super::host::Log;
use crate::log::{Level, Log as _};

/// Runs the body of an entry. Its error, or `NOL_PANIC`, is what C gets.
pub(super) fn guard(log: Option<Log>, body: impl FnOnce() -> Result<(), nol_rc>) -> nol_rc {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => nol_rc::NOL_OK,
        Ok(Err(rc)) => rc,
        Err(payload) => {
            // The payload's own Drop may panic as well.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
            if let Some(log) = log {
                let place = PLACE.take().unwrap_or_default();
                log.line(
                    Level::Error,
                    &format!("panic at {place}, a bug of numbers_online; the call is allowed"),
                );
            }
            nol_rc::NOL_PANIC
        }
    }
}

/// Keeps where a panic happened for [`guard`] to log, in place of writing it to standard error, which a daemon does not
/// have. The message is left out: it may hold a caller's number.
pub(super) fn note_panics() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        PLACE.set(
            info.location()
                .map(|place| format!("{}:{}", place.file(), place.line())),
        );
    }));
}

thread_local! {
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}
