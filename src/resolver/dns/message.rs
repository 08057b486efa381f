// SPDX-License-Identifier: GPL-2.0-or-later
//! DNS messages.

use std::net::IpAddr;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, RCODE, TYPE};

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V6,
    V4,
}

/// A question as it was sent.
#[derive(Debug)]
pub(super) struct Question {
    id: u16,
    name: String,
    pub(super) bytes: Vec<u8>,
}

/// A server's reply to one question.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) lifetime: Duration,
    answer: bool,
    /// The answer does not fit into a datagram (TC).
    pub(super) truncated: bool,
}

/// Builds the question for one family; `None` if the name cannot stand in a DNS message.
pub(super) fn question(name: &str, family: Family) -> Option<Question> {
    let mut id = [0; 2];
    SystemRandom::new().fill(&mut id).ok()?;
    let id = u16::from_be_bytes(id);
    let wanted = QTYPE::TYPE(match family {
        Family::V6 => TYPE::AAAA,
        Family::V4 => TYPE::A,
    });
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let question = simple_dns::Question::new(
        Name::new(name).ok()?,
        wanted,
        QCLASS::CLASS(CLASS::IN),
        false,
    );
    packet.questions.push(question);
    Some(Question {
        id,
        name: name.trim_end_matches('.').to_ascii_lowercase(),
        bytes: packet.build_bytes_vec().ok()?,
    })
}

/// Reads a message. `None` if it is not an answer to `question`.
pub(super) fn reply(message: &[u8], question: &Question) -> Option<Reply> {
    // Checked first, because it is cheap: a forger may send many.
    let id = question.id.to_be_bytes();
    if message.get(..2) != Some(&id) || message.get(2).is_none_or(|flags| flags & QR == 0) {
        return None;
    }
    let packet = Packet::parse(message).ok()?;
    let asked = packet.questions.first()?;
    let same = asked.qname.to_string().to_ascii_lowercase() == question.name;
    if packet.id() != question.id || !packet.has_flags(PacketFlag::RESPONSE) || !same {
        return None;
    }
    let mut reply = Reply {
        addresses: Vec::new(),
        lifetime: Duration::MAX,
        answer: matches!(packet.rcode(), RCODE::NoError | RCODE::NameError),
        truncated: packet.has_flags(PacketFlag::TRUNCATION),
    };
    for record in packet
        .answers
        .iter()
        .filter(|_| packet.rcode() == RCODE::NoError)
    {
        let address = match &record.rdata {
            RData::A(v4) => IpAddr::V4(v4.address.into()),
            RData::AAAA(v6) => IpAddr::V6(v6.address.into()),
            _ => continue,
        };
        reply.addresses.push(address);
        reply.lifetime = reply.lifetime.min(Duration::from_secs(record.ttl.into()));
    }
    Some(reply)
}

impl Family {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::V6, Self::V4];

    /// Whether the address is of this family.
    pub(crate) fn has(self, address: &IpAddr) -> bool {
        address.is_ipv6() == (self == Self::V6)
    }
}

impl Reply {
    pub(super) fn has_addresses(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// The rank of a reply: a failure, a truncated answer, a complete answer.
    pub(super) fn rank(&self) -> u8 {
        match (self.answer, self.truncated) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => 2,
        }
    }

    /// Whether the reply is about the name, and not an error of the server itself.
    pub(super) fn is_answer(&self) -> bool {
        self.answer
    }
}

/// The bit of the third byte that is set in an answer.
const QR: u8 = 0x80;

/// Room for a datagram. Without EDNS a server sends 512 bytes at the most.
pub(super) const MAX_BYTES: usize = 1500;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use simple_dns::rdata::{A, RData};
    use simple_dns::{CLASS, Name, Packet, ResourceRecord};

    use super::{Family, question, reply};

    fn answer(to: &[u8], change: impl FnOnce(&mut Packet<'_>)) -> Vec<u8> {
        let mut packet = Packet::parse(to).expect("our question").into_reply();
        for (last, ttl) in [(1, 300), (2, 60)] {
            let address = RData::A(A::from(std::net::Ipv4Addr::new(192, 0, 2, last)));
            packet.answers.push(ResourceRecord::new(
                Name::new_unchecked("api.example"),
                CLASS::IN,
                ttl,
                address,
            ));
        }
        change(&mut packet);
        packet.build_bytes_vec().expect("a packet")
    }

    #[test]
    fn an_answer_holds_as_long_as_its_shortest_record() {
        let question = question("API.example", Family::V4).expect("a name");
        let found = reply(&answer(&question.bytes, |_| {}), &question).expect("an answer");
        assert_eq!(found.lifetime, Duration::from_secs(60));
        assert_eq!(found.addresses.len(), 2);
        assert!(found.is_answer());
    }

    #[test]
    fn what_was_not_asked_for_is_no_answer() {
        let mine = question("api.example", Family::V4).expect("a name");
        assert!(
            reply(
                &answer(&mine.bytes, |packet| packet.set_id(mine.id.wrapping_add(1))),
                &mine
            )
            .is_none()
        );
        assert!(reply(&mine.bytes, &mine).is_none(), "the question itself");
        let other = question("other.example", Family::V4).expect("a name");
        let forged = answer(&other.bytes, |packet| packet.set_id(mine.id));
        assert!(reply(&forged, &mine).is_none());
        assert!(reply(&forged[..forged.len() - 3], &mine).is_none());
        assert!(reply(b"", &mine).is_none());
    }

    #[test]
    fn a_truncated_answer_says_so() {
        let mine = question("api.example", Family::V4).expect("a name");
        let cut = answer(&mine.bytes, |packet| {
            packet.set_flags(simple_dns::PacketFlag::TRUNCATION);
            packet.answers.clear();
        });
        let reply = reply(&cut, &mine).expect("an answer");
        assert!(reply.truncated && !reply.has_addresses() && reply.is_answer());
    }

    #[test]
    fn a_name_that_is_no_name_is_not_asked() {
        assert!(question(&"a".repeat(64), Family::V6).is_none());
    }
}
