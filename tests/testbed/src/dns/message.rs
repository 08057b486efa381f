// SPDX-License-Identifier: GPL-2.0-or-later
//! DNS messages (RFC 1035) with records A and AAAA.
use std::{fmt, net::IpAddr};

use super::{Manner, Zone};

const A: u16 = 1;
const AAAA: u16 = 28;

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    id: u16,
    kind: u16,
    name: String,
    /// The question section, to be repeated in the answer.
    question: Vec<u8>,
}

impl Query {
    /// Reads a query with one question.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let (header, rest) = message.split_at_checked(12)?;
        let mut name = Vec::new();
        let mut at = 0;
        loop {
            let length = usize::from(*rest.get(at)?);
            at += 1;
            if length == 0 {
                break;
            }
            let label = rest.get(at..at + length)?;
            name.push(String::from_utf8_lossy(label).to_lowercase());
            at += length;
        }
        let question = rest.get(..at + 4)?;
        let kind = u16::from_be_bytes([question[at], question[at + 1]]);
        let id = u16::from_be_bytes([header[0], header[1]]);
        Some(Self {
            id,
            kind,
            name: name.join("."),
            question: question.to_vec(),
        })
    }

    /// Whether it is for an A record.
    pub(super) fn is_a(&self) -> bool {
        self.kind == A
    }

    /// The answer in the manner of the zone.
    pub(super) fn answer(&self, zone: &Zone) -> Vec<u8> {
        let code: u16 = match zone.manner {
            Manner::Garbage => return b"no DNS message at all".to_vec(),
            Manner::NxDomain => 3,
            Manner::ServFail => 2,
            Manner::Refuse => 5,
            _ => 0,
        };
        let flood = matches!(zone.manner, Manner::Flood(_));
        let id = if flood || zone.manner == Manner::WrongId {
            self.id ^ 1
        } else {
            self.id
        };
        let truncated = zone.manner == Manner::Truncated;
        let flags = if truncated { 0x8380 } else { 0x8180 };
        let records: Vec<Vec<u8>> = zone
            .addresses
            .iter()
            .filter_map(|address| self.record(*address, zone.ttl))
            .collect();
        let records = match code {
            // The maximal length of a datagram.
            0 if flood => records.into_iter().cycle().take(85).collect(),
            0 if !truncated => records,
            _ => Vec::new(),
        };
        let count = u16::try_from(records.len()).unwrap_or(u16::MAX);
        let mut message = Vec::new();
        // QR, RD and RA are set, and TC if the answer is cut.
        for word in [id, flags | code, 1, count, 0, 0] {
            message.extend(word.to_be_bytes());
        }
        message.extend(&self.question);
        message.extend(records.concat());
        message
    }

    fn record(&self, address: IpAddr, ttl: u32) -> Option<Vec<u8>> {
        let data = match address {
            IpAddr::V4(address) if self.kind == A => address.octets().to_vec(),
            IpAddr::V6(address) if self.kind == AAAA => address.octets().to_vec(),
            _ => return None,
        };
        // The name is a pointer to the question's.
        let mut record = vec![0xc0, 12];
        record.extend(self.kind.to_be_bytes());
        record.extend(1_u16.to_be_bytes());
        record.extend(ttl.to_be_bytes());
        record.extend(u16::try_from(data.len()).unwrap_or_default().to_be_bytes());
        record.extend(data);
        Some(record)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            A => write!(f, "A {}", self.name),
            AAAA => write!(f, "AAAA {}", self.name),
            other => write!(f, "TYPE{other} {}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn query() -> Query {
        let mut message = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        message.extend(b"\x03API\x04test\x00\x00\x01\x00\x01");
        Query::parse(&message).expect("a query")
    }

    #[test]
    fn a_query_has_an_id_a_type_and_a_name() {
        assert_eq!(
            (query().id, query().to_string().as_str()),
            (0xabcd, "A api.test")
        );
    }

    #[test]
    fn only_addresses_of_the_asked_family_are_given() {
        let zone = Zone::of(&[Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
        let answer = query().answer(&zone);
        assert_eq!(&answer[6..8], &[0, 1]);
        assert_eq!(&answer[answer.len() - 4..], &[127, 0, 0, 1]);
    }

    #[test]
    fn a_failure_has_a_code_and_no_records() {
        let zone = Zone::of(&[Ipv4Addr::LOCALHOST.into()]).with(Manner::NxDomain);
        let answer = query().answer(&zone);
        assert_eq!((answer[3] & 15, &answer[6..8]), (3, &[0, 0][..]));
    }

    #[test]
    fn a_cut_message_is_no_query() {
        assert_eq!(
            Query::parse(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09api"),
            None
        );
    }
}
