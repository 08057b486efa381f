// SPDX-License-Identifier: GPL-2.0-or-later
//! Addresses that cannot be connected to: one refuses, the other does not answer.
use std::{
    net::{SocketAddr, TcpStream},
    os::fd::OwnedFd,
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};

use crate::Result;

/// A port that is taken but not listened on: a connection is refused.
#[derive(Debug)]
pub struct Refused {
    _socket: OwnedFd,
    address: SocketAddr,
}

impl Refused {
    /// Binds `address`. For port 0 the kernel chooses.
    pub fn at(address: SocketAddr) -> Result<Self> {
        let (socket, address) = bound(address)?;
        Ok(Self {
            _socket: socket,
            address,
        })
    }

    /// Where a connection is refused.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A listener whose queue is full, so that the kernel drops every further SYN: a black hole that needs no privilege.
#[derive(Debug)]
pub struct BlackHole {
    _socket: OwnedFd,
    address: SocketAddr,
    _plugs: Vec<JoinHandle<Option<TcpStream>>>,
}

impl BlackHole {
    /// Listens at `address`. For port 0 the kernel chooses.
    pub fn at(address: SocketAddr) -> Result<Self> {
        let (socket, address) = bound(address)?;
        listen(&socket, 0)?;
        // A queue of length 0 takes one connection. The one that succeeds is kept; the others give up.
        let plugs = (0..3)
            .map(|_| {
                thread::spawn(move || {
                    TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()
                })
            })
            .collect::<Vec<_>>();
        while !plugs.iter().any(JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self {
            _socket: socket,
            address,
            _plugs: plugs,
        })
    }

    /// Where a connection attempt is lost.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn bound(address: SocketAddr) -> Result<(OwnedFd, SocketAddr)> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let socket = socket(family, SocketType::STREAM, None)?;
    bind(&socket, &address)?;
    let address = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok((socket, address))
}

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, net::Ipv4Addr};

    use super::*;

    fn anywhere() -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    #[test]
    fn a_black_hole_answers_no_syn() {
        let hole = BlackHole::at(anywhere()).expect("a socket");
        let error = TcpStream::connect_timeout(&hole.address(), Duration::from_millis(300))
            .expect_err("no connection");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn a_port_without_a_listener_refuses() {
        let refused = Refused::at(anywhere()).expect("a socket");
        let error = TcpStream::connect(refused.address()).expect_err("no connection");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
}
