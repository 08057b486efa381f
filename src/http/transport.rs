// SPDX-License-Identifier: GPL-2.0-or-later
//! A connection, as the HTTP library uses it.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::connection::Connection;
use super::connection_slot::ConnectionSlot;
use super::error::HttpError;
use crate::failure::Failure;
use crate::os::socket;

/// A connection for one exchange. It returns to its slot if another exchange may follow. Otherwise it is closed with this value.
#[derive(Debug)]
pub(super) struct ExchangeTransport {
    /// `None` after the exchange.
    connection: Option<Box<Connection>>,
    /// The buffers after that.
    none: LazyBuffers,
    slot: ConnectionSlot,
}

impl ExchangeTransport {
    pub(super) fn new(connection: Box<Connection>, slot: ConnectionSlot) -> Self {
        Self {
            connection: Some(connection),
            none: LazyBuffers::new(1, 1),
            slot,
        }
    }
}

impl Transport for ExchangeTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        match &mut self.connection {
            Some(connection) => connection.buffers(),
            None => &mut self.none,
        }
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let connection = self.connection.as_mut().ok_or(Error::ConnectionFailed)?;
        connection.queue(amount);
        Ok(())
    }

    /// Checks the clock also while there is unread input: a server may send bytes without end that are no answer.
    fn maybe_await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let connection = self.connection.as_mut().ok_or(Error::ConnectionFailed)?;
        match connection.buffers().can_use_input() {
            true if connection.is_late() => Err(Error::Timeout(timeout.reason)),
            true => Ok(true),
            false => self.await_input(timeout),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let connection = self.connection.as_mut().ok_or(Error::ConnectionFailed)?;
        if connection.buffers().input_append_buf().is_empty() {
            // A line of the chunked encoding that does not end, such as an endless extension. A head that long is refused before.
            return Err(HttpError::new(Failure::Parse).into());
        }
        let outcome = connection.send_and_receive();
        match &outcome {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(Error::Timeout(timeout.reason));
            }
            Ok(1..) => return Ok(true),
            _ => {}
        }
        let reset =
            HttpError::new(Failure::Reset).because(connection.cause(outcome.as_ref().err()));
        match outcome {
            Err(error) if socket::is_shortage(&error) => Err(HttpError::shortage(&error).into()),
            _ if connection.may_be_stale() => Err(HttpError {
                stale: true,
                ..reset
            }
            .into()),
            _ if reset.cause.is_some() => Err(reset.into()),
            Err(error) => Err(Error::Io(error)),
            Ok(_) => Ok(false),
        }
    }

    /// Called after a successful exchange. The library's own pool would reuse the connection that was idle for longest, and check it
    /// under its lock. So the connection returns to its slot, and for the library it is closed.
    fn is_open(&mut self) -> bool {
        if let Some(connection) = self.connection.take() {
            self.slot.put(connection);
        }
        false
    }

    fn is_tls(&self) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|connection| connection.is_tls())
    }
}
