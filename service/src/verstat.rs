// SPDX-License-Identifier: GPL-2.0-or-later

//! The STIR/SHAKEN verification status of a request.

use serde::Serialize;

/// What the caller's network said about the calling number. Advisory: it never changes a decision here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verstat {
    /// The signature was checked and right.
    Verified,
    /// The signature was checked and wrong.
    Unverified,
    /// Not checked, or not stated. Absence is not a failure (API spec, `verstat`).
    #[default]
    Unknown,
}

impl Verstat {
    /// Reads a bare token, a `verstat=...` parameter, or a SIP or tel header value that holds one (API spec, `verstat`).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let value = lower
            .split_once("verstat=")
            .map_or(lower.as_str(), |(_, rest)| rest);
        let token = value
            .trim_start_matches(['"', ' '])
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .next()
            .unwrap_or_default();
        // Networks append the attestation level, as in TN-Validation-Passed-A.
        if token.starts_with("tn-validation-passed") {
            Self::Verified
        } else if token.starts_with("tn-validation-failed") {
            Self::Unverified
        } else {
            Self::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_form_is_read() {
        for (text, expected) in [
            ("TN-Validation-Passed", Verstat::Verified),
            ("tn-validation-passed-a", Verstat::Verified),
            ("TN-Validation-Failed", Verstat::Unverified),
            ("No-TN-Validation", Verstat::Unknown),
            ("verstat=TN-Validation-Failed", Verstat::Unverified),
            ("verstat=\"TN-Validation-Passed\"", Verstat::Verified),
            (
                "<sip:+14155550123;verstat=TN-Validation-Passed@example.net;user=phone>",
                Verstat::Verified,
            ),
            (
                "<tel:+14155550123;verstat=TN-Validation-Failed>;tag=1",
                Verstat::Unverified,
            ),
            (
                "eyJhbGciOiJFUzI1NiJ9.e30.sig;info=<https://example.net/c.pem>;alg=ES256",
                Verstat::Unknown,
            ),
            ("verstat=", Verstat::Unknown),
            ("", Verstat::Unknown),
        ] {
            assert_eq!(Verstat::parse(text), expected, "{text}");
        }
    }
}
