// SPDX-License-Identifier: GPL-2.0-or-later
//! What the operator wants of a decision.

use super::{BadParameter, Given, switch};

/// The operator's part of a question to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionOptions {
    /// The SIP code of an allow: 503 or 404.
    pub allow_code: AllowCode,
    /// At or above this score a call is flagged.
    pub spam_threshold: Threshold,
    /// At or above this score a call is redirected; without it never.
    pub redirect_threshold: Option<Threshold>,
    /// Block an invalid calling number.
    pub block_invalid: bool,
    /// Block a reassigned calling number.
    pub block_reassigned: bool,
}

/// SIP code of an allow: 503, or 404 where the SBC tries the same trunk again on 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowCode(u16);

/// A spam score, 1..=99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold(u8);

impl DecisionOptions {
    pub(super) fn new(given: &Given) -> Result<Self, BadParameter> {
        let redirect_threshold = match given.redirect_threshold {
            0 => None,
            score => Some(Threshold::new(score).ok_or_else(|| {
                BadParameter::new("redirect_threshold", score, "0 (off) or 1..99")
            })?),
        };
        Ok(Self {
            allow_code: AllowCode::new(given.allow_code)
                .ok_or_else(|| BadParameter::new("allow_code", given.allow_code, "503 or 404"))?,
            spam_threshold: Threshold::new(given.spam_threshold).ok_or_else(|| {
                BadParameter::new("spam_threshold", given.spam_threshold, "1..99")
            })?,
            redirect_threshold,
            block_invalid: switch("block_invalid", given.block_invalid)?,
            block_reassigned: switch("block_reassigned", given.block_reassigned)?,
        })
    }
}

impl AllowCode {
    /// Takes 503 or 404.
    #[must_use]
    pub fn new(code: i32) -> Option<Self> {
        match code {
            503 => Some(Self(503)),
            404 => Some(Self(404)),
            _ => None,
        }
    }

    /// The SIP status code.
    #[must_use]
    pub fn code(self) -> u16 {
        self.0
    }
}

impl Threshold {
    /// Takes 1..=99.
    #[must_use]
    pub fn new(score: i32) -> Option<Self> {
        let score = u8::try_from(score).ok()?;
        (1..=99).contains(&score).then_some(Self(score))
    }

    /// The score.
    #[must_use]
    pub fn score(self) -> u8 {
        self.0
    }
}
