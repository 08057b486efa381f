// SPDX-License-Identifier: GPL-2.0-or-later
//! Host names, resolved without a thread and within a deadline.
//!
//! `getaddrinfo` has no timeout and does not return the TTL of its answer. So this module asks the name servers of
//! `/etc/resolv.conf` itself. `/etc/hosts` has priority.

mod dns;
mod hosts;
mod known;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::dns::{Found, Servers};
use self::known::Known;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::socket;

/// The resolver of one process, which its threads share. It keeps the answers.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    known: Mutex<HashMap<String, Known>>,
    /// `None`: those of `/etc/resolv.conf`, which is read at each lookup.
    servers: Option<Servers>,
}

impl Resolver {
    /// The addresses of `host`, IPv6 and IPv4 in turn.
    ///
    /// A complete answer is kept for its time to live. After that the name servers are asked again, but the last good answer
    /// stands in for one that is late or fails. An answer for one address family alone serves this call; the next one asks
    /// again.
    pub(crate) fn resolve(&self, host: &str, deadline: Deadline) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let now = Instant::now();
        let known = self.lock().get(host).cloned();
        if let Some(known) = known.as_ref().filter(|known| !known.is_due(now)) {
            return Ok(known.addresses.clone());
        }
        let wait = known
            .as_ref()
            .map_or(deadline, |known| known.wait(deadline, now));
        let outcome = self.look_up(host, wait);
        let known = Known::after(known.as_ref(), outcome, now, Instant::now())?;
        let addresses = known.addresses.clone();
        self.lock().insert(host.to_owned(), known);
        Ok(addresses)
    }

    /// Records that no known address of `host` is usable: it refuses connections, or belongs to another server. The name servers are
    /// asked again at the next call, but at most once a second.
    pub(crate) fn all_refused(&self, host: &str) {
        if let Some(known) = self.lock().get_mut(host) {
            known.refused = true;
        }
    }

    /// Deletes all answers.
    pub(crate) fn forget_names(&self) {
        self.lock().clear();
    }

    fn look_up(&self, host: &str, deadline: Deadline) -> Result<Found, Failure> {
        let addresses = hosts::look_up(host)?;
        if !addresses.is_empty() {
            return Ok(Found {
                addresses,
                lifetime: HOSTS_LIFETIME,
                unanswered: None,
            });
        }
        match &self.servers {
            Some(servers) => dns::look_up(host, servers, socket::has_route, deadline),
            None => dns::look_up(host, &Servers::of_system()?, socket::has_route, deadline),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `/etc/hosts` has no time to live; it is a small file.
const HOSTS_LIFETIME: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
