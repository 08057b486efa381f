// SPDX-License-Identifier: GPL-2.0-or-later

//! The TLS configuration of the HTTPS listener.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::pem::{chain, provider, unreadable};
use crate::start_error::StartError;

/// A TLS server with the certificate chain of one PEM file and the private key of another.
pub fn server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, StartError> {
    let chain = chain(certificate)?;
    let key_der = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| unreadable(key, "private key", &error))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, key_der)
        })
        .map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            StartError::new(format!(
                "{certificate} and {key}: not usable as certificate and its key: {error}"
            ))
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::certificate::SelfSigned;

    #[test]
    fn a_file_that_is_no_certificate_or_not_its_key_is_named() {
        let one = TempDir::new().expect("a directory");
        let two = TempDir::new().expect("a directory");
        let junk = one.path().join("junk.pem");
        fs::write(&junk, "junk").expect("a file");
        let mine = SelfSigned::ensure(one.path(), &[]).expect("a certificate");
        let other = SelfSigned::ensure(two.path(), &[]).expect("a certificate");
        let absent = one.path().join("absent.pem");
        server(&mine.certificate, &mine.key).expect("a pair");
        for (certificate, key, error) in [
            (&absent, &mine.key, "absent.pem: No such file"),
            (&junk, &mine.key, "junk.pem: no PEM certificate: "),
            (&mine.certificate, &junk, "junk.pem: no PEM private key: "),
            (
                &mine.certificate,
                &other.key,
                "not usable as certificate and its key: ",
            ),
        ] {
            let message = server(certificate, key).expect_err(error).to_string();
            assert!(message.contains(error), "{message}");
        }
    }
}
