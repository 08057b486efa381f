// SPDX-License-Identifier: GPL-2.0-or-later
//! `/etc/hosts` (hosts(5)).

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::failure::Failure;
use crate::os::socket;

/// The addresses of `host`; none if the file does not name it.
pub(super) fn look_up(host: &str) -> Result<Vec<IpAddr>, Failure> {
    let file = match fs::read("/etc/hosts") {
        Err(error) if socket::is_shortage(&error) => return Err(Failure::Shed),
        file => file.unwrap_or_default(),
    };
    let found = addresses(&file, host);
    if found.is_empty() && host.eq_ignore_ascii_case("localhost") {
        // RFC 6761 section 6.3: it needs no entry.
        return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
    }
    Ok(found)
}

/// Reads line by line: a line that is not understood is skipped, whatever its bytes.
fn addresses(file: &[u8], host: &str) -> Vec<IpAddr> {
    let line = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words
            .any(|name| name.eq_ignore_ascii_case(host))
            .then_some(address)
    };
    file.split(|byte| *byte == b'\n').filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn every_line_that_names_the_host_counts() {
        let file = b"127.0.0.1 localhost\n# 192.0.2.9 api.example\n192.0.2.1\tAPI.example api # main\n                    2001:db8::1 api.example\r\nnonsense api.example\n192.0.2.2 other";
        let found: Vec<_> = addresses(file, "api.example")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["192.0.2.1", "2001:db8::1"]);
        assert!(addresses(file, "api.example.com").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_cost_their_line_alone() {
        let file = b"# gr\xfc\xdfe\n\xff\xfe\x00 api.example\n192.0.2.1 api.example # b\xfcro\n";
        let found: Vec<_> = addresses(file, "api.example")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["192.0.2.1"]);
    }
}
