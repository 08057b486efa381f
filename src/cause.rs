// SPDX-License-Identifier: GPL-2.0-or-later
//! Why something failed, more closely than the closed list of failures says.

/// A cause beside a [`Failure`](crate::failure::Failure). It stands in the log, in `status` and in `probe`, never in an AVP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The answer came from something between us and the API: a CDN, a captive portal, a proxy.
    HttpIntermediary,
    /// The answer is about another number than the one asked about.
    OtherNumber,
}

impl Cause {
    /// All of them. The n-th has the discriminant n.
    pub const ALL: &[Self] = &[Self::HttpIntermediary, Self::OtherNumber];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HttpIntermediary => "http_intermediary",
            Self::OtherNumber => "other_number",
        }
    }
}
