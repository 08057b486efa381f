// SPDX-License-Identifier: GPL-2.0-or-later

//! PEM files and the cryptography that checks them.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject};

use crate::start_error::StartError;

/// The certificates of a PEM file, at least one.
pub(crate) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, StartError> {
    let chain =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match chain {
        Ok(chain) if chain.is_empty() => {
            Err(unreadable(path, "certificate", &PemError::NoItemsFound))
        }
        Ok(chain) => Ok(chain),
        Err(error) => Err(unreadable(path, "certificate", &error)),
    }
}

/// The cryptography. It is named here, so that it does not depend on a default of the process.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The error that a PEM file cannot be read.
pub(crate) fn unreadable(path: &Path, what: &str, error: &PemError) -> StartError {
    let path = path.display();
    StartError::new(match error {
        PemError::Io(error) => format!("{path}: {error}"),
        error => format!("{path}: no PEM {what}: {error}"),
    })
}
