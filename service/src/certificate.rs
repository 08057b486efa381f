// SPDX-License-Identifier: GPL-2.0-or-later

//! A certificate authority and server certificate of our own, for laboratories and closed networks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use time::OffsetDateTime;
use tracing::info;

use crate::atomic_file::write;
use crate::pem;
use crate::start_error::StartError;

/// The paths of the files that [`SelfSigned::ensure`] makes.
#[derive(Debug)]
pub struct SelfSigned {
    /// `ca.pem`: what clients must trust.
    pub ca: PathBuf,
    /// `server.pem`: the certificate that the service shows.
    pub certificate: PathBuf,
    /// `server.key`, mode 0600.
    pub key: PathBuf,
    /// `ca.key`, mode 0600.
    ca_key: PathBuf,
}

impl SelfSigned {
    /// Makes sure that `directory` holds a server certificate for localhost, 127.0.0.1, `::1` and `names`.
    ///
    /// An existing server certificate is kept while it is valid for another week and has all the names. An existing
    /// authority is kept while its key exists, so that clients can go on trusting it.
    pub fn ensure(directory: &Path, names: &[String]) -> Result<Self, StartError> {
        let files = Self {
            ca: directory.join("ca.pem"),
            certificate: directory.join("server.pem"),
            key: directory.join("server.key"),
            ca_key: directory.join("ca.key"),
        };
        let names: Vec<String> = LOCAL_NAMES
            .iter()
            .map(|name| (*name).to_owned())
            .chain(names.iter().cloned())
            .collect();
        for name in &names {
            ServerName::try_from(name.as_str()).map_err(|_| {
                StartError::new(format!(
                    "--tls-name {name:?}: allowed: a host name or an IP address"
                ))
            })?;
        }
        if files.key.exists() && files.vouches_for(&names) {
            return Ok(files);
        }
        let made = fs::create_dir_all(directory)
            .map_err(Fault::from)
            .and_then(|()| files.issue(&names));
        made.map_err(|fault| StartError::new(format!("{}: {fault}", directory.display())))?;
        info!(directory = %directory.display(), "server certificate made");
        Ok(files)
    }

    /// Whether a client that trusts the authority would accept the server certificate under every name in a week.
    fn vouches_for(&self, names: &[String]) -> bool {
        let (Ok(ca), Ok(chain)) = (pem::chain(&self.ca), pem::chain(&self.certificate)) else {
            return false;
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(ca);
        let Ok(verifier) =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), pem::provider()).build()
        else {
            return false;
        };
        let in_a_week =
            UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs()) + WEEK);
        names.iter().all(|name| {
            ServerName::try_from(name.as_str()).is_ok_and(|name| {
                verifier
                    .verify_server_cert(&chain[0], &chain[1..], &name, &[], in_a_week)
                    .is_ok()
            })
        })
    }

    fn issue(&self, names: &[String]) -> Result<(), Fault> {
        // The authority's certificate need not be parsed: only dates and serial number do not follow from its key.
        if let Ok(pem) = fs::read_to_string(&self.ca_key)
            && self.ca.exists()
        {
            self.issue_server(names, KeyPair::from_pem(&pem)?)?;
            if self.vouches_for(names) {
                return Ok(());
            }
        }
        let ca_key = KeyPair::generate()?;
        let ca = ca_params().self_signed(&ca_key)?;
        write(&self.ca_key, &ca_key.serialize_pem(), 0o600)?;
        write(&self.ca, &ca.pem(), 0o644)?;
        info!(file = %self.ca.display(), "certificate authority made: clients must trust it");
        self.issue_server(names, ca_key)
    }

    fn issue_server(&self, names: &[String], ca_key: KeyPair) -> Result<(), Fault> {
        let key = KeyPair::generate()?;
        let certificate =
            server_params(names)?.signed_by(&key, &Issuer::new(ca_params(), ca_key))?;
        write(&self.key, &key.serialize_pem(), 0o600)?;
        write(&self.certificate, &certificate.pem(), 0o644)?;
        Ok(())
    }
}

type Fault = Box<dyn std::error::Error>;

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "numbers-online-service local CA");
    // It cannot sign another authority.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid_for(&mut params, CA_LIFETIME);
    params
}

fn server_params(names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "numbers-online-service");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    valid_for(&mut params, SERVER_LIFETIME);
    Ok(params)
}

fn valid_for(params: &mut CertificateParams, lifetime: Duration) {
    let now = OffsetDateTime::now_utc();
    // A client's clock may be slow.
    params.not_before = now - DAY;
    params.not_after = now + lifetime;
}

const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEEK: Duration = DAY.saturating_mul(7);
const CA_LIFETIME: Duration = DAY.saturating_mul(3650);
/// The longest lifetime that browsers accept.
const SERVER_LIFETIME: Duration = DAY.saturating_mul(397);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn ensure(directory: &TempDir, names: &[&str]) -> Result<SelfSigned, StartError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        SelfSigned::ensure(&directory.path().join("tls"), &names)
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("a file")
    }

    #[test]
    fn keys_are_for_their_owner_alone() {
        let directory = TempDir::new().expect("a directory");
        let files = ensure(&directory, &[]).expect("certificates");
        for (path, mode) in [
            (&files.ca, 0o644),
            (&files.certificate, 0o644),
            (&files.key, 0o600),
            (&files.ca_key, 0o600),
        ] {
            let found = fs::metadata(path).expect("a file").permissions().mode() & 0o777;
            assert_eq!(found & !mode, 0, "{}: {found:o}", path.display());
        }
        assert_eq!(
            fs::read_dir(directory.path().join("tls"))
                .expect("a directory")
                .count(),
            4
        );
    }

    #[test]
    fn what_fits_is_used_again() {
        let directory = TempDir::new().expect("a directory");
        let first = ensure(&directory, &["sbc.example.net"]).expect("certificates");
        let (ca, certificate) = (text(&first.ca), text(&first.certificate));
        let again = ensure(&directory, &["sbc.example.net", "localhost"]).expect("certificates");
        assert_eq!(
            (text(&again.ca), text(&again.certificate)),
            (ca, certificate)
        );
    }

    #[test]
    fn a_new_name_gets_a_new_certificate_from_the_same_authority() {
        let directory = TempDir::new().expect("a directory");
        let first = ensure(&directory, &[]).expect("certificates");
        let (ca, certificate) = (text(&first.ca), text(&first.certificate));
        let names = ["sbc.example.net", "192.0.2.7", "2001:db8::7"];
        let second = ensure(&directory, &names).expect("certificates");
        assert_eq!(text(&second.ca), ca);
        assert_ne!(text(&second.certificate), certificate);
        assert!(second.vouches_for(&names.map(str::to_owned)));
        assert!(!second.vouches_for(&["other.example.net".to_owned()]));
    }

    #[test]
    fn a_foreign_authority_is_replaced_whole() {
        let directory = TempDir::new().expect("a directory");
        let other = TempDir::new().expect("a directory");
        let files = ensure(&directory, &[]).expect("certificates");
        let foreign = ensure(&other, &[]).expect("certificates");
        fs::copy(&foreign.ca, &files.ca).expect("a copy");
        let repaired = ensure(&directory, &[]).expect("certificates");
        assert!(repaired.vouches_for(&["localhost".to_owned()]));
        assert_ne!(text(&repaired.ca), text(&foreign.ca));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let directory = TempDir::new().expect("a directory");
        let error = ensure(&directory, &["not a name"])
            .expect_err("no name")
            .to_string();
        assert_eq!(
            error,
            "--tls-name \"not a name\": allowed: a host name or an IP address"
        );
    }
}
