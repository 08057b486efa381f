// SPDX-License-Identifier: GPL-2.0-or-later
//! One request to the API.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ureq::AsSendBody;
use ureq::http::Request;

use super::connector::Connector;
use super::error::HttpError;
use super::idle::Idle;
use super::reply::Reply;
use super::request::{Credentials, Target, budget};
use super::session::Session;
use super::timings::{Phase, Timings};
use crate::admission::Endpoint;
use crate::cause::Cause;
use crate::config::{ApiUrl, Config};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::ballast::{BALLAST, Ballast};
use crate::os::process::InWorker;
use crate::question::Question;

/// The HTTP client of one process, which all its threads may share. It keeps its connections to the API.
#[derive(Debug)]
pub struct Client {
    connector: Arc<Connector>,
    urls: (ApiUrl, Option<ApiUrl>),
    primary: Host,
    backup: Option<Host>,
}

/// One of the API's hosts, and the idle connections to it.
#[derive(Debug)]
struct Host {
    target: Target,
    idle: Idle,
}

/// The result of one question to the API.
#[derive(Debug)]
pub struct Exchange {
    /// The response, or the failure.
    pub reply: Result<Reply, Failure>,
    /// Why it failed, if more is known than the failure says.
    pub cause: Option<Cause>,
    /// The request was made once more.
    pub retried: bool,
}

/// The result of a probe.
#[derive(Debug)]
pub struct Probe {
    /// The HTTP status of the health endpoint, or the failure.
    pub outcome: Result<u16, Failure>,
    /// Why it failed, if more is known than the failure says.
    pub cause: Option<Cause>,
    /// The time of the server's clock.
    pub date: Option<SystemTime>,
    /// The phases that were reached, in their order.
    pub phases: Vec<(Phase, Duration)>,
}

impl Client {
    /// A client without a connection. It keeps up to `idle` idle connections for each host: one for each thread that may ask at
    /// the same time. Only the process that will use it may make it. A client that [`Client::connects_for`] the same configuration
    /// lends its TLS settings and the addresses that it knows.
    pub fn new(_: &InWorker, config: &Config, idle: usize, similar: Option<&Self>) -> Self {
        let host = |url| Host {
            target: Target::new(url),
            idle: Idle::new(idle),
        };
        let connector = similar.map(|client| Arc::clone(&client.connector));
        Self {
            connector: connector.unwrap_or_else(|| {
                let connector = Connector::new(config.roots.clone(), config.http_proxy.clone());
                Arc::new(connector)
            }),
            urls: (config.api_url.clone(), config.api_url_backup.clone()),
            primary: host(&config.api_url),
            backup: config.api_url_backup.as_ref().map(host),
        }
    }

    /// Whether it asks as this configuration wants: its connections can serve it.
    #[must_use]
    pub fn is_for(&self, config: &Config) -> bool {
        let (primary, backup) = &self.urls;
        *primary == config.api_url && *backup == config.api_url_backup && self.connects_for(config)
    }

    /// Whether it connects as this configuration wants: with these certificates, and through this proxy.
    #[must_use]
    pub fn connects_for(&self, config: &Config) -> bool {
        self.connector
            .is_for(&config.roots, config.http_proxy.as_ref())
    }

    /// Connects before the first request.
    pub fn warm(&self, deadline: Deadline) -> Result<(), Failure> {
        let session = ballast()
            .and_then(|_ballast| self.connect(&self.primary, deadline, &mut Timings::started()))
            .map_err(|error| error.failure)?;
        self.primary.idle.put_unused(session);
        Ok(())
    }

    /// Deletes what is known about host names and addresses. Connections stay.
    pub fn forget_names(&self) {
        self.connector.forget_names();
    }

    /// The URL that is asked first.
    #[must_use]
    pub fn url(&self) -> String {
        self.primary.target.uri.to_string()
    }

    /// Makes a new connection and requests the API's health, which needs no key.
    #[must_use]
    pub fn probe(&self, deadline: Deadline) -> Probe {
        let mut timings = Timings::started();
        let outcome = ballast().and_then(|_ballast| {
            let session = self.connect(&self.primary, deadline, &mut timings)?;
            let request = self.primary.target.health();
            self.primary.exchange(session, request, deadline)
        });
        if outcome.is_ok() {
            timings.end(Phase::Response);
        }
        Probe {
            cause: outcome.as_ref().err().and_then(|error| error.cause),
            date: outcome.as_ref().ok().and_then(|reply| reply.date),
            outcome: outcome
                .map(|reply| reply.status)
                .map_err(|error| error.failure),
            phases: timings.phases(),
        }
    }

