// SPDX-License-Identifier: GPL-2.0-or-later
//! Why something failed, more closely than the closed list of failures says.

macro_rules! causes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// A cause beside a [`Failure`](crate::failure::Failure). It stands in the log, in `status` and in `probe`, never in
        /// an AVP. docs/network.md says what to do about each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Cause {
            $($(#[$doc])+ $variant,)+
        }

        impl Cause {
            /// All of them. The n-th has the discriminant n.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

causes! {
    /// The answer came from an intermediary between this machine and the API: a CDN, a captive portal, a proxy.
    HttpIntermediary = "http_intermediary",
    /// The answer is about another number than the one asked about.
    OtherNumber = "other_number",
    /// The certificate was issued by an authority that is not trusted (`ca_file`), or by itself.
    UnknownIssuer = "unknown_issuer",
    /// The certificate is no longer valid, or this machine's clock is ahead.
    CertificateExpired = "certificate_expired",
    /// The certificate is not valid yet, or this machine's clock is behind.
    CertificateNotYetValid = "certificate_not_yet_valid",
    /// The certificate is for other names.
    NameMismatch = "name_mismatch",
    /// The certificate was revoked.
    CertificateRevoked = "certificate_revoked",
    /// The certificate chain has a signature or a key of a kind that cannot be verified: P-521, ECDSA with SHA-512.
    UnsupportedSignature = "unsupported_signature",
    /// A signature of the certificate chain or of the handshake is wrong.
    BadSignature = "bad_signature",
    /// The certificate cannot be used for another reason: its encoding, its purpose, an extension.
    BadCertificate = "bad_certificate",
    /// The server wants a certificate of the client, which this module does not have.
    ClientCertificateWanted = "client_certificate_wanted",
    /// The server refused the handshake with an alert: no version, cipher, key or name in common.
    HandshakeRefused = "handshake_refused",
    /// The server ended the connection with an alert after the handshake.
    TlsAlert = "tls_alert",
    /// The server speaks a TLS that this module does not: 1.1 or older, no cipher or signature in common.
    TlsIncompatible = "tls_incompatible",
    /// The bytes of the server are no TLS: plain HTTP on this port, for one.
    NotTls = "not_tls",
    /// The server broke the rules of TLS.
    TlsProtocol = "tls_protocol",
    /// The connection ended during the handshake.
    ClosedInHandshake = "closed_in_handshake",
    /// The proxy wants a user and a password, or others than it got (407).
    ProxyAuthentication = "proxy_authentication",
    /// The proxy answered 403.
    ProxyForbidden = "proxy_403",
    /// The proxy answered another 4xx.
    Proxy4xx = "proxy_4xx",
    /// The proxy answered 502: it cannot reach the API.
    ProxyBadGateway = "proxy_502",
    /// The proxy answered 503.
    ProxyUnavailable = "proxy_503",
    /// The proxy answered 504: the API did not answer it.
    ProxyGatewayTimeout = "proxy_504",
    /// The proxy answered another 5xx.
    Proxy5xx = "proxy_5xx",
    /// The proxy answered another status.
    ProxyStatus = "proxy_status",
    /// The proxy's answer is no HTTP, or it closed without one.
    ProxyNotHttp = "proxy_not_http",
    /// This process or machine has no file descriptor left.
    NoDescriptor = "no_descriptor",
    /// No local port is left for connections to this address.
    NoPort = "no_port",
    /// This machine has no memory left, or no socket buffer.
    NoMemory = "no_memory",
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn names_are_different_and_short() {
        let mut names: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        let plain = |name: &&str| {
            name.len() <= 32
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        assert!(names.iter().all(plain));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Cause::ALL.len());
        assert!((0..).zip(Cause::ALL).all(|(n, cause)| *cause as usize == n));
    }
}
