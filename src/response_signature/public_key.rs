// SPDX-License-Identifier: GPL-2.0-or-later
//! The public key of the API.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

/// An Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

/// Why there is no key to check signatures with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnusableKey {
    /// Not an Ed25519 public key in PEM.
    NotAKey,
    /// Not the JSON of `GET /api/v1/publickey`.
    NotAnAnswer,
    /// The service has no key, and does not sign.
    None,
}

/// The answer to `GET /api/v1/publickey`.
#[derive(Deserialize)]
struct Answer {
    algorithm: String,
    public_key_pem: Option<String>,
}

impl PublicKey {
    /// Reads PEM: a `SubjectPublicKeyInfo` with an Ed25519 key (RFC 8410).
    pub fn from_pem(pem: &str) -> Result<Self, UnusableKey> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes());
        let info = info.map_err(|_| UnusableKey::NotAKey)?;
        let key = info.strip_prefix(ED25519_INFO);
        let key = key.and_then(|key| key.try_into().ok());
        key.map(Self).ok_or(UnusableKey::NotAKey)
    }

    /// Reads the answer to `GET /api/v1/publickey`.
    pub fn from_answer(body: &[u8]) -> Result<Self, UnusableKey> {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| UnusableKey::NotAnAnswer)?;
        if answer.algorithm != ALGORITHM {
            return Err(UnusableKey::NotAKey);
        }
        Self::from_pem(&answer.public_key_pem.ok_or(UnusableKey::None)?)
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        key.verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAKey => "not an Ed25519 public key in PEM",
            Self::NotAnAnswer => "not the JSON of /api/v1/publickey",
            Self::None => "the service has no key and does not sign",
        })
    }
}

impl std::error::Error for UnusableKey {}

const KEY_BYTES: usize = 32;

const ALGORITHM: &str = "ed25519";

/// What precedes the key in a `SubjectPublicKeyInfo` (RFC 8410 section 10.1).
const ED25519_INFO: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
