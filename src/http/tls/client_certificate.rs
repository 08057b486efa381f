// SPDX-License-Identifier: GPL-2.0-or-later
//! A client without a certificate that records whether the server requests one.

use std::cell::Cell;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

thread_local! {
    // A handshake runs in one thread from start to end. The TLS settings are shared, so they cannot hold this. Separate settings
    // for each connection could not resume sessions.
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Has no certificate.
#[derive(Debug)]
pub(super) struct None;

impl ResolvesClientCert for None {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        WANTED.set(true);
        Option::None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// Whether the server of this thread's handshake requested a certificate since the last call.
pub(in crate::http) fn was_wanted() -> bool {
    WANTED.replace(false)
}
