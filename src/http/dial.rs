// SPDX-License-Identifier: GPL-2.0-or-later
//! How a connection to the API is made: names, addresses, proxy, TLS.

mod tunnel;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use ureq::Error;
use ureq::http::Uri;
use ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

use super::names::Names;
use super::race;
use super::trouble::Trouble;
use super::wire::Wire;
use crate::config::ProxyUrl;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// Makes connections, each within a deadline, and names the phase in which it failed. Clones share all they know.
#[derive(Clone, Debug)]
pub(super) struct Dial(Arc<Known>);

#[derive(Debug)]
struct Known {
    names: Names,
    tls: Arc<ClientConfig>,
    proxy: Option<ProxyUrl>,
    /// When an address last failed. Such addresses are tried last.
    failed: Mutex<HashMap<SocketAddr, Instant>>,
    /// A connection that was made ahead of its first request.
    spare: Mutex<Option<Spare>>,
}

#[derive(Debug)]
struct Spare {
    uri: Uri,
    wire: Wire,
    made: Instant,
}

impl Dial {
    pub(super) fn new(tls: Arc<ClientConfig>, proxy: Option<ProxyUrl>) -> Self {
        Self(Arc::new(Known {
            names: Names::default(),
            tls,
            proxy,
            failed: Mutex::default(),
            spare: Mutex::default(),
        }))
    }

    /// Makes a connection ahead of the first request to `uri`.
    pub(super) fn warm(&self, uri: &Uri, deadline: Deadline) -> Result<(), Failure> {
        let wire = self.dial(uri, deadline)?;
        let spare = Spare {
            uri: uri.clone(),
            wire,
            made: Instant::now(),
        };
        *self.0.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(spare);
        Ok(())
    }

    fn spare(&self, uri: &Uri) -> Option<Wire> {
        let mut spare = self
            .0
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let fresh = spare.made.elapsed() < SPARE_LIFE && spare.uri.authority() == uri.authority();
        // Asking whether it is open also marks it as one that waited.
        (fresh && spare.wire.is_open()).then_some(spare.wire)
    }

    fn dial(&self, uri: &Uri, deadline: Deadline) -> Result<Wire, Failure> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        if !secure {
            // Plain HTTP goes to this machine only, and needs no proxy.
            return self.reach(host, port, deadline);
        }
        let wire = match &self.0.proxy {
            None => self.reach(host, port, deadline)?,
            Some(proxy) => {
                tunnel::open(self.reach(&proxy.host, proxy.port, deadline)?, host, port)?
            }
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls)?;
        wire.secure(ClientConnection::new(self.0.tls.clone(), name).map_err(|_| Failure::Tls)?)
    }

    /// A TCP connection to one of the addresses of `host`.
    fn reach(&self, host: &str, port: u16, deadline: Deadline) -> Result<Wire, Failure> {
        let addresses = self
            .0
            .names
            .resolve(host, deadline)?
            .into_iter()
            .map(|address| SocketAddr::new(address, port));
        let outcome = race::connect(&self.in_order(addresses.collect()), deadline);
        self.remember(&outcome);
        Ok(Wire::plain(outcome.winner?, deadline))
    }

    fn in_order(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let now = Instant::now();
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, when| now.duration_since(*when) < GRUDGE);
        addresses.sort_by_key(|address| failed.get(address).copied());
        addresses
    }

    fn remember(&self, outcome: &race::Outcome) {
        let now = Instant::now();
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.extend(outcome.failed.iter().map(|address| (*address, now)));
    }
}

impl Connector<()> for Dial {
    type Out = Wire;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Wire>, Error> {
        if let Some(wire) = self.spare(details.uri) {
            return Ok(Some(wire));
        }
        let deadline = Deadline::after(Instant::now(), *details.timeout.after);
        match self.dial(details.uri, deadline) {
            Ok(wire) => Ok(Some(wire)),
            Err(failure) => Err(Trouble::new(failure).into()),
        }
    }
}

/// How long an address that failed is tried last.
const GRUDGE: Duration = Duration::from_secs(60);

/// A server gives up on a connection without a request sooner than on one with; nginx, for one, after 60 s.
const SPARE_LIFE: Duration = Duration::from_secs(30);
