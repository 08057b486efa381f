// SPDX-License-Identifier: GPL-2.0-or-later

//! The operator's policy for each signal.

use serde::Serialize;

use crate::risk::Score;

/// The operator's policy, sent with each request; the defaults are those of the interface (SBC guide 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The SIP code of an allowed or flagged call.
    pub allow_code: AllowCode,
    /// The score at and above which a call is flagged.
    pub spam_threshold: Threshold,
    /// The score at and above which a call is redirected; off unless given.
    pub redirect_threshold: Option<Threshold>,
    /// Whether a reassigned number is a reason to block.
    pub block_reassigned: bool,
    /// Whether an invalid number is a reason to block.
    pub block_invalid: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_code: AllowCode::ServiceUnavailable,
            spam_threshold: Threshold(DEFAULT_SPAM_THRESHOLD),
            redirect_threshold: None,
            block_reassigned: false,
            block_invalid: true,
        }
    }
}

/// A limit on the scale of [`Score`], 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u8);

impl Threshold {
    /// A threshold within 1 to 99, else nothing.
    pub fn new(value: u64) -> Option<Self> {
        u8::try_from(value)
            .ok()
            .filter(|value| matches!(value, 1..=99))
            .map(Self)
    }

    /// Whether the score is at or above the threshold; no score never is.
    #[must_use]
    pub fn is_met_by(self, score: Option<Score>) -> bool {
        score.is_some_and(|score| score.value() >= self.0)
    }
}

/// The SIP codes that make a switch try its next route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowCode {
    /// 503: most redirect clients try their next route.
    ServiceUnavailable,
    /// 404, for those that send the INVITE again on a 503 (Oracle, Ribbon, Metaswitch).
    NotFound,
}

impl AllowCode {
    /// The code of a request, 503 or 404, else nothing.
    #[must_use]
    pub fn new(code: u64) -> Option<Self> {
        match code {
            503 => Some(Self::ServiceUnavailable),
            404 => Some(Self::NotFound),
            _ => None,
        }
    }
}

/// A SIP final reply: code and phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SipReply {
    /// The status code.
    pub code: u16,
    /// The reason phrase, as RFC 3261 section 21 has it.
    pub reason: &'static str,
}

impl From<AllowCode> for SipReply {
    fn from(code: AllowCode) -> Self {
        match code {
            AllowCode::ServiceUnavailable => Self {
                code: 503,
                reason: "Service Unavailable",
            },
            AllowCode::NotFound => Self {
                code: 404,
                reason: "Not Found",
            },
        }
    }
}

const DEFAULT_SPAM_THRESHOLD: u8 = 80;
