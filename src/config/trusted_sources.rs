// SPDX-License-Identifier: GPL-2.0-or-later
//! `trusted_sources`.

use std::net::{IpAddr, Ipv6Addr};

use super::BadParameter;

/// The addresses whose requests are trusted when they claim an identity, its verification, or priority (RFC 3325's trust domain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustedSources {
    /// All of them.
    Any,
    /// Those of some networks.
    Networks(Vec<Network>),
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its first address, with zeros for the bits of a host.
    first: IpAddr,
    /// How many bits of an address name the network.
    prefix: u8,
}

impl TrustedSources {
    /// Parses `trusted_sources`: `any`, or addresses and networks with commas or white space between them.
    pub fn new(list: &str) -> Result<Self, BadParameter> {
        if list.trim() == "any" {
            return Ok(Self::Any);
        }
        let refused = |value: &str| BadParameter::new("trusted_sources", value, ALLOWED);
        let networks: Vec<_> = list
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|entry| !entry.is_empty())
            .map(|entry| Network::new(entry).ok_or_else(|| refused(entry)))
            .collect::<Result<_, _>>()?;
        if networks.is_empty() {
            return Err(refused(list));
        }
        Ok(Self::Networks(networks))
    }

    /// Whether a request from this address is trusted. An unknown address is trusted only if all are.
    #[must_use]
    pub fn is_trusted(&self, source: Option<IpAddr>) -> bool {
        match (self, source) {
            (Self::Any, _) => true,
            (Self::Networks(_), None) => false,
            (Self::Networks(networks), Some(source)) => {
                let source = source.to_canonical();
                networks.iter().any(|network| network.contains(source))
            }
        }
    }
}

impl Network {
    fn new(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = bits(address);
        let prefix = match prefix {
            // Digits alone: no sign.
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => {
                prefix.parse().ok()?
            }
            Some(_) => return None,
            None => bits,
        };
        if prefix > bits {
            return None;
        }
        // A network of IPv4 addresses in IPv6 notation.
        let (address, prefix) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), short @ IpAddr::V4(_)) if prefix >= MAPPED => (short, prefix - MAPPED),
            _ => (address, prefix),
        };
        Some(Self {
            first: masked(address, prefix),
            prefix,
        })
    }

    fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.prefix) == self.first
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with zeros behind the first `prefix` bits.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32)));
            IpAddr::V4((v4.to_bits() & mask.unwrap_or(0)).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128)));
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask.unwrap_or(0)))
        }
    }
}

/// Bits before the IPv4 address in an IPv6 address that stands for it (RFC 4291 section 2.5.5.2).
const MAPPED: u8 = 96;

const ALLOWED: &str =
    "any alone, or addresses and networks such as \"192.0.2.1 198.51.100.0/24 2001:db8::/32\"";

#[cfg(test)]
mod tests {
    use super::TrustedSources;

    #[test]
    fn an_address_is_trusted_if_a_network_of_the_list_has_it() {
        for (list, trusted, others) in [
            (
                "192.0.2.1",
                "192.0.2.1 ::ffff:192.0.2.1",
                "192.0.2.2 ::1 ::c000:201",
            ),
            (
                "198.51.100.7/24,\t2001:db8::/32",
                "198.51.100.0 198.51.100.255 2001:db8:ffff::1",
                "198.51.101.0 198.51.99.255 2001:db9:: ::ffff:198.51.101.0",
            ),
            (
                "0.0.0.0/0",
                "0.0.0.0 255.255.255.255 ::ffff:10.0.0.1",
                "::1 2001:db8::1",
            ),
            ("::/0", "::1 2001:db8::1", "192.0.2.1 ::ffff:192.0.2.1"),
            (
                "::ffff:192.0.2.0/120",
                "192.0.2.9 ::ffff:192.0.2.9",
                "192.0.3.9",
            ),
            (
                "10.0.0.0/9 , 10.128.0.0/9",
                "10.0.0.1 10.255.0.1",
                "11.0.0.0",
            ),
            ("2001:db8::5/128", "2001:db8::5", "2001:db8::4"),
            ("192.0.2.2/31", "192.0.2.2 192.0.2.3", "192.0.2.1 192.0.2.4"),
        ] {
            let sources = TrustedSources::new(list).expect("a list");
            for (addresses, expected) in [(trusted, true), (others, false)] {
                for address in addresses.split(' ') {
                    let address = address.parse().expect("an address");
                    let found = sources.is_trusted(Some(address));
                    assert_eq!(found, expected, "{address} in {list}");
                }
            }
            assert!(!sources.is_trusted(None), "{list}");
        }
        let any = TrustedSources::new(" any ").expect("a list");
        assert!(any.is_trusted(None));
        assert!(any.is_trusted(Some([192, 0, 2, 1].into())));
    }

    #[test]
    fn an_entry_that_is_no_network_is_named() {
        for (list, entry) in [
            ("", ""),
            (" , ", " , "),
            ("Any", "Any"),
            ("192.0.2.1, any", "any"),
            ("192.0.2.1;192.0.2.2", "192.0.2.1;192.0.2.2"),
            ("192.0.2.0/33", "192.0.2.0/33"),
            ("2001:db8::/129", "2001:db8::/129"),
            ("192.0.2.0/", "192.0.2.0/"),
            ("192.0.2.0/+8", "192.0.2.0/+8"),
            ("192.0.2.0/999", "192.0.2.0/999"),
            ("192.0.2.0/24/8", "192.0.2.0/24/8"),
            ("192.0.2", "192.0.2"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("sbc.example.com", "sbc.example.com"),
        ] {
            let line = format!(
                "parameter trusted_sources: \"{entry}\" cannot be used; allowed: {}",
                super::ALLOWED
            );
            let refused = TrustedSources::new(list).map_err(|bad| bad.to_string());
            assert_eq!(refused, Err(line), "{list}");
        }
    }
}
