// SPDX-License-Identifier: GPL-2.0-or-later
//! How a connection to the API is made: resolver, addresses, proxy, TLS.

mod tunnel;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::http::Uri;

use super::connection::Connection;
use super::happy_eyeballs;
use super::timings::{Phase, Timings};
use super::tls;
use crate::config::{ProxyUrl, Roots};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::resolver::Resolver;

/// Makes connections, each within a deadline, and resolver the phase in which it failed.
#[derive(Debug)]
pub(super) struct Connector {
    resolver: Resolver,
    roots: Roots,
    tls: OnceCell<Arc<ClientConfig>>,
    proxy: Option<ProxyUrl>,
    /// When an address last failed. Such addresses are tried last.
    failed: Mutex<HashMap<SocketAddr, Instant>>,
}

impl Connector {
    pub(super) fn new(roots: Roots, proxy: Option<ProxyUrl>) -> Self {
        Self {
            resolver: Resolver::default(),
            roots,
            tls: OnceCell::new(),
            proxy,
            failed: Mutex::default(),
        }
    }

    /// A connection to the host of `uri`.
    pub(super) fn connect(
        &self,
        uri: &Uri,
        deadline: Deadline,
        timings: &mut Timings,
    ) -> Result<Connection, Failure> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if !secure {
            // Plain HTTP goes to this machine only, and needs no proxy.
            return self.reach(host, port, deadline, timings);
        }
        let connection = match &self.proxy {
            None => self.reach(host, port, deadline, timings)?,
            Some(proxy) => {
                let connection = self.reach(&proxy.host, proxy.port, deadline, timings)?;
                let tunnel = tunnel::open(connection, host, port)?;
                timings.lap(Phase::Connect);
                tunnel
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
        let tls = ClientConnection::new(self.tls()?.clone(), name).map_err(|_| Failure::Tls)?;
        let connection = connection.secure(tls)?;
        timings.lap(Phase::Tls);
        Ok(connection)
    }

    /// The TLS client, made when it is first needed: it takes memory that a process without lookups does not need.
    fn tls(&self) -> Result<&Arc<ClientConfig>, Failure> {
        let made = self.tls.get_or_try_init(|| tls::client(&self.roots));
        made.map_err(|_| Failure::Tls)
    }

    /// A TCP connection to one of the addresses of `host`.
    fn reach(
        &self,
        host: &str,
        port: u16,
        deadline: Deadline,
        timings: &mut Timings,
    ) -> Result<Connection, Failure> {
        let addresses = self.resolver.resolve(host, deadline)?;
        timings.lap(Phase::Dns);
        let addresses = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, port));
        let outcome = happy_eyeballs::connect(&self.in_order(addresses.collect()), deadline);
        self.remember(&outcome);
        let connection =
            Connection::plain(outcome.winner?, deadline).map_err(|_| Failure::Connect)?;
        timings.lap(Phase::Connect);
        Ok(connection)
    }

    fn in_order(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let now = Instant::now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, when| now.duration_since(*when) < FAILED_LAST);
        addresses.sort_by_key(|address| failed.get(address).copied());
        addresses
    }

    fn remember(&self, outcome: &happy_eyeballs::Outcome) {
        let now = Instant::now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.extend(outcome.failed.iter().map(|address| (*address, now)));
    }
}

/// How long an address that failed is tried last.
const FAILED_LAST: Duration = Duration::from_secs(60);
