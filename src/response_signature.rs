// SPDX-License-Identifier: GPL-2.0-or-later
//! The Ed25519 signature of an answer to `POST /api/v1/inbound/lookup`.
//!
//! The API signs its answer without `response_signature`, in a canonical form: members sorted by name, no white space. The form is made
//! from the received JSON and not from the fields that this library knows, because the API may add fields at any time. Whether the
//! members of nested objects are sorted too is not published, so both forms are accepted.
//!
//! A signature proves where an answer comes from. It does not prove when it was made, nor for whom: compare `number`, and let answers
//! expire by your own clock.

mod json;
mod number;
mod public_key;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::json::{Json, Order};
pub use self::public_key::{PublicKey, UnusableKey};

/// What is known about the signature of an answer: `$avp(nol_verified)`.
///
/// Whoever can change an answer can also remove its signature. If there is a public key, trust [`Verified::Yes`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It was checked, and is right.
    Yes,
    /// It was checked, and is wrong.
    No,
    /// It cannot be checked: there is no signature or no key.
    NotAvailable,
}

/// Why an answer is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// `response_signature` is absent, null or `unsigned`.
    Unsigned,
    /// `response_signature` is not a text that begins with `ed25519:`.
    OtherAlgorithm,
    /// What follows `ed25519:` is not Base64.
    NotBase64,
    /// The answer is longer than 64 KiB.
    TooLarge,
    /// The answer is not a JSON object in Unicode, is nested more than 16 deep, or has a number beyond the range of a double.
    NotJson,
    /// An object has two members with the same name. Which of them counts would be up to the reader.
    DuplicateName,
    /// A number is written in another way than `JSON.stringify` writes it.
    OtherNumber,
    /// The signature is not that of this answer by this key.
    Wrong,
}

impl Verified {
    /// The value of `$avp(nol_verified)`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotAvailable => "na",
        }
    }
}

impl From<Result<(), Unverified>> for Verified {
    fn from(checked: Result<(), Unverified>) -> Self {
        match checked {
            Ok(()) => Self::Yes,
            Err(Unverified::Unsigned) => Self::NotAvailable,
            Err(_) => Self::No,
        }
    }
}

/// Checks the signature of an answer, given as it was received.
pub fn check(answer: &[u8], key: &PublicKey) -> Result<(), Unverified> {
    if answer.len() > MAX_BYTES {
        return Err(Unverified::TooLarge);
    }
    let Json::Object(mut members) = Json::read(answer)? else {
        return Err(Unverified::NotJson);
    };
    let place = members.iter().position(|(name, _)| name == SIGNATURE);
    let signature = match place.map(|place| members.remove(place).1) {
        None | Some(Json::Null) => return Err(Unverified::Unsigned),
        Some(Json::Text(text)) if text == UNSIGNED => return Err(Unverified::Unsigned),
        Some(Json::Text(text)) => text,
        Some(_) => return Err(Unverified::OtherAlgorithm),
    };
    let signature = signature.strip_prefix(ALGORITHM);
    let signature = signature.ok_or(Unverified::OtherAlgorithm)?;
    let signature = STANDARD.decode(signature);
    let signature = signature.map_err(|_| Unverified::NotBase64)?;
    json::sort(&mut members);
    let signed = Json::Object(members);
    let is_right = |order| key.has_signed(signed.canonical(order).as_bytes(), &signature);
    if is_right(Order::Received) || is_right(Order::Sorted) {
        Ok(())
    } else {
        Err(Unverified::Wrong)
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "the answer has no signature",
            Self::OtherAlgorithm => "the signature is not one by Ed25519",
            Self::NotBase64 => "the signature is not Base64",
            Self::TooLarge => "the answer is longer than 64 KiB",
            Self::NotJson => "the answer is not a JSON object, or is nested too deeply",
            Self::DuplicateName => "the answer has two members with the same name",
            Self::OtherNumber => {
                "a number of the answer is written in another way than the API writes it"
            }
            Self::Wrong => {
                "the signature does not match: the answer was changed, or signed with another key"
            }
        })
    }
}

impl std::error::Error for Unverified {}

/// The limit of an answer. Valid ones are below 1 KiB.
const MAX_BYTES: usize = 64 * 1024;

const SIGNATURE: &str = "response_signature";
const UNSIGNED: &str = "unsigned";
const ALGORITHM: &str = "ed25519:";

#[cfg(test)]
mod tests;
