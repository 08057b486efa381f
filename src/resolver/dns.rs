// SPDX-License-Identifier: GPL-2.0-or-later
//! A stub resolver: one question for each address family to the name servers of `/etc/resolv.conf` (RFC 1035).

mod message;
mod servers;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use self::message::{Family, Reply};
use self::servers::Servers;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::poll::{self, Interest};

/// Addresses, and how long they hold.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) addresses: Vec<IpAddr>,
    pub(super) lifetime: Duration,
}

/// Asks the name servers. A name with fewer dots than `ndots` is tried with the search domains first, as resolv.conf(5)
/// describes.
pub(super) fn look_up(host: &str, deadline: Deadline) -> Result<Found, Failure> {
    let servers = Servers::of_system();
    let mut outcome = Err(Failure::Dns);
    for name in servers.candidates(host) {
        outcome = ask(&name, &servers.addresses, deadline);
        if matches!(outcome, Ok(_) | Err(Failure::TimeoutDns)) {
            break;
        }
    }
    outcome
}

/// One name. The servers are asked one after the other, each a share of the time after the one before, and all stay in the
/// race: a slow one costs little, a dead one nothing but that share.
fn ask(name: &str, servers: &[SocketAddr], deadline: Deadline) -> Result<Found, Failure> {
    let mut families = [(Family::V6, None), (Family::V4, None)];
    let questions = families
        .each_ref()
        .map(|(family, _)| message::question(name, *family));
    let [Some(v6), Some(v4)] = questions else {
        return Err(Failure::Dns);
    };
    let mut waiting = servers.iter().chain(servers);
    let mut sockets: Vec<UdpSocket> = Vec::new();
    let share = share(servers.len(), deadline);
    let mut next = deadline;
    let mut patience = deadline;
    loop {
        let now = Instant::now();
        let complete = families.iter().all(|(_, reply)| reply.is_some());
        if complete || deadline.is_over(now) || patience.is_over(now) {
            return conclude(families);
        }
        if sockets.is_empty() || next.is_over(now) {
            next = deadline.or_after(now, share);
            match waiting.next() {
                Some(server) => sockets.extend(send(*server, [&v6.bytes, &v4.bytes])),
                None if sockets.is_empty() => return Err(Failure::Dns),
                None => next = deadline,
            }
            continue;
        }
        let fds: Vec<_> = sockets.iter().map(AsFd::as_fd).collect();
        let span = next.min(patience).left(now).unwrap_or_default();
        let ready = poll::wait_any(&fds, Interest::Read, span).map_err(|_| Failure::Internal)?;
        let mut ready = ready.into_iter();
        sockets.retain(|socket| {
            !ready.next().unwrap_or(false) || receive(socket, [&v6, &v4], &mut families)
        });
        // With one family answered, the other is not worth a call's whole time.
        if families
            .iter()
            .any(|(_, reply)| reply.as_ref().is_some_and(Reply::has_addresses))
        {
            patience = patience.or_after(Instant::now(), SECOND_FAMILY);
        }
    }
}

fn send(server: SocketAddr, questions: [&[u8]; 2]) -> Option<UdpSocket> {
    let any: IpAddr = if server.is_ipv6() {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    };
    // Port 0: the kernel picks one at random for each lookup, which is what makes forging hard (RFC 5452).
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(server).ok()?;
    for question in questions {
        socket.send(question).ok()?;
    }
    Some(socket)
}

/// Reads what is there. False when the server is unreachable.
fn receive(
    socket: &UdpSocket,
    questions: [&message::Question; 2],
    families: &mut [(Family, Option<Reply>); 2],
) -> bool {
    let mut datagram = [0; message::MAX_BYTES];
    loop {
        match socket.recv(&mut datagram) {
            Ok(length) => {
                let datagram = datagram.get(..length).unwrap_or_default();
                for (question, (_, reply)) in questions.iter().zip(families.iter_mut()) {
                    // A server that failed must not outvote one that answers.
                    let better = |old: &Option<Reply>| !old.as_ref().is_some_and(Reply::is_answer);
                    if let Some(new) = message::reply(datagram, question).filter(|_| better(reply))
                    {
                        *reply = Some(new);
                    }
                }
            }
            Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }
}

fn conclude(families: [(Family, Option<Reply>); 2]) -> Result<Found, Failure> {
    // A family without a reply may well have addresses.
    let heard_all = families.iter().all(|(_, reply)| reply.is_some());
    let mut found = Found {
        addresses: Vec::new(),
        lifetime: Duration::MAX,
    };
    for reply in families
        .into_iter()
        .filter_map(|(_, reply)| reply)
        .filter(Reply::has_addresses)
    {
        found.lifetime = found.lifetime.min(reply.lifetime);
        found.addresses.extend(reply.addresses);
    }
    match (found.addresses.is_empty(), heard_all) {
        (false, _) => Ok(found),
        (true, true) => Err(Failure::Dns),
        (true, false) => Err(Failure::TimeoutDns),
    }
}

fn share(servers: usize, deadline: Deadline) -> Duration {
    let left = deadline.left(Instant::now()).unwrap_or_default();
    let rounds = u32::try_from(servers)
        .unwrap_or(u32::MAX)
        .saturating_mul(2)
        .saturating_add(1);
    (left / rounds).clamp(Duration::from_millis(5), Duration::from_secs(1))
}

/// How long the second address family is waited for once the first is there (RFC 8305 section 3: 50 ms).
const SECOND_FAMILY: Duration = Duration::from_millis(50);
