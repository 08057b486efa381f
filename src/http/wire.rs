// SPDX-License-Identifier: GPL-2.0-or-later
//! What the HTTP library sees of a connection.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::Error;
use ureq::http::Uri;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport};

use super::idle::Idle;
use super::line::Line;
use super::trouble::Trouble;
use crate::deadline::Deadline;
use crate::failure::Failure;

/// A connection for one exchange. If another may follow, it goes to those that wait; else it ends with this value.
#[derive(Debug)]
pub(super) struct Wire {
    /// `None` from when the exchange is over.
    line: Option<Line>,
    /// Stands in for the line's buffers then.
    none: LazyBuffers,
    uri: Uri,
    idle: Arc<Idle>,
    /// The connection has been idle.
    rested: bool,
    /// The answer has begun.
    answered: bool,
}

impl Wire {
    /// An exchange with `uri` over a connection that is new.
    pub(super) fn fresh(line: Line, uri: Uri, idle: Arc<Idle>) -> Self {
        Self {
            line: Some(line),
            none: LazyBuffers::new(1, 1),
            uri,
            idle,
            rested: false,
            answered: false,
        }
    }

    /// An exchange with `uri` over a connection that has been idle.
    pub(super) fn rested(line: Line, uri: Uri, idle: Arc<Idle>) -> Self {
        Self {
            rested: true,
            ..Self::fresh(line, uri, idle)
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

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let line = self.line.as_mut().ok_or(Error::ConnectionFailed)?;
        let deadline = Deadline::after(Instant::now(), *timeout.after);
        match line.converse(deadline) {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::Timeout(timeout.reason))
            }
            Ok(0) | Err(_) if self.rested && !self.answered => Err(Trouble {
                failure: Failure::Reset,
                stale: true,
            }
            .into()),
            Err(error) => Err(Error::Io(error)),
            Ok(amount) => {
                self.answered = true;
                Ok(amount > 0)
            }
        }
    }

    /// Asked when an exchange went well. The library's own pool would take what has been idle the longest, and look at it
    /// under its lock; so the connection goes to ours, and to the library it is over.
    fn is_open(&mut self) -> bool {
        if let Some(line) = self.line.take() {
            self.idle.put(line, self.uri.clone());
        }
        false
    }

    fn is_tls(&self) -> bool {
        self.line.as_ref().is_some_and(Line::is_tls)
    }
}
