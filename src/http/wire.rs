// SPDX-License-Identifier: GPL-2.0-or-later
//! What the HTTP library sees of a connection.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::line::Line;
use super::session::Seat;
use super::trouble::Trouble;
use crate::failure::Failure;

/// A connection for one exchange. It goes back to its seat if another may follow, and else ends with this value.
#[derive(Debug)]
pub(super) struct Wire {
    /// `None` from when the exchange is over.
    line: Option<Box<Line>>,
    /// Stands in for the line's buffers then.
    none: LazyBuffers,
    seat: Seat,
}

impl Wire {
    pub(super) fn new(line: Box<Line>, seat: Seat) -> Self {
        Self {
            line: Some(line),
            none: LazyBuffers::new(1, 1),
            seat,
        }
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        match &mut self.line {
            Some(line) => line.buffers(),
            None => &mut self.none,
        }
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        let line = self.line.as_mut().ok_or(Error::ConnectionFailed)?;
        line.hold_back(amount);
        Ok(())
    }

    /// Looks at the clock also while there is unread input: a server may fill it with what is no answer.
    fn maybe_await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let line = self.line.as_mut().ok_or(Error::ConnectionFailed)?;
        match line.buffers().can_use_input() {
            true if line.is_late() => Err(Error::Timeout(timeout.reason)),
            true => Ok(true),
            false => self.await_input(timeout),
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let line = self.line.as_mut().ok_or(Error::ConnectionFailed)?;
        match line.converse() {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::Timeout(timeout.reason))
            }
            Ok(0) | Err(_) if line.may_be_stale() => Err(Trouble {
                failure: Failure::Reset,
                stale: true,
            }
            .into()),
            Err(error) => Err(Error::Io(error)),
            Ok(amount) => Ok(amount > 0),
        }
    }

    /// Asked when the exchange went well. The library's own pool would take what has been idle the longest, and look at it
    /// under its lock; so the connection goes to its seat, and to the library it is over.
    fn is_open(&mut self) -> bool {
        if let Some(line) = self.line.take() {
            self.seat.put(line);
        }
        false
    }

    fn is_tls(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.is_tls())
    }
}
