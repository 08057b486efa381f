// SPDX-License-Identifier: GPL-2.0-or-later
//! The API's answer to a question.

mod body;
mod lenient;
mod packed;
mod refusal;

pub use packed::Packed;

use std::time::Duration;

use self::refusal::Refusal;
use crate::cause::Cause;
use crate::decision::{Advice, SipReply, Treatment};
use crate::failure::Failure;
use crate::number::Number;
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

/// Why an HTTP response is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What failed.
    pub failure: Failure,
    /// Why, if more is known.
    pub cause: Option<Cause>,
}

impl Answer {
    /// Reads the response to `POST /api/v1/sbc/redirect` about a number.
    ///
    /// What decides is strict: `decision`, `sip.code` and `valid` must have their documented types, and must agree; `e164` must
    /// be the number, or null. What advises is lenient: a field of another type or out of range is absent. Unknown fields are
    /// ignored. Anything else is a failure, and so allows the call.
    pub fn new(status: u16, body: &[u8], asked: &Number) -> Result<Self, Unusable> {
        match status {
            200 => body::parse(body, asked),
            _ => Err(Refusal::new(body).unusable(status, body)),
        }
    }
}

impl Unusable {
    pub(crate) fn new(failure: Failure) -> Self {
        Self {
            failure,
            cause: None,
        }
    }

    fn because(failure: Failure, cause: Cause) -> Self {
        Self {
            failure,
            cause: Some(cause),
        }
    }
}

/// How long the API wants no more requests, as its error body says.
#[must_use]
pub fn retry_after(status: u16, body: &[u8]) -> Option<Duration> {
    let seconds = (status == 429).then(|| Refusal::new(body).retry_after_seconds)??;
    Some(Duration::from_secs(seconds.into()))
}

/// Why a response to `GET /api/health` is not a good one.
#[must_use]
pub fn unhealthy(status: u16, body: &[u8]) -> Unusable {
    match status {
        200 => refusal::markup(Failure::Parse, body),
        _ => Refusal::new(body).unusable(status, body),
    }
}

/// Whether the response to `GET /api/health` is the API's own, and good. An API without that endpoint answers with its error body.
#[must_use]
pub fn is_healthy(status: u16, body: &[u8]) -> bool {
    match status {
        200 => body::says_ok(body),
        404 => Refusal::new(body).is_documented(),
        _ => false,
    }
}
