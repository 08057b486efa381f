// SPDX-License-Identifier: GPL-2.0-or-later
//! The messages of a load, made from one template. Each call has its own identifiers and number.

use std::net::SocketAddr;

use memchr::memmem::Finder;

/// The callers of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callers {
    /// This many different numbers, in turn.
    Numbers(u32),
    /// Callers who withhold the number: no lookup is needed.
    Withheld,
}

/// INVITE and ACK of one socket. Everything that differs between two calls has a fixed place and width.
#[derive(Debug)]
pub(crate) struct Templates {
    callers: Callers,
    invite: Vec<u8>,
    /// The positions of the call's eight digits in the INVITE.
    ids: Vec<usize>,
    number: Vec<usize>,
    ack_head: Vec<u8>,
    ack_ids: Vec<usize>,
    ack_tail: Vec<u8>,
    tail_ids: Vec<usize>,
    ack_number: Vec<usize>,
    call_id: Finder<'static>,
    to: Finder<'static>,
}

/// The parts of a reply that a load reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    /// The number of the call.
    pub(crate) call: u32,
    /// The status code.
    pub(crate) status: u16,
    /// The line of the To header, for the ACK.
    pub(crate) to: &'a [u8],
}

impl Templates {
    /// Messages from `local` to `server`. `run` makes the identifiers of each run unique.
    pub(crate) fn new(local: SocketAddr, server: SocketAddr, run: u64, callers: Callers) -> Self {
        let via = format!("Via: SIP/2.0/UDP {local};branch=z9hG4bK{run:016x}{ID}");
        let caller = match callers {
            Callers::Numbers(_) => format!("{NUMBER}@carrier.example"),
            Callers::Withheld => "anonymous@anonymous.invalid".to_owned(),
        };
        let from = format!("From: <sip:{caller}>;tag={run:x}{ID}");
        let end = format!("Call-ID: {ID}-{run:x}@bench\r\nCSeq: 1 ");
        let invite = format!(
            "INVITE sip:service@{server} SIP/2.0\r\n{via}\r\nMax-Forwards: 70\r\n{from}\r\nTo: <sip:service@{server}>\r\n\
             {end}INVITE\r\nContact: <sip:bench@{local}>\r\nContent-Length: 0\r\n\r\n"
        );
        let head =
            format!("ACK sip:service@{server} SIP/2.0\r\n{via}\r\nMax-Forwards: 70\r\n{from}\r\n");
        let tail = format!("\r\n{end}ACK\r\nContent-Length: 0\r\n\r\n");
        Self {
            callers,
            ids: places(&invite, ID),
            number: places(&invite, NUMBER),
            ack_ids: places(&head, ID),
            ack_number: places(&head, NUMBER),
            tail_ids: places(&tail, ID),
            invite: invite.into_bytes(),
            ack_head: head.into_bytes(),
            ack_tail: tail.into_bytes(),
            call_id: Finder::new(b"\r\nCall-ID: "),
            to: Finder::new(b"\r\nTo: "),
        }
    }

    /// The INVITE of a call, until the next one is asked for.
    pub(crate) fn invite(&mut self, call: u32) -> &[u8] {
        put(&mut self.invite, &self.ids, &hex(call));
        put(&mut self.invite, &self.number, &self.callers.number(call));
        &self.invite
    }

    /// The ACK of a reply in three parts, until the next one is asked for.
    pub(crate) fn ack<'a>(&'a mut self, reply: &Reply<'a>) -> [&'a [u8]; 3] {
        let (id, number) = (hex(reply.call), self.callers.number(reply.call));
        put(&mut self.ack_head, &self.ack_ids, &id);
        put(&mut self.ack_head, &self.ack_number, &number);
        put(&mut self.ack_tail, &self.tail_ids, &id);
        [&self.ack_head, reply.to, &self.ack_tail]
    }

    /// Reads a reply. `None` if it belongs to no call of this run.
    pub(crate) fn read<'a>(&self, message: &'a [u8]) -> Option<Reply<'a>> {
        let status = std::str::from_utf8(message.strip_prefix(b"SIP/2.0 ")?.get(..3)?).ok()?;
        // The headers of a reply are in the order of the request.
        let to = self.to.find(message)? + 2;
        let to = message.get(to..to + memchr::memchr(b'\r', message.get(to..)?)?)?;
        let id = self.call_id.find(message)? + self.call_id.needle().len();
        let id = std::str::from_utf8(message.get(id..id + ID.len())?).ok()?;
        Some(Reply {
            call: u32::from_str_radix(id, 16).ok()?,
            status: status.parse().ok()?,
            to,
        })
    }
}

