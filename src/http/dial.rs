// SPDX-License-Identifier: GPL-2.0-or-later
//! How a connection to the API is made: names, addresses, proxy, TLS.

mod tunnel;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::http::Uri;

use super::line::Line;
use super::names::Names;
use super::race;
use super::stopwatch::{Phase, Stopwatch};
use super::tls;
use crate::config::{ProxyUrl, Roots};
use crate::deadline::Deadline;
use crate::failure::Failure;

/// Makes connections, each within a deadline, and names the phase in which it failed.
#[derive(Debug)]
pub(super) struct Dial {
    names: Names,
    roots: Roots,
    tls: OnceCell<Arc<ClientConfig>>,
    proxy: Option<ProxyUrl>,
    /// When an address last failed. Such addresses are tried last.
    failed: Mutex<HashMap<SocketAddr, Instant>>,
}

impl Dial {
    pub(super) fn new(roots: Roots, proxy: Option<ProxyUrl>) -> Self {
        Self {
            names: Names::default(),
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
        stopwatch: &mut Stopwatch,
    ) -> Result<Line, Failure> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if !secure {
            // Plain HTTP goes to this machine only, and needs no proxy.
            return self.reach(host, port, deadline, stopwatch);
        }
        let line = match &self.proxy {
            None => self.reach(host, port, deadline, stopwatch)?,
            Some(proxy) => {
                let line = self.reach(&proxy.host, proxy.port, deadline, stopwatch)?;
                let tunnel = tunnel::open(line, host, port)?;
                stopwatch.lap(Phase::Connect);
                tunnel
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
        let tls = ClientConnection::new(self.tls()?.clone(), name).map_err(|_| Failure::Tls)?;
        let line = line.secure(tls)?;
        stopwatch.lap(Phase::Tls);
        Ok(line)
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
        stopwatch: &mut Stopwatch,
    ) -> Result<Line, Failure> {
        let addresses = self.names.resolve(host, deadline)?;
        stopwatch.lap(Phase::Dns);
        let addresses = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, port));
        let outcome = race::connect(&self.in_order(addresses.collect()), deadline);
        self.remember(&outcome);
        let line = Line::plain(outcome.winner?, deadline).map_err(|_| Failure::Connect)?;
        stopwatch.lap(Phase::Connect);
        Ok(line)
    }

    fn in_order(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let now = Instant::now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, when| now.duration_since(*when) < GRUDGE);
        addresses.sort_by_key(|address| failed.get(address).copied());
        addresses
    }

    fn remember(&self, outcome: &race::Outcome) {
        let now = Instant::now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.extend(outcome.failed.iter().map(|address| (*address, now)));
    }
}

/// How long an address that failed is tried last.
const GRUDGE: Duration = Duration::from_secs(60);
