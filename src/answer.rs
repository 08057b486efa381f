// SPDX-License-Identifier: GPL-2.0-or-later
//! The API's answer.

mod body;
mod packed;

pub use self::packed::Packed;

use std::time::Duration;

use self::body::Refusal;
use crate::decision::{Advice, SipReply, Treatment};
use crate::failure::Failure;
use crate::text::Text;

/// An answer that keeps the API contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to do with the call.
    pub treatment: Treatment,
    /// The reply to send: `sip`, whose code is authoritative.
    pub reply: SipReply,
    /// Machine-readable reason, an open set.
    pub reason: Text<64>,
    /// The rest.
    pub advice: Advice,
}

impl Answer {
    /// Reads the response to `POST /api/v1/sbc/redirect`.
    ///
    /// Documented fields must have their documented types; unknown ones are ignored, and absent or null means unknown. Only
    /// `decision` and `sip.code` must be there, and must agree. Anything else is a failure, and so allows the call.
    pub fn new(status: u16, body: &[u8]) -> Result<Self, Failure> {
        match status {
            200 => body::parse(body),
            _ => Err(refusal(status, body)),
        }
    }
}

/// How long the API wants no more requests, as its error body says.
#[must_use]
pub fn retry_after(status: u16, body: &[u8]) -> Option<Duration> {
    let seconds = (status == 429).then(|| Refusal::new(body).retry_after_seconds)??;
    Some(Duration::from_secs(seconds.into()))
}

/// What a status other than 200 means.
fn refusal(status: u16, body: &[u8]) -> Failure {
    match status {
        400 => Failure::Http400,
        401 if Refusal::new(body).code.as_str() == "signature_invalid" => Failure::Signature,
        401 => Failure::Http401,
        402 => Failure::Http402,
        403 => Failure::Http403,
        404 => Failure::Http404,
        429 => Failure::Http429,
        405..=499 => Failure::Http4xx,
        500..=599 => Failure::Http5xx,
        _ => Failure::HttpOther,
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, retry_after};
    use crate::failure::Failure;

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
    fn every_other_status_is_a_failure_of_its_own_name() {
        for (status, failure) in [
            (201, Failure::HttpOther),
            (302, Failure::HttpOther),
            (400, Failure::Http400),
            (401, Failure::Http401),
            (402, Failure::Http402),
            (403, Failure::Http403),
            (404, Failure::Http404),
            (405, Failure::Http4xx),
            (429, Failure::Http429),
            (499, Failure::Http4xx),
            (500, Failure::Http5xx),
            (599, Failure::Http5xx),
            (600, Failure::HttpOther),
        ] {
            assert_eq!(
                Answer::new(status, br#"{"error":"no"}"#),
                Err(failure),
                "{status}"
            );
        }
        assert_eq!(
            Answer::new(401, br#"{"error":"x","code":"invalid_key"}"#),
            Err(Failure::Http401)
        );
        assert_eq!(
            Answer::new(401, br#"{"error":"x","code":"signature_invalid"}"#),
            Err(Failure::Signature)
        );
        assert_eq!(Answer::new(401, b"UNAVAILABLE"), Err(Failure::Http401));
    }
}