impl Callers {
    /// The number of a call. Not used if callers withhold theirs.
    fn number(self, call: u32) -> [u8; 12] {
        match self {
            Self::Numbers(count) => number(call % count.max(1)),
            Self::Withheld => number(0),
        }
    }
}

/// The nth number of the ranges kept for fiction: +1 NXX 555 01XX.
fn number(n: u32) -> [u8; 12] {
    let mut digits = *b"+12005550100";
    let (area, last) = (200 + n / 100 % 800, n % 100);
    for (at, digit) in [
        (2, area / 100),
        (3, area / 10 % 10),
        (4, area % 10),
        (10, last / 10),
        (11, last % 10),
    ] {
        digits[at] = b'0' + u8::try_from(digit % 10).unwrap_or(0);
    }
    digits
}

fn hex(call: u32) -> [u8; 8] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|at| DIGITS[(call >> (28 - 4 * at)) as usize & 15])
}

fn put(message: &mut [u8], places: &[usize], bytes: &[u8]) {
    for place in places {
        message[*place..place + bytes.len()].copy_from_slice(bytes);
    }
}

fn places(text: &str, mark: &str) -> Vec<usize> {
    text.match_indices(mark).map(|(at, _)| at).collect()
}

/// The placeholder of a call's eight digits. It occurs nowhere else in the headers.
const ID: &str = "########";
/// The placeholder of a number.
const NUMBER: &str = "+###########";

#[cfg(test)]
mod tests {
    use super::{Callers, Templates};

    fn templates(callers: Callers) -> Templates {
        let [local, server] = ["127.0.0.1:5070", "127.0.0.1:5060"].map(|text| {
            let address: std::net::SocketAddr = text.parse().expect("an address");
            address
        });
        Templates::new(local, server, 0xbeef, callers)
    }

    #[test]
    fn a_call_has_its_own_identifiers_and_number() {
        let mut templates = templates(Callers::Numbers(200));
        let first = String::from_utf8(templates.invite(0x1f).to_vec()).expect("text");
        assert!(first.contains("Call-ID: 0000001f-beef@bench\r\n"));
        assert!(first.contains("branch=z9hG4bK000000000000beef0000001f\r\n"));
        assert!(first.contains("<sip:+12005550131@carrier.example>;tag=beef0000001f"));
        assert!(!first.contains('#'));
        let second = String::from_utf8(templates.invite(101).to_vec()).expect("text");
        assert!(second.contains("+12015550101"));
    }

    #[test]
    fn who_withholds_a_number_has_none() {
        let request = templates(Callers::Withheld).invite(7).to_vec();
        let request = String::from_utf8(request).expect("text");
        assert!(request.contains("From: <sip:anonymous@anonymous.invalid>;tag=beef00000007"));
        assert!(!request.contains("+1200") && !request.contains('#'));
    }

    #[test]
    fn a_reply_is_matched_and_acknowledged() {
        let mut templates = templates(Callers::Numbers(1));
        let reply = b"SIP/2.0 603 Decline\r\nVia: x\r\nFrom: y\r\nTo: <sip:z>;tag=t\r\nCall-ID: 000000ff-beef@bench\r\n\r\n";
        let read = templates.read(reply).expect("a reply");
        assert_eq!(
            (read.call, read.status, read.to),
            (255, 603, &b"To: <sip:z>;tag=t"[..])
        );
        let ack = String::from_utf8(templates.ack(&read).concat()).expect("text");
        assert!(ack.starts_with("ACK sip:service@127.0.0.1:5060 SIP/2.0\r\n"));
        assert!(
            ack.contains(
                "\r\nTo: <sip:z>;tag=t\r\nCall-ID: 000000ff-beef@bench\r\nCSeq: 1 ACK\r\n"
            )
        );
        assert!(ack.contains("+12005550100") && !ack.contains('#'));
    }

    #[test]
    fn what_is_no_reply_of_ours_is_left() {
        let templates = templates(Callers::Numbers(1));
        for message in [
            &b"OPTIONS sip:x SIP/2.0\r\n\r\n"[..],
            b"SIP/2.0 2",
            b"SIP/2.0 200 OK\r\n\r\n",
            b"",
        ] {
            assert_eq!(templates.read(message), None);
        }
    }
}
