// SPDX-License-Identifier: GPL-2.0-or-later
//! `/etc/resolv.conf` (resolv.conf(5)).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

use resolv_conf::{Config, ScopedIp};

/// The name servers of this machine and its search domains.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) addresses: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Servers {
    /// Reads the file anew: it may change under a running server, and a lookup is rare.
    pub(super) fn of_system() -> Self {
        Self::new(&fs::read("/etc/resolv.conf").unwrap_or_default())
    }

    fn new(file: &[u8]) -> Self {
        let config = Config::parse(file).unwrap_or_default();
        let mut addresses: Vec<_> = config.nameservers.iter().map(address).collect();
        if addresses.is_empty() {
            addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        let search = config.get_last_search_or_domain().cloned().collect();
        Self {
            addresses,
            search,
            ndots: usize::try_from(config.ndots).unwrap_or(1),
        }
    }

    /// The names to try for `host`, in order.
    pub(super) fn candidates(&self, host: &str) -> Vec<String> {
        let absolute = host.trim_end_matches('.').to_owned();
        if host.ends_with('.') {
            return vec![absolute];
        }
        let mut names: Vec<_> = self
            .search
            .iter()
            .map(|domain| format!("{host}.{domain}"))
            .collect();
        if host.matches('.').count() < self.ndots {
            names.push(absolute);
        } else {
            names.insert(0, absolute);
        }
        names
    }
}

fn address(server: &ScopedIp) -> SocketAddr {
    match IpAddr::from(server) {
        IpAddr::V4(v4) => SocketAddr::from((v4, PORT)),
        IpAddr::V6(v6) => {
            // A link-local server is named with its interface; only a numeric one means something here.
            let scope = match server {
                ScopedIp::V6(_, Some(scope)) => scope.parse().unwrap_or(0),
                _ => 0,
            };
            SocketAddrV6::new(v6, PORT, 0, scope).into()
        }
    }
}

const PORT: u16 = 53;

#[cfg(test)]
mod tests {
    use super::Servers;

    #[test]
    fn the_file_names_servers_and_search_domains() {
        let servers = Servers::new(b"nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch corp.example example\noptions ndots:2\n");
        let addresses: Vec<_> = servers.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.0.2.53:53", "[2001:db8::53]:53"]);
        assert_eq!(
            servers.candidates("api.test"),
            ["api.test.corp.example", "api.test.example", "api.test"]
        );
        assert_eq!(
            servers.candidates("a.b.test"),
            ["a.b.test", "a.b.test.corp.example", "a.b.test.example"]
        );
        assert_eq!(servers.candidates("api.test."), ["api.test"]);
    }

    #[test]
    fn without_a_file_this_machine_is_asked() {
        let addresses: Vec<_> = Servers::new(b"")
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(addresses, ["127.0.0.1:53"]);
    }
}
