// SPDX-License-Identifier: GPL-2.0-or-later
//! One question over TCP (RFC 7766), without ever waiting.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, Socket, Type};

use crate::os::poll::Interest;
use crate::os::socket::{self, Wait};

/// A question on its way, or its answer.
pub(super) struct TcpQuery {
    socket: Socket,
    /// What is still to be sent.
    unsent: Vec<u8>,
    /// What has come so far: two bytes of length and the message.
    received: Vec<u8>,
}

/// How far a query has come.
pub(super) enum Progress<'a> {
    /// It waits for the socket.
    Waiting,
    /// The answer is complete.
    Message(&'a [u8]),
}

impl TcpQuery {
    /// Begins to connect.
    pub(super) fn start(server: SocketAddr, question: &[u8]) -> io::Result<Self> {
        let length = u16::try_from(question.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let socket = Socket::new(
            Domain::for_address(server),
            Type::STREAM.nonblocking().cloexec(),
            Some(Protocol::TCP),
        )?;
        match socket.connect(&server.into()) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        Ok(Self {
            socket,
            unsent: [&length.to_be_bytes()[..], question].concat(),
            received: Vec::new(),
        })
    }

    /// What it waits for.
    pub(super) fn interest(&self) -> Interest {
        if self.unsent.is_empty() {
            Interest::Read
        } else {
            Interest::Write
        }
    }

    /// Does what can be done with one system call.
    pub(super) fn proceed(&mut self) -> io::Result<Progress<'_>> {
        let outcome = if self.unsent.is_empty() {
            self.receive()
        } else {
            self.send()
        };
        match outcome {
            Err(error) if !is_passing(&error) => return Err(error),
            _ => {}
        }
        Ok(match self.missing() {
            0 => Progress::Message(self.received.get(LENGTH_BYTES..).unwrap_or_default()),
            _ => Progress::Waiting,
        })
    }

    fn send(&mut self) -> io::Result<()> {
        let sent = socket::send(self.socket.as_fd(), &self.unsent)?;
        self.unsent.drain(..sent);
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        let before = self.received.len();
        self.received.resize(before + self.missing(), 0);
        let room = self.received.get_mut(before..).unwrap_or_default();
        let outcome = socket::receive(self.socket.as_fd(), room, Wait::No);
        let came = *outcome.as_ref().unwrap_or(&0);
        self.received.truncate(before + came);
        match outcome {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            outcome => outcome.map(drop),
        }
    }

    /// How many bytes of the answer are missing, as far as is known: its length comes first.
    fn missing(&self) -> usize {
        let expected = match self.received.first_chunk::<LENGTH_BYTES>() {
            None => LENGTH_BYTES,
            Some(length) => LENGTH_BYTES + usize::from(u16::from_be_bytes(*length)).max(1),
        };
        expected - self.received.len()
    }
}

impl AsFd for TcpQuery {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

const LENGTH_BYTES: usize = 2;
