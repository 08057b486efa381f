// SPDX-License-Identifier: GPL-2.0-or-later
//! Host names, without a thread and without outliving a deadline.
//!
//! `getaddrinfo` cannot be given up on and does not tell how long its answer holds, so the name servers of
//! `/etc/resolv.conf` are asked directly. `/etc/hosts` comes first, as everywhere.

mod dns;
mod hosts;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::deadline::Deadline;
use crate::failure::Failure;

/// The names that one process knows.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    known: Mutex<HashMap<String, Known>>,
}

/// Addresses of one name.
#[derive(Clone, Debug)]
struct Known {
    addresses: Vec<IpAddr>,
    fresh: Deadline,
}

impl Resolver {
    /// The addresses of `host`, IPv6 and IPv4 in turn.
    ///
    /// An answer is kept for its time to live. When that is over the name servers are asked again, but the last good answer
    /// stands in for one that is late or fails.
    pub(crate) fn resolve(&self, host: &str, deadline: Deadline) -> Result<Vec<IpAddr>, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let now = Instant::now();
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(host)
            .cloned();
        if let Some(known) = known.as_ref().filter(|known| !known.fresh.is_over(now)) {
            return Ok(known.addresses.clone());
        }
        let patience = if known.is_some() {
            deadline.or_after(now, PATIENCE)
        } else {
            deadline
        };
        let (outcome, lifetime) = match look_up(host, patience) {
            Ok(found) => (
                Ok(in_turn(&found.addresses)),
                found.lifetime.clamp(SHORTEST, LONGEST),
            ),
            Err(failure) => (known.map(|known| known.addresses).ok_or(failure), AGAIN),
        };
        if let Ok(addresses) = &outcome {
            let fresh = Deadline::after(Instant::now(), lifetime);
            let known = Known {
                addresses: addresses.clone(),
                fresh,
            };
            self.known
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(host.to_owned(), known);
        }
        outcome
    }
}

fn look_up(host: &str, deadline: Deadline) -> Result<dns::Found, Failure> {
    let addresses = hosts::look_up(host);
    if !addresses.is_empty() {
        return Ok(dns::Found {
            addresses,
            lifetime: HOSTS_LIFETIME,
        });
    }
    dns::look_up(host, deadline)
}

/// Orders addresses so that neither family has to fail wholly before the other is tried (RFC 8305 section 4).
fn in_turn(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let (mut v6, mut v4): (Vec<IpAddr>, Vec<IpAddr>) = addresses
        .iter()
        .rev()
        .partition(|address| address.is_ipv6());
    let mut mixed = Vec::with_capacity(addresses.len());
    while !(v6.is_empty() && v4.is_empty()) {
        mixed.extend(v6.pop());
        mixed.extend(v4.pop());
    }
    mixed
}

/// How long a call waits for news of a name whose last addresses are known.
const PATIENCE: Duration = Duration::from_millis(20);

/// After a failure the last good addresses are used this long before the name servers are asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Bounds of a time to live: an answer with none must not cost a lookup a call, one of weeks must not outlive a move.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3600);

/// `/etc/hosts` has no time to live; it is a small file.
const HOSTS_LIFETIME: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use super::{Resolver, in_turn};
    use crate::deadline::Deadline;

    fn addresses(list: &[&str]) -> Vec<IpAddr> {
        list.iter()
            .map(|address| address.parse().expect("an address"))
            .collect()
    }

    #[test]
    fn the_families_take_turns() {
        for (found, order) in [
            (
                &["192.0.2.1", "192.0.2.2", "2001:db8::1"][..],
                &["2001:db8::1", "192.0.2.1", "192.0.2.2"][..],
            ),
            (
                &["2001:db8::1", "2001:db8::2", "192.0.2.1"],
                &["2001:db8::1", "192.0.2.1", "2001:db8::2"],
            ),
            (&["192.0.2.1"], &["192.0.2.1"]),
            (&[], &[]),
        ] {
            assert_eq!(in_turn(&addresses(found)), addresses(order));
        }
    }

    #[test]
    fn addresses_and_this_machine_need_no_name_server() {
        let over = Deadline::after(Instant::now(), Duration::ZERO);
        let names = Resolver::default();
        assert_eq!(
            names.resolve("192.0.2.7", over),
            Ok(addresses(&["192.0.2.7"]))
        );
        assert_eq!(
            names.resolve("2001:db8::7", over),
            Ok(addresses(&["2001:db8::7"]))
        );
        assert!(
            names
                .resolve("localhost", over)
                .is_ok_and(|found| found.iter().all(IpAddr::is_loopback))
        );
    }
}
