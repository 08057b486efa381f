// SPDX-License-Identifier: GPL-2.0-or-later
//! `api_url`.

use std::net::IpAddr;

use ureq::http::Uri;

use super::BadParameter;
use super::port::is_port;

/// Base URL of the API, without a slash at its end. Plain HTTP only to this machine: the API key is in every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl {
    base: Uri,
    path: String,
}

impl ApiUrl {
    /// Parses `api_url`.
    pub fn new(url: &str) -> Result<Self, BadParameter> {
        Self::of_parameter("api_url", url)
    }

    /// Parses `api_url_backup`. Empty means that there is none.
    pub fn backup(url: &str) -> Result<Option<Self>, BadParameter> {
        if url.is_empty() {
            Ok(None)
        } else {
            Self::of_parameter("api_url_backup", url).map(Some)
        }
    }

    fn of_parameter(name: &str, url: &str) -> Result<Self, BadParameter> {
        let refused = || BadParameter::url(name, url, ALLOWED);
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refused());
        };
        let port = authority.as_str().strip_prefix(authority.host());
        let has_usable_port =
            port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
        let secure = scheme == "https" || (scheme == "http" && is_loopback(authority.host()));
        if !secure
            || !has_usable_port
            || authority.as_str().contains('@')
            || uri.query().is_some()
            || authority.host().is_empty()
        {
            return Err(refused());
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { base: uri, path })
    }

    /// The URL of an endpoint; `path` starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> Uri {
        let mut parts = self.base.clone().into_parts();
        // The path of an accepted URL and that of an endpoint always make a valid path.
        parts.path_and_query = self.path(path).parse().ok();
        Uri::from_parts(parts).unwrap_or_else(|_| self.base.clone())
    }

    /// The path of an endpoint as it stands in the request line.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

const ALLOWED: &str = "https://HOST[:PORT][/PATH], or http:// to 127.0.0.0/8, [::1] or localhost, without user and query";

#[cfg(test)]
mod tests {
    use super::ApiUrl;

    #[test]
    fn an_endpoint_stands_below_the_base() {
        for (base, url, path) in [
            (
                "https://numbers.online",
                "https://numbers.online/api/v1/x",
                "/api/v1/x",
            ),
            (
                "https://proxy.example/nol/",
                "https://proxy.example/nol/api/v1/x",
                "/nol/api/v1/x",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080/api/v1/x",
                "/api/v1/x",
            ),
            (
                "http://[::1]:8080",
                "http://[::1]:8080/api/v1/x",
                "/api/v1/x",
            ),
            ("http://localhost", "http://localhost/api/v1/x", "/api/v1/x"),
        ] {
            let parsed = ApiUrl::new(base).expect("usable");
            assert_eq!(
                (
                    parsed.join("/api/v1/x").to_string().as_str(),
                    parsed.path("/api/v1/x").as_str()
                ),
                (url, path)
            );
        }
    }

    #[test]
    fn a_url_that_would_leak_the_key_or_reaches_nobody_is_refused() {
        for url in [
            "",
            "numbers.online",
            "http://numbers.online",
            "http://192.0.2.1/",
            "http://localhost.example.com",
            "https://user:secret@numbers.online",
            "https://numbers.online/?key=1",
            "ftp://numbers.online",
            "https://",
            "https://num bers.online",
            "https://numbers.online:",
            "https://numbers.online:0",
            "https://numbers.online:65536",
            "https://numbers.online:x",
            "https://numbers.online:+443",
            "http://[::1]:99999",
        ] {
            assert!(ApiUrl::new(url).is_err(), "{url:?}");
        }
    }
}
