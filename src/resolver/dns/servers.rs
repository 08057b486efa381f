// SPDX-License-Identifier: GPL-2.0-or-later
//! `/etc/resolv.conf` (resolv.conf(5)).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

use crate::failure::Failure;
use crate::os::socket;

/// The name servers of this machine and its search domains.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    pub(super) addresses: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Servers {
    /// Reads the file anew: it may change under a running server, and a lookup is rare.
    pub(crate) fn of_system() -> Result<Self, Failure> {
        match fs::read("/etc/resolv.conf") {
            Err(error) if socket::is_shortage(&error) => Err(Failure::Shed),
            file => Ok(Self::new(&file.unwrap_or_default())),
        }
    }

    /// Reads line by line: a line, or an option in it, that is not understood is skipped, whatever its bytes.
    pub(super) fn new(file: &[u8]) -> Self {
        let mut servers = Self {
            addresses: Vec::new(),
            search: Vec::new(),
            ndots: 1,
        };
        for line in file.split(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(line);
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => servers.addresses.extend(words.next().and_then(address)),
                // The last of these lines counts, but for an empty one.
                Some(keyword @ ("domain" | "search")) => {
                    let most = if keyword == "domain" { 1 } else { usize::MAX };
                    let domains: Vec<_> = words.take(most).map(str::to_owned).collect();
                    if !domains.is_empty() {
                        servers.search = domains;
                    }
                }
                Some("options") => {
                    let ndots =
                        words.filter_map(|option| option.strip_prefix("ndots:")?.parse().ok());
                    servers.ndots = ndots.fold(servers.ndots, |_, last| last).min(MOST_DOTS);
                }
                _ => {}
            }
        }
        servers.addresses.truncate(MOST_SERVERS);
        servers.search.retain(|domain| domain != ".");
        if servers.addresses.is_empty() {
            servers
                .addresses
                .push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        servers
    }

    /// These servers, without a search domain.
    #[cfg(test)]
    pub(crate) fn at(addresses: &[SocketAddr]) -> Self {
        Self {
            addresses: addresses.to_vec(),
            search: Vec::new(),
            ndots: 1,
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
            .map(|domain| format!("{host}.{}", domain.trim_matches('.')))
            .collect();
        if host.matches('.').count() < self.ndots {
            names.push(absolute);
        } else {
            names.insert(0, absolute);
        }
        names
    }
}

/// An address. A link-local one names its interface: `fe80::1%eth0` or `fe80::1%2`.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, interface) = text.split_once('%').unwrap_or((text, ""));
    Some(match address.parse().ok()? {
        IpAddr::V4(v4) => SocketAddr::from((v4, PORT)),
        IpAddr::V6(v6) => SocketAddrV6::new(v6, PORT, 0, interface_index(interface)).into(),
    })
}

fn interface_index(interface: &str) -> u32 {
    if let Ok(index) = interface.parse() {
        return index;
    }
    let is_name = !interface.is_empty() && !interface.contains(['/', '.']);
    is_name
        .then(|| fs::read_to_string(format!("/sys/class/net/{interface}/ifindex")).ok())
        .flatten()
        .and_then(|index| index.trim().parse().ok())
        .unwrap_or(0)
}

const PORT: u16 = 53;

/// As many as glibc takes (`MAXNS`).
const MOST_SERVERS: usize = 3;

/// As glibc's bound of `ndots`.
const MOST_DOTS: usize = 15;

#[cfg(test)]
mod tests {
    use super::Servers;

    fn addresses(servers: &Servers) -> Vec<String> {
        servers.addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_file_names_servers_and_search_domains() {
        let servers = Servers::new(b"nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch corp.example example\noptions ndots:2\n");
        assert_eq!(addresses(&servers), ["192.0.2.53:53", "[2001:db8::53]:53"]);
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
        assert_eq!(addresses(&Servers::new(b"")), ["127.0.0.1:53"]);
    }

    #[test]
    fn a_line_that_is_not_understood_is_skipped() {
        for line in [
            &b"options edns0 strict-error"[..],
            b"domain",
            b"search",
            b"options timeout:",
            b"options ndots:x",
            b"options ndots:99999999999999999999",
            b"nameserver",
            b"nameserver nonsense",
            b"nameserver 192.0.2.1.5",
            b"sortlist 130.155.160.0/255.255.240.0",
            b"; a comment",
            b"# gr\xfc\xdfe",
            b"\xff\xfe\x00\x01",
            b"family inet6",
        ] {
            let file = [line, b"\nnameserver 192.0.2.53\n", line, b"\r\n"].concat();
            let servers = Servers::new(&file);
            let text = String::from_utf8_lossy(line);
            assert_eq!(addresses(&servers), ["192.0.2.53:53"], "{text}");
            assert_eq!(servers.candidates("api.test"), ["api.test"], "{text}");
        }
    }

    #[test]
    fn options_that_are_understood_count_beside_others() {
        let servers =
            Servers::new(b"options edns0 ndots:2 trust-ad\noptions rotate\nsearch example");
        assert_eq!(servers.candidates("a.b"), ["a.b.example", "a.b"]);
        let last = Servers::new(b"search one.example two.example\ndomain three.example.\n");
        assert_eq!(last.candidates("a.b"), ["a.b", "a.b.three.example"]);
    }

    #[test]
    fn a_link_local_server_has_an_interface() {
        let servers = Servers::new(
            b"nameserver fe80::1%lo\nnameserver fe80::2%7\nnameserver fe80::3%no-such",
        );
        // The loopback interface is always the first.
        assert_eq!(
            addresses(&servers),
            ["[fe80::1%1]:53", "[fe80::2%7]:53", "[fe80::3]:53"]
        );
    }
}
