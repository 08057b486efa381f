// SPDX-License-Identifier: GPL-2.0-or-later
//! The questions to one name server and its replies: over UDP, and over TCP if a datagram is too small.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use super::tcp::{Progress, TcpQuery};
use super::{Lookup, message};
use crate::os::poll::Interest;

/// The questions that one server was asked.
pub(super) struct Exchange {
    server: SocketAddr,
    /// `None`: the server cannot be reached.
    udp: Option<UdpSocket>,
    /// The same question over TCP, for each that got a truncated answer.
    tcp: [Option<TcpQuery>; 2],
    /// The server has answered everything.
    replied: [bool; 2],
}

/// One socket of an exchange.
#[derive(Clone, Copy, Debug)]
pub(super) enum Transport {
    Udp,
    /// For the question with this index.
    Tcp(usize),
}

impl Exchange {
    /// Sends the questions that are still open.
    pub(super) fn start(server: SocketAddr, lookup: &Lookup) -> io::Result<Self> {
        let any: IpAddr = if server.is_ipv6() {
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        // Port 0: the kernel picks one at random for each lookup, which is what makes forging hard (RFC 5452).
        let udp = UdpSocket::bind((any, 0))?;
        udp.set_nonblocking(true)?;
        udp.connect(server)?;
        for part in lookup.parts.iter().filter(|part| !part.is_answered()) {
            udp.send(&part.question.bytes)?;
        }
        Ok(Self {
            server,
            udp: Some(udp),
            tcp: [None, None],
            replied: [false; 2],
        })
    }

    /// Whether no further reply can come from this server.
    pub(super) fn is_over(&self, lookup: &Lookup) -> bool {
        let open = |(part, replied): (usize, &bool)| {
            let asks = self.tcp.get(part).is_some_and(Option::is_some);
            let waits = self.udp.is_some() && !replied;
            (asks || waits) && !lookup.is_answered(part)
        };
        !self.replied.iter().enumerate().any(open)
    }

    /// The sockets to wait for.
    pub(super) fn sockets(&self) -> impl Iterator<Item = (Transport, (BorrowedFd<'_>, Interest))> {
        let udp = self
            .udp
            .iter()
            .map(|udp| (Transport::Udp, (udp.as_fd(), Interest::Read)));
        let tcp = self.tcp.iter().enumerate().filter_map(|(part, tcp)| {
            let tcp = tcp.as_ref()?;
            Some((Transport::Tcp(part), (tcp.as_fd(), tcp.interest())))
        });
        udp.chain(tcp)
    }

    /// Reads from a socket that is ready. Returns after a bounded amount of work, whatever the server sends.
    pub(super) fn receive(&mut self, transport: Transport, lookup: &mut Lookup) {
        match transport {
            Transport::Udp => self.receive_datagrams(lookup),
            Transport::Tcp(part) => self.receive_stream(part, lookup),
        }
    }

    fn receive_datagrams(&mut self, lookup: &mut Lookup) {
        let mut datagram = [0; message::MAX_BYTES];
        for _ in 0..MOST_DATAGRAMS {
            let Some(udp) = &self.udp else { return };
            match udp.recv(&mut datagram) {
                Ok(length) => self.read(datagram.get(..length).unwrap_or_default(), lookup),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    lookup.note(&error);
                    self.udp = None;
                }
            }
        }
    }

    fn read(&mut self, datagram: &[u8], lookup: &mut Lookup) {
        for part in 0..self.replied.len() {
            let Some(reply) = lookup
                .parts
                .get(part)
                .and_then(|part| message::reply(datagram, &part.question))
            else {
                continue;
            };
            let truncated = reply.truncated && reply.is_answer();
            lookup.take(part, reply);
            let first = self
                .replied
                .get_mut(part)
                .is_some_and(|replied| !std::mem::replace(replied, true));
            if truncated && first && !lookup.is_answered(part) {
                self.ask_over_tcp(part, lookup);
            }
        }
    }

    fn ask_over_tcp(&mut self, part: usize, lookup: &mut Lookup) {
        let (Some(asked), Some(slot)) = (lookup.parts.get(part), self.tcp.get_mut(part)) else {
            return;
        };
        match TcpQuery::start(self.server, &asked.question.bytes) {
            Ok(query) => *slot = Some(query),
            // The truncated answer is used as it is.
            Err(error) => lookup.note(&error),
        }
    }

    fn receive_stream(&mut self, part: usize, lookup: &mut Lookup) {
        let Some(slot) = self.tcp.get_mut(part) else {
            return;
        };
        let Some(query) = slot else { return };
        match query.proceed() {
            Ok(Progress::Waiting) => return,
            Ok(Progress::Message(message)) => {
                let asked = lookup.parts.get(part);
                let reply = asked.and_then(|asked| message::reply(message, &asked.question));
                if let Some(mut reply) = reply {
                    // There is no larger transport to go to.
                    reply.truncated = false;
                    lookup.take(part, reply);
                }
            }
            Err(error) => lookup.note(&error),
        }
        *slot = None;
    }
}

/// How many datagrams are read before the clock is checked again. A well-behaved server sends two.
const MOST_DATAGRAMS: usize = 32;

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::super::{Family, Lookup, message};
    use super::{Exchange, MOST_DATAGRAMS, Transport};

    #[test]
    fn a_server_that_sends_without_end_does_not_keep_the_reader() {
        let server = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let questions =
            Family::ALL.map(|family| message::question("api.nol.test", family).expect("a name"));
        let mut lookup = Lookup::new(questions, |_| true);
        let address = server.local_addr().expect("bound");
        let mut exchange = Exchange::start(address, &lookup).expect("asked");
        let (_, client) = server.recv_from(&mut [0; 512]).expect("a question");
        for _ in 0..2 * MOST_DATAGRAMS {
            server.send_to(b"nonsense", client).expect("sent");
        }
        exchange.receive(Transport::Udp, &mut lookup);
        let udp = exchange.udp.as_ref().expect("still open");
        udp.set_nonblocking(false).expect("a socket");
        udp.set_read_timeout(Some(Duration::from_millis(100)))
            .expect("a socket");
        let mut left = 0;
        while udp.recv(&mut [0; 512]).is_ok() {
            left += 1;
        }
        assert_eq!(left, MOST_DATAGRAMS);
    }
}
