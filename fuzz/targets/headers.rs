// SPDX-License-Identifier: GPL-2.0-or-later
//! Header values of a response, as text of any kind.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;

#[path = "../../src/http/headers.rs"]
mod headers;

fuzz_target!(|value: &str| {
    let now = UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    let date = headers::date(value);
    let span = headers::retry_after(value, now);
    if let Some(date) = date {
        // A date is never read as a number of seconds.
        assert_eq!(span, date.duration_since(now).ok());
    }
    if headers::keep_alive(value).is_some() {
        assert!(value.contains("timeout="));
    }
});
