// SPDX-License-Identifier: GPL-2.0-or-later

//! What the service is started with.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use crate::country::Country;
use crate::keys::KeyRing;
use crate::limits::Limits;
use crate::lists::Lists;
use crate::signing_key::SigningKey;
use crate::start_error::StartError;

/// All that the service needs to start.
#[derive(Debug)]
pub struct Config {
    /// The HTTPS listener.
    pub https: Option<Https>,
    /// The listener without TLS.
    pub http: Option<Loopback>,
    /// The keys that are accepted.
    pub keys: KeyRing,
    /// The lists that answers use.
    pub lists: Lists,
    /// The key that signs inbound answers.
    pub signing_key: SigningKey,
    /// The country of numbers in national format.
    pub default_country: Option<Country>,
    /// Limits of number and time for connections.
    pub limits: Limits,
    /// A test aid: the delay of each decision and lookup, so that a client's deadline can be tested.
    pub delay: Duration,
}

/// An address with TLS; port 0 lets the kernel choose.
#[derive(Debug)]
pub struct Https {
    /// Where to listen.
    pub address: SocketAddr,
    /// The TLS configuration, made by [`crate::tls::server`].
    pub tls: Arc<ServerConfig>,
}

/// A loopback address. Only there may keys and numbers go unencrypted.
#[derive(Clone, Copy, Debug)]
pub struct Loopback(SocketAddr);

impl Loopback {
    /// The address.
    #[must_use]
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<SocketAddr> for Loopback {
    type Error = StartError;

    fn try_from(address: SocketAddr) -> Result<Self, StartError> {
        if address.ip().is_loopback() {
            return Ok(Self(address));
        }
        let allowed =
            "allowed: a loopback address (127.0.0.1 or [::1]); for others there is --listen-https";
        Err(StartError::new(format!(
            "--listen-http {address}: not a loopback address; {allowed}"
        )))
    }
}

/// The protocol of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// Without TLS.
    Http,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}
