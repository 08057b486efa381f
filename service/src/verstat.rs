// SPDX-License-Identifier: GPL-2.0-or-later

//! The STIR/SHAKEN verification status of a request.

use serde::Serialize;

/// What the caller's network said about the calling number. It never changes a decision. A failure changes the
/// recommendation of an inbound answer.
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
    /// Reads a bare token, a `verstat=...` parameter, or a SIP or tel header value that holds one (API spec, `verstat`). Of several
    /// values a failure counts: one may stand in the display name, which is the caller's own.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let mut parameters = lower
            .split([';', '<', '>', ' '])
            .filter_map(|part| part.strip_prefix("verstat="))
            .map(Self::of_token)
            .peekable();
        if parameters.peek().is_none() {
            return Self::of_token(&lower);
        }
        let worst = |one, other| match (one, other) {
            (Self::Unverified, _) | (_, Self::Unverified) => Self::Unverified,
            (Self::Unknown, other) => other,
            (one, _) => one,
        };
        parameters.fold(Self::Unknown, worst)
    }

    /// Networks append the attestation level, as in TN-Validation-Passed-A.
    fn of_token(text: &str) -> Self {
        let token = text
            .trim_start_matches(['"', ' '])
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .next()
            .unwrap_or_default();
        let is = |name| {
            token
                .strip_prefix(name)
                .is_some_and(|level| matches!(level, "" | "-a" | "-b" | "-c"))
        };
        if is("tn-validation-passed") {
            Self::Verified
        } else if is("tn-validation-failed") {
            Self::Unverified
        } else {
            Self::Unknown
        }
    }
}

/// How much the caller's provider vouches for (ATIS-1000074, attestation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// For the customer and the right to use the number.
    A,
    /// For the customer alone.
    B,
    /// For neither: the call came in through a gateway.
    C,
}

impl Attestation {
    /// The level of its letter, else nothing.
    #[must_use]
    pub fn new(letter: &str) -> Option<Self> {
        match letter {
            "A" => Some(Self::A),
            "B" => Some(Self::B),
            "C" => Some(Self::C),
            _ => None,
        }
    }
}

impl From<Attestation> for Verstat {
    /// Only A says something about the number. The absence of a statement is not a failure.
    fn from(attestation: Attestation) -> Self {
        match attestation {
            Attestation::A => Self::Verified,
            Attestation::B | Attestation::C => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_attestation_verifies_the_number() {
        for (letter, expected) in [
            ("A", Some(Verstat::Verified)),
            ("B", Some(Verstat::Unknown)),
            ("C", Some(Verstat::Unknown)),
            ("D", None),
            ("a", None),
            ("AB", None),
            ("", None),
        ] {
            let found = Attestation::new(letter).map(Verstat::from);
            assert_eq!(found, expected, "{letter}");
        }
    }

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
            (
                "\"verstat=TN-Validation-Passed\" <tel:+14155550130;verstat=TN-Validation-Failed>",
                Verstat::Unverified,
            ),
            (
                "\"x;verstat=TN-Validation-Passed\" <tel:+14155550130;verstat=TN-Validation-Failed-A>",
                Verstat::Unverified,
            ),
            (
                "<sip:verstat=TN-Validation-Passed@example.net>",
                Verstat::Unknown,
            ),
            ("TN-Validation-PassedX", Verstat::Unknown),
            ("verstat=", Verstat::Unknown),
            ("", Verstat::Unknown),
        ] {
            assert_eq!(Verstat::parse(text), expected, "{text}");
        }
    }
}
