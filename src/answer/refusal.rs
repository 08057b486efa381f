// SPDX-License-Identifier: GPL-2.0-or-later
//! Responses with another status than 200.

use super::Unusable;
use crate::cause::Cause;
use crate::failure::Failure;
use crate::text::Text;

/// The API's error body (API contract, section 1.3), as far as it matters.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    /// A text for people. Every error body has it.
    error: Option<String>,
    /// Machine-readable; empty if there is none.
    code: Text<64>,
    pub(super) retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// Reads an error body. Other bytes read as an error body without values.
    pub(super) fn new(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Whether the body is an error body of the API.
    pub(super) fn is_documented(&self) -> bool {
        self.error.is_some()
    }

    /// What the status means. Only the API's own words say anything about key, account and rate: a status that came with
    /// anything but its documented `code` is an intermediary's.
    pub(super) fn unusable(&self, status: u16, body: &[u8]) -> Unusable {
        let code = self.code.as_str();
        let spoken = |failure, codes: &[&str]| {
            if self.is_documented() && codes.contains(&code) {
                Unusable::new(failure)
            } else {
                Unusable::because(Failure::Http4xx, Cause::HttpIntermediary)
            }
        };
        let about_the_request = |failure| {
            if self.is_documented() {
                Unusable::new(failure)
            } else {
                Unusable::because(failure, Cause::HttpIntermediary)
            }
        };
        match status {
            401 if code == "signature_invalid" => spoken(Failure::Signature, &[code]),
            401 => spoken(Failure::Http401, &["missing_key", "invalid_key"]),
            402 => spoken(
                Failure::Http402,
                &["insufficient_balance", "paid_verification_required"],
            ),
            403 => spoken(
                Failure::Http403,
                &["use_case_forbidden", "account_suspended"],
            ),
            429 => spoken(
                Failure::Http429,
                &["rate_limited_key", "rate_limited_pool", "rate_limited_ip"],
            ),
            400 => about_the_request(Failure::Http400),
            404 => about_the_request(Failure::Http404),
            405..=499 => about_the_request(Failure::Http4xx),
            500..=599 => markup(Failure::Http5xx, body),
            _ => markup(Failure::HttpOther, body),
        }
    }
}

/// A failure, with its cause if the body is HTML or XML: the API sends neither.
pub(super) fn markup(failure: Failure, body: &[u8]) -> Unusable {
    if body.trim_ascii_start().starts_with(b"<") {
        Unusable::because(failure, Cause::HttpIntermediary)
    } else {
        Unusable::new(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::super::retry_after;
    use super::{Refusal, Unusable};
    use crate::cause::Cause;
    use crate::failure::Failure;

    fn refused(status: u16, body: &str) -> Unusable {
        Refusal::new(body.as_bytes()).unusable(status, body.as_bytes())
    }

    fn intermediary(failure: Failure) -> Unusable {
        Unusable::because(failure, Cause::HttpIntermediary)
    }

    #[test]
    fn an_error_body_may_say_how_long_to_wait() {
        let wait =
            |status, body: &str| retry_after(status, body.as_bytes()).map(|span| span.as_secs());
        assert_eq!(
            wait(
                429,
                r#"{"error":"x","code":"rate_limited_key","retry_after_seconds":17}"#
            ),
            Some(17)
        );
        assert_eq!(wait(429, r#"{"error":"x"}"#), None);
        assert_eq!(wait(429, r#"{"retry_after_seconds":"17"}"#), None);
        assert_eq!(wait(429, "too many"), None);
        assert_eq!(wait(503, r#"{"retry_after_seconds":17}"#), None);
    }

    #[test]
    fn key_account_and_rate_are_refused_by_the_documented_code_alone() {
        for (status, code, failure) in [
            (401, "missing_key", Failure::Http401),
            (401, "invalid_key", Failure::Http401),
            (401, "signature_invalid", Failure::Signature),
            (402, "insufficient_balance", Failure::Http402),
            (402, "paid_verification_required", Failure::Http402),
            (403, "use_case_forbidden", Failure::Http403),
            (403, "account_suspended", Failure::Http403),
            (429, "rate_limited_key", Failure::Http429),
            (429, "rate_limited_pool", Failure::Http429),
            (429, "rate_limited_ip", Failure::Http429),
        ] {
            let body = format!(r#"{{"error":"Refused.","code":"{code}"}}"#);
            assert_eq!(
                refused(status, &body),
                Unusable::new(failure),
                "{status} {code}"
            );
            for other in [
                "<html><body>cloudflare</body></html>".to_owned(),
                String::new(),
                "UNAVAILABLE".to_owned(),
                r#"{"error":"Refused."}"#.to_owned(),
                r#"{"error":"Refused.","code":"of another kind"}"#.to_owned(),
                r#"{"error":"Refused.","code":1020}"#.to_owned(),
                format!(r#"{{"code":"{code}"}}"#),
                format!(r#"[{{"error":"Refused.","code":"{code}"}}]"#),
            ] {
                assert_eq!(
                    refused(status, &other),
                    intermediary(Failure::Http4xx),
                    "{status} {other}"
                );
            }
        }
        assert_eq!(
            refused(403, r#"{"error":"Refused.","code":"invalid_key"}"#),
            intermediary(Failure::Http4xx),
            "the code of another status"
        );
    }

    #[test]
    fn every_other_status_is_a_failure_of_its_own_name() {
        for (status, failure) in [
            (201, Failure::HttpOther),
            (302, Failure::HttpOther),
            (400, Failure::Http400),
            (404, Failure::Http404),
            (405, Failure::Http4xx),
            (499, Failure::Http4xx),
            (500, Failure::Http5xx),
            (599, Failure::Http5xx),
            (600, Failure::HttpOther),
        ] {
            assert_eq!(
                refused(status, r#"{"error":"no"}"#),
                Unusable::new(failure),
                "{status}"
            );
            assert_eq!(
                refused(status, "\r\n<!DOCTYPE html>"),
                intermediary(failure),
                "{status}"
            );
        }
    }
}
