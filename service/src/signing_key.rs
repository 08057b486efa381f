// SPDX-License-Identifier: GPL-2.0-or-later

//! The key that signs answers.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{KeyPair, PKCS_ED25519, SigningKey as _};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use serde::Serialize;
use tracing::{error, info, warn};

use crate::atomic_file;
use crate::pem::unreadable;
use crate::signature::{Signature, canonical_bytes};
use crate::start_error::StartError;

/// An Ed25519 key pair (RFC 8032).
#[derive(Debug)]
pub struct SigningKey(KeyPair);

impl SigningKey {
    /// A new key.
    pub fn generate() -> Result<Self, StartError> {
        let mut der = [0; PREFIX.len() + SEED_LENGTH];
        let (prefix, seed) = der.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(&PREFIX);
        SystemRandom::new().fill(seed).map_err(|_| {
            StartError::new("the operating system gives no random bytes for a signing key")
        })?;
        KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(&der[..]), &PKCS_ED25519)
            .map(Self)
            .map_err(|error| StartError::new(format!("cannot make a signing key: {error}")))
    }

    /// Reads the key of a PEM file (PKCS #8, RFC 8410), such as `openssl genpkey -algorithm ED25519` makes.
    pub fn read(path: &Path) -> Result<Self, StartError> {
        Self::of_file(path, PrivatePkcs8KeyDer::from_pem_file(path))
    }

    /// Warns if others can read the file: whoever has the key can sign answers.
    fn of_file(
        path: &Path,
        der: Result<PrivatePkcs8KeyDer<'static>, PemError>,
    ) -> Result<Self, StartError> {
        let mode = fs::metadata(path).map_or(0, |file| file.permissions().mode());
        if mode & 0o077 != 0 {
            warn!(file = %path.display(), "others can read the signing key: chmod 600");
        }
        Self::parse(path, der)
    }

    /// Reads the key of a PEM file. If there is no such file, makes it, with mode 0600 and a new key.
    pub fn ensure(path: &Path) -> Result<Self, StartError> {
        let der = PrivatePkcs8KeyDer::from_pem_file(path);
        match der {
            Err(PemError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                let key = Self::generate()?;
                match atomic_file::create(path, &key.0.serialize_pem(), 0o600) {
                    Ok(()) => {
                        info!(file = %path.display(), "signing key made");
                        Ok(key)
                    }
                    // Another process was faster.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read(path),
                    Err(error) => {
                        let path = path.display();
                        Err(StartError::new(format!(
                            "{path}: the signing key cannot be made: {error}"
                        )))
                    }
                }
            }
            der => Self::of_file(path, der),
        }
    }

    /// Signs an answer. Its own signature field does not count.
    #[must_use]
    pub fn sign(&self, answer: &impl Serialize) -> Signature {
        let canonical = canonical_bytes(answer).map_err(|error| error.to_string());
        let signature =
            canonical.and_then(|bytes| self.0.sign(&bytes).map_err(|error| error.to_string()));
        match signature {
            Ok(bytes) => Signature::Ed25519(bytes),
            Err(error) => {
                error!("an answer cannot be signed: {error}");
                Signature::Unsigned
            }
        }
    }

    /// The public key: a PEM file with a `SubjectPublicKeyInfo` (RFC 8410).
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        self.0.public_key_pem()
    }

    fn parse(
        path: &Path,
        der: Result<PrivatePkcs8KeyDer<'static>, PemError>,
    ) -> Result<Self, StartError> {
        let der = der.map_err(|error| unreadable(path, "private key in PKCS #8", &error))?;
        KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ED25519)
            .map(Self)
            .map_err(|error| {
                let path = path.display();
                StartError::new(format!("{path}: no Ed25519 private key: {error}"))
            })
    }
}

