// SPDX-License-Identifier: GPL-2.0-or-later

//! What the lists say about the conduct of a number.

use serde::Serialize;

use crate::risk::Score;

/// What the lists say about one number. The default is that nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// The do-not-call listing.
    pub dnc: Dnc,
    /// Whether the number has a new owner.
    pub reassigned: Reassigned,
    /// The spam score, if there is one.
    pub spam_score: Option<Score>,
}

/// Whether a licensed do-not-call list holds the number (API spec, `dnc_status`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dnc {
    /// There is a list and the number is not on it. This is not consent.
    NotListed,
    /// The number is on the list.
    Listed,
    /// There is no list.
    #[default]
    Unknown,
}

/// Whether the number was given to a new owner (API spec, `reassigned_status`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reassigned {
    /// There is a list and the number is not on it.
    No,
    /// The number is on the list.
    Yes,
    /// There is no list.
    #[default]
    Unknown,
}
