// SPDX-License-Identifier: GPL-2.0-or-later
//! Catching panics.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Runs `body`. `Err` is the place of its panic, `file:line`, or empty if [`note_panics`] was not called.
pub(crate) fn caught<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // The payload's own Drop may panic as well.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
        PLACE.take().unwrap_or_default()
    })
}

/// Installs a hook that keeps the place of a panic for [`caught`]. Nothing is written to standard error, which a daemon does not
/// have. The message is dropped: it may contain a caller's number.
pub(crate) fn note_panics() {
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
