// SPDX-License-Identifier: GPL-2.0-or-later
//! `/etc/hosts` (hosts(5)).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses of `host`; none if the file does not name it.
pub(super) fn look_up(host: &str) -> Vec<IpAddr> {
    let found = addresses(&fs::read_to_string("/etc/hosts").unwrap_or_default(), host);
    if found.is_empty() && host.eq_ignore_ascii_case("localhost") {
        // RFC 6761 section 6.3: it needs no entry.
        return vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
    }
    found
}

fn addresses(file: &str, host: &str) -> Vec<IpAddr> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words
            .any(|name| name.eq_ignore_ascii_case(host))
            .then_some(address)
    };
    file.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn every_line_that_names_the_host_counts() {
        let file = "127.0.0.1 localhost\n# 192.0.2.9 api.example\n192.0.2.1\tAPI.example api # main\n                    2001:db8::1 api.example\nnonsense api.example\n192.0.2.2 other";
        let found: Vec<_> = addresses(file, "api.example")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["192.0.2.1", "2001:db8::1"]);
        assert!(addresses(file, "api.example.com").is_empty());
    }
}
