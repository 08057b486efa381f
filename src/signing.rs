// SPDX-License-Identifier: GPL-2.0-or-later
//! Operator request signing (guide "SBC / SIP redirect", section 9).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

use crate::text::hex;

/// A signing secret, as the account's owner fetched it. The text itself is the HMAC key.
#[derive(Clone)]
pub struct SigningSecret(hmac::Key);

/// The values of `X-Operator-Timestamp` and `X-Operator-Nonce`. New for every request and retry: a nonce is accepted once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds of Unix time. The API accepts 300 s more or less.
    pub timestamp: u64,
    /// Unique for each request.
    pub nonce: String,
}

impl SigningSecret {
    /// Takes the text of a secret; `None` if it is empty.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes())))
    }

    /// The value of `X-Operator-Signature` for a request. `path` is the one of the request line.
    #[must_use]
    pub fn sign(&self, method: &str, path: &str, body: &[u8], stamp: &Stamp) -> String {
        let body = hex(digest::digest(&digest::SHA256, body).as_ref());
        self.sign_hashed(method, path, &body, stamp)
    }

    fn sign_hashed(&self, method: &str, path: &str, body: &str, stamp: &Stamp) -> String {
        let canonical = format!(
            "{method}\n{path}\n{body}\n{}\n{}",
            stamp.timestamp, stamp.nonce
        );
        let signature = hmac::sign(&self.0, canonical.as_bytes());
        format!("hmac-sha256:{}", BASE64_STANDARD.encode(signature))
    }
}

impl Stamp {
    /// A stamp with a random nonce. `None` if the system has no random numbers.
    #[must_use]
    pub fn new(timestamp: u64) -> Option<Self> {
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).ok()?;
        Some(Self {
            timestamp,
            nonce: hex(&nonce),
        })
    }
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::{SigningSecret, Stamp};

    #[test]
    fn the_contracts_example_is_signed_as_it_says() {
        let secret = SigningSecret::new("test-signing-secret").expect("a secret");
        let stamp = Stamp {
            timestamp: 1_780_000_000,
            nonce: "0123456789abcdef0123456789abcdef".to_owned(),
        };
        let body = "5479661e9654dd7db2dd6cb30bacbd217b18cda9711e2ac731ba87da812838dc";
        assert_eq!(
            secret.sign_hashed("POST", "/api/v1/sbc/redirect", body, &stamp),
            "hmac-sha256:vSI1wXJfB96TwGpCRed5PxqiHR1AKGw+H/ec/ZfAk94="
        );
        // FIPS 180-4 example: SHA-256 of "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            secret.sign("POST", "/", b"abc", &stamp),
            secret.sign_hashed("POST", "/", abc, &stamp)
        );
    }

    #[test]
    fn no_two_stamps_are_alike() {
        let stamp = || Stamp::new(1).expect("random numbers");
        assert_eq!(stamp().nonce.len(), 32);
        assert_ne!(stamp(), stamp());
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = SigningSecret::new("test-signing-secret").expect("a secret");
        assert_eq!(format!("{secret:?}"), "***");
        assert!(SigningSecret::new("").is_none());
    }
}
