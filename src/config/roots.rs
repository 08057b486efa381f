// SPDX-License-Identifier: GPL-2.0-or-later
//! `ca_file`.

mod key_kind;

use std::fmt;
use std::fs;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::BadParameter;

/// Whose certificates are trusted to be the API's.
#[derive(Clone)]
pub enum Roots {
    /// Mozilla's list of certification authorities, built in.
    BuiltIn,
    /// The certification authorities of `ca_file`, and what the file held.
    Given(Arc<RootCertStore>, Arc<[u8]>),
    /// Any certificate (`tls_insecure`): everything between this machine and the API can read the key and make the decisions.
    Unverified,
}

impl Roots {
    /// Reads `ca_file`; empty means the built-in authorities.
    pub fn new(path: &str, insecure: bool) -> Result<Self, BadParameter> {
        if insecure {
            return Ok(Self::Unverified);
        }
        if path.is_empty() {
            return Ok(Self::BuiltIn);
        }
        let refused = |why: &str| {
            BadParameter::new(
                "ca_file",
                path,
                &format!("a readable PEM file of certificates ({why})"),
            )
        };
        let pem = fs::read(path).map_err(|error| refused(&error.to_string()))?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| refused(&error.to_string()))?;
            store
                .add(certificate)
                .map_err(|error| refused(&error.to_string()))?;
        }
        if store.is_empty() {
            return Err(refused("there is no certificate in it"));
        }
        let mut kinds = (1..).zip(store.roots.iter().map(key_kind::unverifiable));
        if let Some((number, kind)) = kinds.find_map(|(n, kind)| Some((n, kind?))) {
            return Err(BadParameter::new(
                "ca_file",
                path,
                &format!(
                    "certificates with RSA, P-256, P-384 or Ed25519 keys (certificate {number} of the file has a {kind})"
                ),
            ));
        }
        Ok(Self::Given(Arc::new(store), pem.into()))
    }
}

/// Whether the same certificates are trusted.
impl PartialEq for Roots {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(_, ours), Self::Given(_, theirs)) => ours == theirs,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("BuiltIn"),
            Self::Given(store, _) => write!(f, "Given({})", store.len()),
            Self::Unverified => f.write_str("Unverified"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Roots;

    #[test]
    fn a_file_without_a_certificate_is_refused() {
        for path in ["/nonexistent/ca.pem", "/dev/null", "/proc/self/cmdline"] {
            let line = Roots::new(path, false).expect_err("refused").to_string();
            assert!(
                line.starts_with(&format!("parameter ca_file: \"{path}\" cannot be used")),
                "{line}"
            );
        }
    }

    fn vector(name: &str) -> String {
        format!("{}/tests/vectors/tls/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn an_authority_whose_key_cannot_be_verified_is_refused_at_start() {
        for good in [
            "rsa-sha512-ca.pem",
            "p384-sha384-ca.pem",
            "p521-between-ca.pem",
        ] {
            assert!(Roots::new(&vector(good), false).is_ok(), "{good}");
        }
        let line = |path: &str| Roots::new(path, false).expect_err("refused").to_string();
        let alone = line(&vector("p521-sha512-ca.pem"));
        assert!(
            alone.starts_with("parameter ca_file: ")
                && alone.contains("certificate 1 of the file has a P-521 key"),
            "{alone}"
        );
        let file = tempfile::NamedTempFile::new().expect("a file");
        let both = ["rsa-sha512-ca.pem", "p521-sha512-ca.pem"]
            .map(|name| std::fs::read(vector(name)).expect("a vector"));
        std::fs::write(file.path(), both.concat()).expect("written");
        let second = line(&file.path().display().to_string());
        assert!(second.contains("certificate 2 of the file"), "{second}");
    }

    #[test]
    fn the_authorities_of_a_distribution_are_accepted() {
        let bundle = "/etc/ssl/certs/ca-certificates.crt";
        if std::path::Path::new(bundle).exists() {
            assert!(Roots::new(bundle, false).is_ok());
        }
    }
}
