// SPDX-License-Identifier: GPL-2.0-or-later
//! `http_proxy`.

use ureq::http::Uri;

use super::BadParameter;

/// An HTTP proxy that makes tunnels (CONNECT, RFC 9110 section 9.3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

impl ProxyUrl {
    /// Parses `http_proxy`. Empty means that there is none.
    pub fn new(url: &str) -> Result<Option<Self>, BadParameter> {
        if url.is_empty() {
            return Ok(None);
        }
        let refused = || {
            BadParameter::url(
                "http_proxy",
                url,
                "http://HOST:PORT without user and path, or empty",
            )
        };
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let plain = uri.scheme_str() == Some("http")
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none();
        let authority = uri
            .authority()
            .filter(|authority| plain && !authority.as_str().contains('@'));
        let host = authority.map(|authority| {
            authority
                .host()
                .trim_start_matches('[')
                .trim_end_matches(']')
        });
        match (host.filter(|host| !host.is_empty()), uri.port_u16()) {
            (Some(host), Some(port)) => Ok(Some(Self {
                host: host.to_owned(),
                port,
            })),
            _ => Err(refused()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProxyUrl;

    #[test]
    fn a_proxy_is_a_host_and_a_port() {
        for (url, host, port) in [
            ("http://proxy.example:3128", "proxy.example", 3128),
            ("http://192.0.2.1:8080/", "192.0.2.1", 8080),
            ("http://[2001:db8::1]:3128", "2001:db8::1", 3128),
        ] {
            let proxy = ProxyUrl {
                host: host.to_owned(),
                port,
            };
            assert_eq!(ProxyUrl::new(url), Ok(Some(proxy)));
        }
        assert_eq!(ProxyUrl::new(""), Ok(None));
        for secret in ["http://u:pa55@proxy:3128", "u:pa55@proxy:3128"] {
            let line = ProxyUrl::new(secret).expect_err("refused").to_string();
            assert!(
                line.contains("***@proxy:3128") && !line.contains("pa55"),
                "{line}"
            );
        }
        for bad in [
            "proxy:3128",
            "https://proxy:3128",
            "http://proxy",
            "http://u:p@proxy:3128",
            "http://proxy:1/x",
            "socks5://p:1",
        ] {
            assert!(ProxyUrl::new(bad).is_err(), "{bad}");
        }
    }
}
