// SPDX-License-Identifier: GPL-2.0-or-later
//! One connection to the API, plain or TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::Instant;

use rustls::ClientConnection;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

use super::MAX_BYTES;
use super::trouble::Trouble;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::ffi::poll::{self, Interest};

/// A connection whose every wait ends at a deadline.
#[derive(Debug)]
pub(super) struct Wire {
    socket: Socket,
    tls: Option<Box<ClientConnection>>,
    buffers: LazyBuffers,
    /// The request so far. It leaves in one piece when the answer is awaited.
    unsent: Vec<u8>,
    /// The connection was idle before this exchange.
    idle_before: bool,
    /// The answer has begun.
    answered: bool,
}

/// A non-blocking socket that waits until a deadline.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    deadline: Deadline,
}

impl Wire {
    /// Takes a connected, non-blocking stream.
    pub(super) fn plain(stream: TcpStream, deadline: Deadline) -> Self {
        Self {
            socket: Socket { stream, deadline },
            tls: None,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            unsent: Vec::new(),
            idle_before: false,
            answered: false,
        }
    }

    /// Makes the TLS handshake of a plain connection.
    pub(super) fn secure(mut self, mut tls: ClientConnection) -> Result<Self, Failure> {
        while tls.is_handshaking() {
            if let Err(error) = tls.complete_io(&mut self.socket) {
                return Err(if error.kind() == io::ErrorKind::TimedOut {
                    Failure::TimeoutTls
                } else {
                    Failure::Tls
                });
            }
        }
        self.tls = Some(Box::new(tls));
        Ok(self)
    }

    /// The connection itself, before TLS.
    pub(super) fn socket(&mut self) -> &mut (impl Read + Write) {
        &mut self.socket
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            None => self.socket.write_all(&self.unsent)?,
            Some(tls) => {
                tls.writer().write_all(&self.unsent)?;
                while tls.wants_write() {
                    tls.write_tls(&mut self.socket)?;
                }
            }
        }
        self.unsent.clear();
        Ok(())
    }

    fn fill(&mut self) -> io::Result<usize> {
        let input = self.buffers.input_append_buf();
        // Little by little: what is buffered unread counts as one head, and must not be more than that.
        let room = input.len().min(READ_BYTES);
        let input = input.get_mut(..room).unwrap_or_default();
        let Some(tls) = &mut self.tls else {
            return self.socket.read(input);
        };
        loop {
            match tls.reader().read(input) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An end without close_notify is an end like any other: HTTP has its own framing.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                outcome => return outcome,
            }
            tls.read_tls(&mut self.socket)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// What an I/O error means to the one exchange that this connection is used for.
    fn explain(&self, error: io::Error, reason: Timeout) -> Error {
        match error.kind() {
            io::ErrorKind::TimedOut => Error::Timeout(reason),
            _ if self.idle_before && !self.answered => Trouble {
                failure: Failure::Reset,
                stale: true,
            }
            .into(),
            _ => Error::Io(error),
        }
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.unsent.extend_from_slice(output);
        self.answered = false;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.socket.deadline = Deadline::after(Instant::now(), *timeout.after);
        if !self.unsent.is_empty() {
            self.flush()
                .map_err(|error| self.explain(error, timeout.reason))?;
        }
        let amount = self
            .fill()
            .map_err(|error| self.explain(error, timeout.reason))?;
        if amount == 0 && self.idle_before && !self.answered {
            return Err(Trouble {
                failure: Failure::Reset,
                stale: true,
            }
            .into());
        }
        self.answered = true;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Looks, without waiting, whether the server closed the connection or sent what nobody asked for.
    fn is_open(&mut self) -> bool {
        self.idle_before = true;
        let mut byte = [0];
        loop {
            let quiet = match &mut self.tls {
                None => {
                    matches!(self.socket.stream.read(&mut byte), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
                }
                Some(tls) => match tls.read_tls(&mut self.socket.stream) {
                    // Session tickets come when the server likes.
                    Ok(1..) => match tls.process_new_packets() {
                        Ok(state)
                            if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() =>
                        {
                            continue;
                        }
                        _ => false,
                    },
                    Ok(_) => false,
                    Err(error) => error.kind() == io::ErrorKind::WouldBlock,
                },
            };
            return quiet;
        }
    }

    fn is_tls(&self) -> bool {
        self.tls.is_some()
    }
}

impl Socket {
    fn wait(&self, interest: Interest) -> io::Result<()> {
        let left = self
            .deadline
            .left(Instant::now())
            .ok_or(io::ErrorKind::TimedOut)?;
        poll::wait([self.stream.as_fd()], interest, left).map(drop)
    }

    fn retry<T>(
        &self,
        interest: Interest,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            // Also when the peer never lets us wait: whoever drips or floods must not outlast the deadline.
            if self.deadline.is_over(Instant::now()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait(interest)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.retry(Interest::Read, || (&self.stream).read(buf))
    }
}

impl Write for Socket {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.retry(Interest::Write, || (&self.stream).write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// More than a head may have: a full buffer could not be told from the end of the stream.
const INPUT_BYTES: usize = MAX_BYTES + 4 * 1024;

const READ_BYTES: usize = 16 * 1024;

/// A request, its headers included, is below 1 KiB.
const OUTPUT_BYTES: usize = 4 * 1024;
