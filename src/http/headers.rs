// SPDX-License-Identifier: GPL-2.0-or-later
//! Values of response headers.

use std::time::{Duration, SystemTime};

/// `Date` (RFC 9110 section 6.6.1).
pub(super) fn date(value: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(value).ok()
}

/// `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    date(value)?.duration_since(now).ok()
}

/// `Keep-Alive: timeout=` (RFC 2068 section 19.7.1): after so many seconds the server closes an idle connection.
pub(super) fn keep_alive(value: &str) -> Option<u64> {
    value
        .split(',')
        .find_map(|part| part.trim().strip_prefix("timeout=")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{keep_alive, retry_after};

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value| retry_after(value, SystemTime::now());
        assert_eq!(read("17"), Some(Duration::from_secs(17)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), None, "in the past");
        assert!(
            read("Thu, 31 Dec 2099 23:59:59 GMT").is_some_and(|span| span.as_secs() > 1_000_000)
        );
        for bad in ["", "soon", "-1", "1.5"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn keep_alive_may_have_other_parameters() {
        for (value, seconds) in [
            ("timeout=5, max=100", Some(5)),
            ("max=100, timeout=5", Some(5)),
            ("timeout=0", Some(0)),
            ("max=100", None),
            ("timeout=x", None),
            ("", None),
        ] {
            assert_eq!(keep_alive(value), seconds, "{value}");
        }
    }
}