    /// Requests the health of an endpoint, which needs no key, before `deadline`.
    #[must_use]
    pub fn health(&self, endpoint: Endpoint, deadline: Deadline) -> Exchange {
        let host = self.host(endpoint);
        self.fetch(host, || host.target.health(), deadline)
    }

    /// Requests the public key of the first endpoint, which needs no API key, before `deadline`.
    #[must_use]
    pub fn public_key(&self, deadline: Deadline) -> Exchange {
        let host = &self.primary;
        self.fetch(host, || host.target.public_key(), deadline)
    }

    /// Makes a request that may be repeated without harm.
    fn fetch(
        &self,
        host: &Host,
        request: impl Fn() -> Request<()>,
        deadline: Deadline,
    ) -> Exchange {
        let ask = |session: Session| host.exchange(session, request(), deadline);
        let anew = || ask(self.connect(host, deadline, &mut Timings::started())?);
        let reply = ballast().and_then(|_ballast| match host.idle.take().map(ask) {
            None => anew(),
            Some(Err(error)) if error.stale => {
                host.idle.clear();
                anew()
            }
            Some(reply) => reply,
        });
        Exchange {
            cause: reply.as_ref().err().and_then(|error| error.cause),
            reply: reply.map_err(|error| error.failure),
            retried: false,
        }
    }

    /// Closes the idle connections to an endpoint.
    pub fn close_idle(&self, endpoint: Endpoint) {
        self.host(endpoint).idle.clear();
    }

    fn host(&self, endpoint: Endpoint) -> &Host {
        self.backup
            .as_ref()
            .filter(|_| endpoint == Endpoint::Backup)
            .unwrap_or(&self.primary)
    }

    /// Asks. Everything, from the name of the host to the last byte of the answer, happens before `deadline`. A request
    /// whose idle connection ended before the first byte of the answer is made once more; nothing else is.
    pub fn ask(
        &self,
        endpoint: Endpoint,
        question: &Question<'_>,
        credentials: Credentials<'_>,
        budget_ms: u16,
        deadline: Deadline,
    ) -> Exchange {
        let host = self.host(endpoint);
        let once = || self.once(host, question, credentials, budget_ms, deadline);
        let first = once();
        let retried = first.as_ref().is_err_and(|error| error.stale);
        let last = if retried {
            // Other connections that were idle as long have probably ended too.
            host.idle.clear();
            once()
        } else {
            first
        };
        Exchange {
            cause: last.as_ref().err().and_then(|error| error.cause),
            reply: last.map_err(|error| error.failure),
            retried,
        }
    }

    fn once(
        &self,
        host: &Host,
        question: &Question<'_>,
        credentials: Credentials<'_>,
        budget_ms: u16,
        deadline: Deadline,
    ) -> Result<Reply, HttpError> {
        let left = deadline.left(Instant::now());
        let left = left.ok_or(HttpError::new(Failure::TimeoutResponse))?;
        let _ballast = ballast()?;
        let session = match host.idle.take() {
            Some(session) => session,
            None => self.connect(host, deadline, &mut Timings::started())?,
        };
        let body = question.body();
        let request = host
            .target
            .request(question, &body, credentials, budget(budget_ms, left))
            .map_err(HttpError::new)?;
        host.exchange(session, request, deadline)
    }

    fn connect(
        &self,
        host: &Host,
        deadline: Deadline,
        timings: &mut Timings,
    ) -> Result<Session, HttpError> {
        let connection = self
            .connector
            .connect(&host.target.uri, deadline, timings)?;
        Ok(Session::new(connection))
    }
}

/// Memory for an exchange. In the middle of it a lack of memory would end the process.
fn ballast() -> Result<Ballast, HttpError> {
    BALLAST
        .take()
        .ok_or(HttpError::new(Failure::Shed).because(Cause::NoMemory))
}

impl Host {
    /// Makes one exchange, and keeps the connection if another may follow.
    fn exchange(
        &self,
        session: Session,
        request: Request<impl AsSendBody>,
        deadline: Deadline,
    ) -> Result<Reply, HttpError> {
        let (reply, session) = session.exchange(request, deadline);
        if let Some(seconds) = reply.as_ref().ok().and_then(|reply| reply.keep_alive) {
            self.idle.note(seconds);
        }
        if let Some(session) = session {
            self.idle.put(session);
        }
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::Client;

    #[test]
    fn threads_may_share_a_client() {
        fn shareable<T: Send + Sync>() {}
        shareable::<Client>();
    }
}
