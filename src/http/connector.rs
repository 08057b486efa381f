// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes connections to the API: resolver, addresses, proxy, TLS.

mod tunnel;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::http::Uri;

use super::connection::Connection;
use super::error::HttpError;
use super::happy_eyeballs;
use super::timings::{Phase, Timings};
use super::tls;
use crate::config::{HttpProxy, Roots};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::resolver::Resolver;

/// Makes connections, each within a deadline. Reports the phase in which one failed.
#[derive(Debug)]
pub(super) struct Connector {
    resolver: Resolver,
    roots: Roots,
    tls: OnceCell<Arc<ClientConfig>>,
    proxy: Option<HttpProxy>,
    /// When an address last failed. Such addresses are tried last.
    failed: Mutex<HashMap<SocketAddr, Instant>>,
}

impl Connector {
    pub(super) fn new(roots: Roots, proxy: Option<HttpProxy>) -> Self {
        Self {
            resolver: Resolver::default(),
            roots,
            tls: OnceCell::new(),
            proxy,
            failed: Mutex::default(),
        }
    }

    /// Whether it trusts these certificates and uses this proxy.
    pub(super) fn is_for(&self, roots: &Roots, proxy: Option<&HttpProxy>) -> bool {
        self.roots == *roots && self.proxy.as_ref() == proxy
    }

    /// A connection to the host of `uri`.
    pub(super) fn connect(
        &self,
        uri: &Uri,
        deadline: Deadline,
        timings: &mut Timings,
    ) -> Result<Connection, HttpError> {
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
        let proxy = self.proxy.as_ref();
        let proxy = proxy.and_then(|proxy| proxy.for_host(host, port));
        let connection = match proxy {
            None => self.reach(host, port, deadline, timings)?,
            Some(proxy) => {
                let connection = self.reach(&proxy.host, proxy.port, deadline, timings)?;
                let tunnel = tunnel::open(connection, proxy, host, port)?;
                timings.end(Phase::Connect);
                tunnel
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
        let tls = ClientConnection::new(self.tls()?.clone(), name).map_err(|_| Failure::Tls)?;
        let connection = connection.secure(tls).inspect_err(|error| {
            // The address may belong to another host by now. This does not concern the address of a proxy.
            if proxy.is_none() && error.failure != Failure::Shed {
                self.resolver.all_refused(host);
            }
        })?;
        timings.end(Phase::Tls);
        Ok(connection)
    }

    /// Deletes the addresses of names, and which of them failed.
    pub(super) fn forget_names(&self) {
        self.resolver.forget_names();
        self.failed().clear();
    }

    /// The TLS client, made at first use: a process without lookups does not need its memory.
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
    ) -> Result<Connection, HttpError> {
        let addresses = self.resolver.resolve(host, deadline)?;
        timings.end(Phase::Dns);
        let stream = match self.race(&addresses, port, deadline) {
            Err(error) if is_refusal(error.failure) => {
                self.resolver.all_refused(host);
                self.race_newer(host, port, &addresses, deadline)
                    .unwrap_or(Err(error))?
            }
            outcome => outcome?,
        };
        let connection = Connection::plain(stream, deadline)
            .map_err(|error| HttpError::of_socket(&error, Failure::Connect))?;
        timings.end(Phase::Connect);
        Ok(connection)
    }

    /// Resolves the name again, and connects if it has other addresses now.
    fn race_newer(
        &self,
        host: &str,
        port: u16,
        tried: &[IpAddr],
        deadline: Deadline,
    ) -> Option<Result<TcpStream, HttpError>> {
        deadline.left(Instant::now())?;
        let mut addresses = self.resolver.resolve(host, deadline).ok()?;
        addresses.retain(|address| !tried.contains(address));
        (!addresses.is_empty()).then(|| self.race(&addresses, port, deadline))
    }

    fn race(
        &self,
        addresses: &[IpAddr],
        port: u16,
        deadline: Deadline,
    ) -> Result<TcpStream, HttpError> {
        let addresses = addresses
            .iter()
            .map(|address| SocketAddr::new(*address, port));
        let outcome = happy_eyeballs::connect(&self.in_order(addresses.collect()), deadline);
        let now = Instant::now();
        self.failed()
            .extend(outcome.failed.iter().map(|address| (*address, now)));
        outcome.winner
    }

    fn in_order(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let now = Instant::now();
        let mut failed = self.failed();
        failed.retain(|_, when| now.duration_since(*when) < FAILED_LAST);
        addresses.sort_by_key(|address| failed.get(address).copied());
        addresses
    }

    fn failed(&self) -> MutexGuard<'_, HashMap<SocketAddr, Instant>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a failure means that none of the addresses is usable.
fn is_refusal(failure: Failure) -> bool {
    matches!(failure, Failure::Connect | Failure::TimeoutConnect)
}

/// How long an address that failed is tried last.
const FAILED_LAST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
