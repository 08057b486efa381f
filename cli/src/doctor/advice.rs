// SPDX-License-Identifier: GPL-2.0-or-later

//! What a failed connection means, and what to do about it. docs/network.md says more.

use numbers_online::cause::Cause;
use numbers_online::failure::Failure;

/// What happened, in a few words.
pub(super) fn meaning(failure: Failure) -> &'static str {
    match failure {
        Failure::Dns => "the name does not resolve",
        Failure::TimeoutDns => "the name server does not answer in time",
        Failure::Connect => "no address accepts the connection",
        Failure::TimeoutConnect => "no address answers in time",
        Failure::Tls => "the TLS handshake failed",
        Failure::TimeoutTls => "the TLS handshake did not end in time",
        Failure::TimeoutResponse => "no answer in time",
        Failure::Reset => "the connection ended before the answer",
        Failure::TooLarge => "the answer is too large",
        Failure::Parse => "the answer is not HTTP",
        Failure::Shed => "this machine has no resources left",
        _ => "the request failed",
    }
}

/// What to do, in one line.
pub(super) fn about(failure: Failure, cause: Option<Cause>) -> &'static str {
    cause.map_or_else(|| about_failure(failure), about_cause)
}

fn about_failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Dns => {
            "check the host of api_url, and this machine's name server in /etc/resolv.conf"
        }
        Failure::TimeoutDns => {
            "check this machine's name server in /etc/resolv.conf, or raise timeout"
        }
        Failure::Connect => "check host and port of api_url, and that the service runs",
        Failure::TimeoutConnect => "check for a firewall that drops packets, or raise timeout",
        Failure::Tls => "check the certificate of the server with openssl s_client",
        Failure::TimeoutTls => "check host and port of api_url, or raise timeout",
        Failure::TimeoutResponse => {
            "the API accepts requests and does not answer: try again later, or raise timeout"
        }
        Failure::Reset => {
            "the connection was closed: check for a firewall, and the log of the service"
        }
        Failure::TooLarge | Failure::Parse => "this is not the API: check host and port of api_url",
        _ => "docs/failures.md describes it",
    }
}

fn about_cause(cause: Cause) -> &'static str {
    match cause {
        Cause::UnknownIssuer => "set ca_file to the authority of the certificate",
        Cause::CertificateExpired | Cause::CertificateNotYetValid => {
            "renew the certificate, or set this machine's clock"
        }
        Cause::NameMismatch => {
            "the host of api_url must be in the subjectAltName of the certificate"
        }
        Cause::CertificateRevoked => "renew the certificate",
        Cause::UnsupportedSignature => "reissue the certificate with another kind of key",
        Cause::BadSignature | Cause::BadCertificate => {
            "inspect the certificate with openssl x509 -text"
        }
        Cause::ClientCertificateWanted => "turn client certificates off at the server",
        Cause::HandshakeRefused | Cause::TlsAlert => "the log of the server says why",
        Cause::TlsIncompatible | Cause::TlsProtocol => {
            "update the server, or the device in between"
        }
        Cause::NotTls => "check port and scheme of api_url, and for a captive portal",
        Cause::ClosedInHandshake => "check for a firewall, or a load balancer without a backend",
        Cause::ProxyAuthentication => "check the user and password of http_proxy",
        Cause::ProxyForbidden | Cause::Proxy4xx => {
            "allow CONNECT to host and port of api_url at the proxy"
        }
        Cause::ProxyBadGateway
        | Cause::ProxyUnavailable
        | Cause::ProxyGatewayTimeout
        | Cause::Proxy5xx => "the proxy cannot reach the API: check the proxy",
        Cause::ProxyStatus | Cause::ProxyNotHttp => "check host and port of http_proxy",
        Cause::NoDescriptor => "raise ulimit -n",
        Cause::NoPort => "widen net.ipv4.ip_local_port_range",
        Cause::NoMemory => "free memory on this machine, or raise ulimit -v",
        Cause::OtherNumber | Cause::HttpIntermediary => {
            "check what is between this machine and the API"
        }
    }
}
