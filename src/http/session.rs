// SPDX-License-Identifier: GPL-2.0-or-later
//! Requests and responses over one connection.

use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, NextTimeout};
use ureq::{Agent, AsSendBody, Error};

use super::MAX_BYTES;
use super::connection::Connection;
use super::connection_slot::ConnectionSlot;
use super::error::HttpError;
use super::reply::Reply;
use super::transport::ExchangeTransport;
use crate::deadline::Deadline;

/// A connection, and an agent of the HTTP library that uses only this connection. So a request needs no settings of its own, and
/// threads share nothing in the library.
#[derive(Debug)]
pub(super) struct Session {
    agent: Agent,
    slot: ConnectionSlot,
    connection: Box<Connection>,
    /// There was a request before, or time passed since the connection was made.
    was_idle: bool,
}

impl Session {
    pub(super) fn new(connection: Connection) -> Self {
        let slot = ConnectionSlot::default();
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
            agent: Agent::with_parts(http, slot.clone(), NoNames),
            slot,
            connection: Box::new(connection),
            was_idle: false,
        }
    }

    /// As `new`, for a connection that will be used later.
    pub(super) fn idle(mut self) -> Self {
        self.was_idle = true;
        self
    }

    /// Whether the connection is open and the server sent nothing unrequested.
    pub(super) fn is_quiet(&mut self) -> bool {
        self.connection.is_quiet()
    }

    /// Makes one exchange, which ends by `deadline`. Returns its outcome, and the session if another exchange may follow.
    pub(super) fn exchange(
        self,
        request: Request<impl AsSendBody>,
        deadline: Deadline,
    ) -> (Result<Reply, HttpError>, Option<Self>) {
        let Self {
            agent,
            slot,
            mut connection,
            was_idle,
        } = self;
        connection.begin(deadline, was_idle);
        slot.put(connection);
        let reply = agent.run(request).and_then(Reply::read);
        let next = slot.take().map(|connection| Self {
            agent,
            slot,
            connection,
            was_idle: true,
        });
        (reply.map_err(|error| HttpError::of(&error)), next)
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.connection.port()
    }
}

impl Connector<()> for ConnectionSlot {
    type Out = ExchangeTransport;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<ExchangeTransport>, Error> {
        Ok(self
            .take()
            .map(|connection| ExchangeTransport::new(connection, self.clone())))
    }
}

/// Passes the existing connection to the library.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
    }
}
