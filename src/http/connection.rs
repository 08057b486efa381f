// SPDX-License-Identifier: GPL-2.0-or-later
//! One connection to the API, plain or TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::ClientConnection;
use ureq::unversioned::transport::{Buffers, LazyBuffers};

use super::MAX_BYTES;
use super::error::HttpError;
use super::socket::Socket;
use super::tls;
use super::tls::client_certificate;
use crate::cause::Cause;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// A connection. Exchanges use it one at a time.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    tls: Option<Box<ClientConnection>>,
    buffers: LazyBuffers,
    /// The request so far. It is sent in one piece when the answer is read.
    unsent: Vec<u8>,
    /// The connection was idle before this exchange.
    was_idle: bool,
    /// The answer has begun.
    answered: bool,
    /// The server asked for a certificate and got none.
    client_certificate_wanted: bool,
}

impl Connection {
    /// Takes a connected stream.
    pub(super) fn plain(stream: TcpStream, deadline: Deadline) -> io::Result<Self> {
        Ok(Self {
            socket: Socket::new(stream, deadline)?,
            tls: None,
            buffers: LazyBuffers::new(INPUT_BYTES, OUTPUT_BYTES),
            unsent: Vec::new(),
            was_idle: false,
            answered: false,
            client_certificate_wanted: false,
        })
    }

    /// Makes the TLS handshake of a plain connection.
    pub(super) fn secure(mut self, mut tls: ClientConnection) -> Result<Self, HttpError> {
        client_certificate::was_wanted();
        while tls.is_handshaking() {
            // Each read and write of the socket checks the deadline.
            if let Err(error) = tls.complete_io(&mut self.socket) {
                return Err(handshake_failure(&error, client_certificate::was_wanted()));
            }
        }
        self.client_certificate_wanted = client_certificate::was_wanted();
        self.tls = Some(Box::new(tls));
        Ok(self)
    }

    /// Why the connection ended before the first byte of the answer, if the server gave a reason.
    pub(super) fn cause(&self, error: Option<&io::Error>) -> Option<Cause> {
        if self.client_certificate_wanted && !self.answered {
            // With TLS 1.3 the server says so only after the handshake, and then often resets the connection.
            return Some(Cause::ClientCertificateWanted);
        }
        match error.and_then(tls::cause) {
            Some(Cause::HandshakeRefused) => Some(Cause::TlsAlert),
            cause => cause,
        }
    }

    /// The connection itself, before TLS.
    pub(super) fn socket(&mut self) -> &mut (impl Read + Write) {
        &mut self.socket
    }

    /// The buffers for requests and answers.
    pub(super) fn buffers(&mut self) -> &mut LazyBuffers {
        &mut self.buffers
    }

    pub(super) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Begins an exchange that ends at `deadline`.
    pub(super) fn begin(&mut self, deadline: Deadline, was_idle: bool) {
        self.socket.set_deadline(deadline);
        self.was_idle = was_idle;
        self.answered = false;
    }

    /// Whether the deadline has passed.
    pub(super) fn is_late(&self) -> bool {
        self.socket.left().is_err()
    }

    /// Whether the connection may have ended while the request was on its way, so that a new one may succeed.
    pub(super) fn may_be_stale(&self) -> bool {
        self.was_idle && !self.answered
    }

    /// Takes the first `amount` bytes of the output as the next part of the request.
    pub(super) fn queue(&mut self, amount: usize) {
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.unsent.extend_from_slice(output);
    }

    /// Sends what is queued, and waits for more of the answer. Returns the number of bytes; 0 is the end of the stream.
    pub(super) fn send_and_receive(&mut self) -> io::Result<usize> {
        if !self.unsent.is_empty() {
            self.send()?;
        }
        let amount = self.receive()?;
        self.buffers.input_appended(amount);
        self.answered |= amount > 0;
        Ok(amount)
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.socket.port()
    }

    fn send(&mut self) -> io::Result<()> {
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

    fn receive(&mut self) -> io::Result<usize> {
        let input = self.buffers.input_append_buf();
        // Read in small steps: unread bytes in the buffer count as one head and must not exceed its limit.
        let room = input.len().min(READ_BYTES);
        let input = input.get_mut(..room).unwrap_or_default();
        let Some(tls) = &mut self.tls else {
            return self.socket.read(input);
        };
        loop {
            match tls.reader().read(input) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An end without close_notify is accepted: HTTP has its own framing.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                outcome => return outcome,
            }
            tls.read_tls(&mut self.socket)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Checks, without waiting, whether the connection is open and the server sent nothing unrequested.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut non_blocking = self.socket.non_blocking();
        let Some(tls) = &mut self.tls else {
            return matches!(non_blocking.read(&mut [0]), Err(error) if is_empty(&error));
        };
        // Session tickets may come at any time, but only a few.
        for _ in 0..MOST_QUIET_READS {
            match tls.read_tls(&mut non_blocking) {
                Ok(1..) => match tls.process_new_packets() {
                    Ok(state)
                        if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
                    _ => return false,
                },
                Ok(_) => return false,
                Err(error) => return is_empty(&error),
            }
        }
        false
    }
}

fn handshake_failure(error: &io::Error, client_certificate_wanted: bool) -> HttpError {
    match error.kind() {
        io::ErrorKind::TimedOut => Failure::TimeoutTls.into(),
        _ if client_certificate_wanted && tls::cause(error) == Some(Cause::HandshakeRefused) => {
            HttpError::new(Failure::Tls).because(Cause::ClientCertificateWanted)
        }
        _ => HttpError::of_socket(error, Failure::Tls)
            .or_because(tls::cause(error))
            .or_because(Some(Cause::ClosedInHandshake)),
    }
}

fn is_empty(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// More than the limit of a head: a full buffer would look like the end of the stream.
const INPUT_BYTES: usize = MAX_BYTES + 4 * 1024;

const READ_BYTES: usize = 16 * 1024;

/// How many reads of an idle TLS connection may bring session tickets. A server that sends more is not idle.
const MOST_QUIET_READS: usize = 8;

/// A request, its headers included, is below 1 KiB.
const OUTPUT_BYTES: usize = 4 * 1024;
