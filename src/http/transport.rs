// SPDX-License-Identifier: GPL-2.0-or-later
//! What the HTTP library sees of a connection.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::connection::Connection;
use super::connection_slot::ConnectionSlot;
use super::error::HttpError;
use crate::failure::Failure;

/// A connection for one exchange. It goes back to its slot if another may follow, and else ends with this value.
#[derive(Debug)]
pub(super) struct ExchangeTransport {
    /// `None` from when the exchange is over.
    connection: Option<Box<Connection>>,
    /// Stands in for the connection's buffers then.
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
        connection.hold_back(amount);
        Ok(())
    }

    /// Looks at the clock also while there is unread input: a server may fill it with what is no answer.
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
        match connection.converse() {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::Timeout(timeout.reason))
            }
            Ok(0) | Err(_) if connection.may_be_stale() => Err(HttpError {
                failure: Failure::Reset,
                stale: true,
            }
            .into()),
            Err(error) => Err(Error::Io(error)),
            Ok(amount) => Ok(amount > 0),
        }
    }

    /// Asked when the exchange went well. The library's own pool would take what has been idle the longest, and look at it
    /// under its lock; so the connection goes to its slot, and to the library it is over.
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
