// SPDX-License-Identifier: GPL-2.0-or-later
//! TLS settings. rustls with ring: a server may hold an OpenSSL of its own, and none of it is touched.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};

use crate::config::Roots;

mod no_verification;

/// The TLS client of one process. Made after fork: it holds session tickets and draws random numbers.
pub(super) fn client(roots: &Roots) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = verified_by(roots, provider)?;
    Ok(Arc::new(builder.with_no_client_auth()))
}

fn verified_by(
    roots: &Roots,
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
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