/// What precedes the seed in a key in PKCS #8, version 1 (RFC 8410, section 7).
///
/// rcgen would make version 2, which OpenSSL 3 does not read.
const PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// In bytes (RFC 8032).
const SEED_LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use serde_json::Value;
    use tempfile::TempDir;

    use super::*;

    /// A made-up key, as `openssl genpkey` writes it: PKCS #8 version 1, without the public key.
    const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEICB7vKOBWsq1AqtymNTD+QYjM5qjvMtfImKEVvWbaZ0A\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA3bBvLK1XDOtvwxz65PCNFZuImMYb9slgXxUU3glt05w=\n\
        -----END PUBLIC KEY-----\n";
    const ANSWER: &str = r#"{"schema_version":"2026-05-31","result":"found","number":"+14155551212","identity_type":"verified_business","display_label":"Caf\u00e9 \u00dcn\u00ef \ud83d\ude00 & <Sons>","profile_url":null,"personal_details_exposed":false,"risk_score":8,"risk_level":"low","risk":{"score":8,"level":"low","model":"first_party_plus_external"},"signals":["verified listing"],"recommended_action":"allow","ttl_seconds":600,"receipt_id":"nol_rec_TESTVECTOR01","response_signature":"unsigned"}"#;
    const SIGNATURE: &str = "ed25519:4t0Il2PIr6togkc0TB1rc2BQKJZpllkGYRPkIF6c1EhckgmxUFM2LJObiAlnAdDanWxTjq2LZ/dboYNxoNPoDw==";

    /// The signature was made by another program from the same key and answer.
    #[test]
    fn an_answer_is_signed_as_others_sign_it() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("signing.pem");
        fs::write(&path, PRIVATE).expect("a file");
        let key = SigningKey::read(&path).expect("a key");
        assert_eq!(key.public_key_pem(), PUBLIC);
        let answer: Value = serde_json::from_str(ANSWER).expect("JSON");
        let signature = serde_json::to_value(key.sign(&answer)).expect("JSON");
        assert_eq!(signature, SIGNATURE);
    }

    #[test]
    fn a_new_key_has_the_form_that_openssl_reads() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("signing.pem");
        SigningKey::ensure(&path).expect("a new key");
        let made = fs::read_to_string(&path).expect("a file");
        // Only the seed differs: 32 of 48 bytes, the last 43 of 64 characters.
        assert_eq!(made.len(), PRIVATE.len());
        let end_of_prefix = PRIVATE.find("BCIEI").expect("the prefix") + "BCIEI".len();
        assert_eq!(made[..end_of_prefix], PRIVATE[..end_of_prefix]);
    }

    #[test]
    fn a_key_is_made_once_and_for_its_owner_alone() {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("signing.pem");
        let made = SigningKey::ensure(&path).expect("a new key");
        let permissions = fs::metadata(&path).expect("a file").permissions();
        assert_eq!(permissions.mode() & 0o177, 0, "{permissions:?}");
        for key in [SigningKey::ensure(&path), SigningKey::read(&path)] {
            let key = key.expect("the same key");
            assert_eq!(key.public_key_pem(), made.public_key_pem());
        }
        let other = SigningKey::generate().expect("a key");
        assert_ne!(other.public_key_pem(), made.public_key_pem());
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_file_that_is_no_signing_key_is_named() {
        let directory = TempDir::new().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let ecdsa = KeyPair::generate().expect("a key").serialize_pem();
        let (junk, ecdsa) = (write("junk.pem", "junk"), write("ecdsa.pem", &ecdsa));
        for (path, error) in [
            (&junk, "junk.pem: no PEM private key in PKCS #8: "),
            (&ecdsa, "ecdsa.pem: no Ed25519 private key: "),
        ] {
            for outcome in [SigningKey::read(path), SigningKey::ensure(path)] {
                let message = outcome.expect_err(error).to_string();
                assert!(message.contains(error), "{message}");
            }
        }
        let absent = directory.path().join("no/such/signing.pem");
        for (outcome, error) in [
            (SigningKey::read(&absent), "signing.pem: No such file"),
            (
                SigningKey::ensure(&absent),
                "signing.pem: the signing key cannot be made: No such file",
            ),
        ] {
            let message = outcome.expect_err(error).to_string();
            assert!(message.contains(error), "{message}");
        }
    }
}
