// SPDX-License-Identifier: GPL-2.0-or-later
//! Exchanges over one connection.

use std::sync::{Arc, Mutex, PoisonError};

use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};
use ureq::{Agent, AsSendBody, Error};

use super::MAX_BYTES;
use super::line::Line;
use super::reply::Reply;
use super::trouble::Trouble;
use super::wire::Wire;
use crate::deadline::Deadline;

/// A connection, and the agent of the HTTP library that talks over it and over no other: so a request needs no settings of
/// its own, and nothing in the library is shared among threads.
#[derive(Debug)]
pub(super) struct Session {
    agent: Agent,
    seat: Seat,
    line: Box<Line>,
    /// There was a request before, or time passed since the connection was made.
    rested: bool,
}

/// Where the agent finds its connection, and where the connection is again when another exchange may follow.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat(Arc<Mutex<Option<Box<Line>>>>);

impl Session {
    pub(super) fn new(line: Line) -> Self {
        let seat = Seat::default();
        let http = Agent::config_builder()
            .http_status_as_error(false)
            // A redirection would carry the API key to wherever it points.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MAX_BYTES)
            .max_idle_connections(0)
            // A proxy of the environment is not the operator's choice for this module.
            .proxy(None)
            .build();
        Self {
            agent: Agent::with_parts(http, seat.clone(), NoNames),
            seat,
            line: Box::new(line),
            rested: false,
        }
    }

    /// The same, to be used some time after the connection was made.
    pub(super) fn rested(mut self) -> Self {
        self.rested = true;
        self
    }

    /// Whether the connection is open, and nothing came that nobody asked for.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.line.is_quiet()
    }

    /// Makes one exchange, which is over at `deadline` at the latest. With its outcome comes the session, if another may
    /// follow.
    pub(super) fn exchange(
        self,
        request: Request<impl AsSendBody>,
        deadline: Deadline,
    ) -> (Result<Reply, Trouble>, Option<Self>) {
        let Self {
            agent,
            seat,
            mut line,
            rested,
        } = self;
        line.begin(deadline, rested);
        seat.put(line);
        let reply = agent.run(request).and_then(Reply::read);
        let next = seat.take().map(|line| Self {
            agent,
            seat,
            line,
            rested: true,
        });
        (reply.map_err(|error| Trouble::of(&error)), next)
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.line.port()
    }
}

impl Seat {
    pub(super) fn put(&self, line: Box<Line>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    fn take(&self) -> Option<Box<Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Connector<()> for Seat {
    type Out = Wire;

    fn connect(&self, _: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Wire>, Error> {
        Ok(self.take().map(|line| Wire::new(line, self.clone())))
    }
}

/// The connection is there before the library is asked.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}
