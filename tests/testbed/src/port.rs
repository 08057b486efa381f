// SPDX-License-Identifier: GPL-2.0-or-later
//! Ports for servers that are other programs. No other program can take a port between its choice and the bind.
//!
//! A port that was free a moment ago may be given to another socket by the kernel: an outgoing connection, a peer that binds port 0,
//! another trial. Two rules exclude that:
//!
//! * The kernel chooses from `net.ipv4.ip_local_port_range` only. A [`Port`] is never in there.
//! * Trials of this and other runs agree through the name of an abstract Unix socket, which exists once per network namespace,
//!   as the port does. The kernel frees the name when its owner ends, however it ends.
//!
//! A peer in this process needs no [`Port`]: it binds port 0 and keeps the socket.
use std::{
    fs,
    hash::{BuildHasher, RandomState},
    io::ErrorKind,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr as Name, UnixListener},
    },
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::Result;

/// The first port that is considered: below are those of well-known services.
const FIRST: u16 = 10_000;

/// Fewer ports than this outside the kernel's range are a mistake of the machine's settings.
const ENOUGH: usize = 1_000;

/// Where the kernel's range is.
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// A reserved port for UDP and TCP, bound or not. A server may be started on it several times.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    _claim: UnixListener,
}

impl Port {
    /// A free port at `ip`.
    pub fn reserve(ip: IpAddr) -> Result<Self> {
        static NEXT: OnceLock<AtomicUsize> = OnceLock::new();
        // Each run starts at another port and continues upwards, so a port is not reused soon after its release.
        let next = NEXT.get_or_init(|| AtomicUsize::new(usize::from(random())));
        let candidates = outside(&fs::read_to_string(RANGE)?)?;
        for _ in 0..candidates.len() {
            let number = candidates[next.fetch_add(1, Ordering::Relaxed) % candidates.len()];
            if let Some(port) = Self::claim(SocketAddr::new(ip, number))? {
                return Ok(port);
            }
        }
        Err("every port outside the kernel's range is taken".into())
    }

    /// `None` if another trial has it.
    fn claim(address: SocketAddr) -> Result<Option<Self>> {
        let name = Name::from_abstract_name(format!("numbers_online-port-{}", address.port()))?;
        let claim = match UnixListener::bind_addr(&name) {
            Ok(claim) => claim,
            Err(taken) if taken.kind() == ErrorKind::AddrInUse => return Ok(None),
            Err(trouble) => return Err(trouble.into()),
        };
        // A service of this machine, which does not use the names, may have it.
        let is_free = UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok();
        Ok(is_free.then_some(Self {
            address,
            _claim: claim,
        }))
    }

    /// Where a server is to listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The ports that the kernel never chooses, from the text of its range.
fn outside(range: &str) -> Result<Vec<u16>> {
    let ends: Vec<u16> = range
        .split_whitespace()
        .filter_map(|end| end.parse().ok())
        .collect();
    let [low, high] = ends[..] else {
        return Err(format!("{RANGE} holds no range: {range:?}").into());
    };
    let ports: Vec<u16> = (FIRST..=u16::MAX)
        .filter(|port| !(low..=high).contains(port))
        .collect();
    if ports.len() < ENOUGH {
        return Err(format!(
            "net.ipv4.ip_local_port_range is {low} to {high}: the tests need {ENOUGH} ports of {FIRST} to {} outside it",
            u16::MAX
        )
        .into());
    }
    Ok(ports)
}

fn random() -> u16 {
    // The upper bits do not matter.
    let [low, high, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    u16::from_ne_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, net::Ipv4Addr};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_reserved_port_is_not_reserved_again() {
        let ports: Vec<Port> = (0..200)
            .map(|_| Port::reserve(HERE).expect("a port"))
            .collect();
        let numbers: HashSet<u16> = ports.iter().map(|port| port.address().port()).collect();
        assert_eq!(numbers.len(), ports.len());
        for port in &ports {
            let again = Port::claim(port.address()).expect("a name");
            assert!(again.is_none(), "{port:?} is claimed twice");
        }
    }

    #[test]
    fn the_kernel_never_chooses_a_reserved_port() {
        let range = fs::read_to_string(RANGE).expect("a range");
        let outside = outside(&range).expect("ports");
        for _ in 0..200 {
            let chosen = TcpListener::bind((HERE, 0)).expect("a port of the kernel's choice");
            let number = chosen.local_addr().expect("its address").port();
            assert!(!outside.contains(&number), "{number}");
        }
    }

    #[test]
    fn a_port_that_a_stranger_has_is_passed_over_and_one_given_back_is_free() {
        let port = Port::reserve(HERE).expect("a port");
        let address = port.address();
        drop(port);
        let stranger = UdpSocket::bind(address).expect("the port");
        assert!(Port::claim(address).expect("a name").is_none());
        drop(stranger);
        assert!(Port::claim(address).expect("a name").is_some());
    }

    #[test]
    fn only_ports_outside_the_range_are_used_and_too_few_are_an_error() {
        let usual = outside("32768\t60999\n").expect("ports");
        assert_eq!(usual.first(), Some(&FIRST));
        assert!(!usual.contains(&32768) && !usual.contains(&60999));
        assert!(usual.contains(&32767) && usual.contains(&61000));
        let error = outside("1024 65535").expect_err("no port is left");
        assert!(error.to_string().contains("1024 to 65535"), "{error}");
        assert!(outside("").is_err());
    }
}
