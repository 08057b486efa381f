// SPDX-License-Identifier: GPL-2.0-or-later
//! TLS settings. rustls with ring: a server may use OpenSSL itself, and this module must not change its state.

use std::io;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ConfigBuilder, Error, InvalidMessage,
    RootCertStore,
};

use crate::cause::Cause;
use crate::config::Roots;

pub(super) mod client_certificate;
mod no_verification;

/// The TLS client of one process. Made after fork: it holds session tickets and draws random numbers.
pub(super) fn client(roots: &Roots) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = verified_by(roots, provider)?;
    let no_certificate = Arc::new(client_certificate::None);
    Ok(Arc::new(builder.with_client_cert_resolver(no_certificate)))
}

fn verified_by(
    roots: &Roots,
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    Ok(match roots {
        Roots::BuiltIn => {
            let built_in: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            builder.with_root_certificates(built_in)
        }
        Roots::Given(store, _) => builder.with_root_certificates(store.clone()),
        Roots::Unverified => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(no_verification::Verifier::new(provider))),
    })
}

/// The cause in a TLS error inside an error of a stream.
pub(super) fn cause(error: &io::Error) -> Option<Cause> {
    Some(match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Cause::ClientCertificateWanted
        }
        Error::AlertReceived(_) => Cause::HandshakeRefused,
        Error::PeerIncompatible(_) => Cause::TlsIncompatible,
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => Cause::NotTls,
        _ => Cause::TlsProtocol,
    })
}

#[allow(deprecated, reason = "both forms of an error mean the same")]
fn of_certificate(error: &CertificateError) -> Cause {
    use CertificateError as E;
    match error {
        E::UnknownIssuer => Cause::UnknownIssuer,
        E::Expired | E::ExpiredContext { .. } => Cause::CertificateExpired,
        E::NotValidYet | E::NotValidYetContext { .. } => Cause::CertificateNotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => Cause::NameMismatch,
        E::Revoked => Cause::CertificateRevoked,
        E::UnsupportedSignatureAlgorithm
        | E::UnsupportedSignatureAlgorithmContext { .. }
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => Cause::UnsupportedSignature,
        E::BadSignature => Cause::BadSignature,
        _ => Cause::BadCertificate,
    }
}

#[cfg(test)]
mod tests;
