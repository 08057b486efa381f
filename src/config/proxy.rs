// SPDX-License-Identifier: GPL-2.0-or-later
//! `http_proxy`.

use std::env;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::http::Uri;

use super::no_proxy::NoProxy;
use super::{BadParameter, FromSecret, Missing, Secret, port};
use crate::uri::next_unescaped;

/// Which connections go through a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpProxy {
    proxy: ProxyUrl,
    /// Hosts that are reached without it.
    direct: NoProxy,
}

/// An HTTP proxy that makes tunnels (CONNECT, RFC 9110 section 9.3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    credentials: Option<Result<Credentials, Missing>>,
}

/// User and password, as `Proxy-Authorization` has them. Its `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
struct Credentials(String);

impl HttpProxy {
    /// Parses `http_proxy`. Empty means that there is none.
    pub fn new(text: &str) -> Result<Option<Self>, BadParameter> {
        if text == "env" {
            return Self::of_environment(|name| env::var(name).ok());
        }
        let text = text.trim();
        let (url, source) = match text.split_once(char::is_whitespace) {
            None if text.is_empty() => return Ok(None),
            None => (text, None),
            Some((url, source)) if is_source(source.trim()) => (url, Some(source.trim())),
            // Any word of it may be a password.
            Some(_) => return Err(BadParameter::new(NAME, "***", ALLOWED)),
        };
        let (host, port) = host_and_port(url)
            .and_then(|(host, port)| Some((host, port?)))
            .ok_or_else(|| BadParameter::url(NAME, url, ALLOWED))?;
        let credentials = source
            .map(|source| Secret::<Credentials>::new(NAME, source))
            .transpose()?
            .map(|secret| secret.value().cloned().map_err(Clone::clone));
        Ok(Some(Self {
            proxy: ProxyUrl {
                host,
                port,
                credentials,
            },
            direct: NoProxy::default(),
        }))
    }

    /// The proxy of the variables that curl and others know. A name in capitals counts where the other is not set.
    fn of_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, BadParameter> {
        let first = |names: &[&'static str]| {
            let given = names.iter().map(|name| Some((*name, variable(name)?)));
            given.flatten().find(|(_, value)| !value.trim().is_empty())
        };
        let Some((name, value)) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
        else {
            return Ok(None);
        };
        let refused = || {
            let allowed = format!(
                "env, with [http://][USER:PASSWORD@]HOST[:PORT] in the environment variable {name}"
            );
            BadParameter::new(NAME, "env", &allowed)
        };
        let value = value.trim();
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(refused());
        }
        let (login, authority) = match rest.rsplit_once('@') {
            Some((login, authority)) => (Some(login), authority),
            None => (None, rest),
        };
        let (host, port) = host_and_port(&format!("http://{authority}")).ok_or_else(refused)?;
        let credentials = login
            .map(|login| {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                let text = [decoded(user)?, b":".to_vec(), decoded(password)?].concat();
                // A colon in the name would end it early.
                let plain = !user.to_ascii_lowercase().contains("%3a");
                Credentials::new(&text).filter(|_| plain)
            })
            .map(|credentials| credentials.ok_or_else(refused))
            .transpose()?;
        let direct = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| NoProxy::new(&list));
        Ok(Some(Self {
            proxy: ProxyUrl {
                host,
                port: port.unwrap_or(DEFAULT_PORT),
                credentials: credentials.map(Ok),
            },
            direct: direct.unwrap_or_default(),
        }))
    }

    /// The proxy for connections to `host`; `None` if they need none.
    #[must_use]
    pub fn for_host(&self, host: &str, port: u16) -> Option<&ProxyUrl> {
        (!self.direct.has(host, port)).then_some(&self.proxy)
    }

    /// Why there is no user and password, if there should be.
    #[must_use]
    pub fn missing(&self) -> Option<&Missing> {
        self.proxy.credentials.as_ref()?.as_ref().err()
    }
}

impl ProxyUrl {
    /// The value of `Proxy-Authorization`, if there is one.
    #[must_use]
    pub fn authorization(&self) -> Option<&str> {
        let credentials = self.credentials.as_ref()?.as_ref().ok()?;
        Some(&credentials.0)
    }
}

impl Credentials {
    /// Takes `user:password` (RFC 7617).
    fn new(text: &[u8]) -> Option<Self> {
        let usable = (3..=512).contains(&text.len())
            && text.first() != Some(&b':')
            && text.contains(&b':')
            && !text.iter().any(u8::is_ascii_control);
        usable.then(|| Self(format!("Basic {}", STANDARD.encode(text))))
    }
}

impl FromSecret for Credentials {
    fn from_secret(text: &str) -> Result<Self, &'static str> {
        Self::new(text.as_bytes()).ok_or("USER:PASSWORD in one line of at most 512 bytes")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn is_source(text: &str) -> bool {
    let variable = text.starts_with("env:") && !text.contains(char::is_whitespace);
    variable || text.starts_with("file:")
}

/// Host, without brackets, and port of `http://HOST[:PORT]`.
fn host_and_port(url: &str) -> Option<(String, Option<u16>)> {
    let uri: Uri = url.parse().ok()?;
    let plain =
        uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/") && uri.query().is_none();
    let authority = uri
        .authority()
        .filter(|authority| plain && !authority.as_str().contains('@'))?;
    let host = authority
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']');
    let rest = authority.as_str().strip_prefix(authority.host())?;
    // A port that is none must not become the default one.
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(port::read(port)?),
        None => None,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// Decodes `%41`.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (byte, behind) = next_unescaped(rest)?;
        bytes.push(byte);
        rest = behind;
    }
    Some(bytes)
}

const NAME: &str = "http_proxy";

const ALLOWED: &str = "http://HOST:PORT, followed by env:NAME or file:/ABSOLUTE/PATH of USER:PASSWORD if the proxy wants that; env for HTTPS_PROXY and NO_PROXY; or empty";

/// Of the scheme, as Go and Python have it.
const DEFAULT_PORT: u16 = 80;

#[cfg(test)]
mod tests;
