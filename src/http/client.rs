// SPDX-License-Identifier: GPL-2.0-or-later
//! One request to the API.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ureq::config::Config as HttpConfig;
use ureq::http::{HeaderMap, Response, Uri, header};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Body, Error};

use super::MAX_BYTES;
use super::dial::Dial;
use super::headers;
use super::stopwatch::{Phase, Stopwatch};
use super::trouble::Trouble;
use crate::config::{ApiKey, ApiUrl, Config};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::question::Question;
use crate::signing::{SigningSecret, Stamp};
use crate::states::Endpoint;
use crate::worker::InWorker;

/// The HTTP client of one process, which all its threads may share. It keeps its connections to the API.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    dial: Dial,
    primary: Target,
    backup: Option<Target>,
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The API key.
    pub key: &'a ApiKey,
    /// Signs the request.
    pub signing: Option<&'a SigningSecret>,
}

/// One question put to the API.
#[derive(Debug)]
pub struct Exchange {
    /// What came back.
    pub reply: Result<Reply, Failure>,
    /// The request was made once more.
    pub retried: bool,
}

/// What a probe found.
#[derive(Debug)]
pub struct Probe {
    /// The HTTP status of the API's health, or what failed.
    pub outcome: Result<u16, Failure>,
    /// The phases that were reached, in their order.
    pub phases: Vec<(Phase, Duration)>,
}

/// What came back, whole.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// At most 64 KiB.
    pub body: Vec<u8>,
    /// The server's clock.
    pub date: Option<SystemTime>,
    /// How long the API wants no more requests.
    pub retry_after: Option<Duration>,
}

#[derive(Debug)]
struct Target {
    uri: Uri,
    path: String,
    health: Uri,
}

impl Client {
    /// A client that has no connection yet, and keeps up to `idle` of them for each host: as many as threads ask at once.
    /// Only the process that will use it may make it.
    pub fn new(_: &InWorker, config: &Config, idle: usize) -> Self {
        let dial = Dial::new(config.roots.clone(), config.http_proxy.clone(), idle);
        let http = Agent::config_builder()
            .http_status_as_error(false)
            // A redirection would carry the API key to wherever it points.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MAX_BYTES)
            // The connector has its own.
            .max_idle_connections(0)
            // A proxy of the environment is not the operator's choice for this module.
            .proxy(None)
            .accept("application/json")
            .user_agent(concat!("numbers_online/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: Agent::with_parts(http, dial.clone(), NoNames),
            dial,
            primary: Target::new(&config.api_url),
            backup: config.api_url_backup.as_ref().map(Target::new),
        }
    }

    /// Connects ahead of the first request.
    pub fn warm(&self, deadline: Deadline) -> Result<(), Failure> {
        self.dial
            .warm(&self.primary.uri, deadline, &mut Stopwatch::started())
    }

    /// The URL that is asked first.
    #[must_use]
    pub fn url(&self) -> String {
        self.primary.uri.to_string()
    }

    /// Makes a new connection and asks for the API's health, which needs no key.
    #[must_use]
    pub fn probe(&self, deadline: Deadline) -> Probe {
        let mut stopwatch = Stopwatch::started();
        let outcome = self
            .dial
            .warm(&self.primary.uri, deadline, &mut stopwatch)
            .and_then(|()| {
                let left = deadline
                    .left(Instant::now())
                    .ok_or(Failure::TimeoutResponse)?;
                let request = self
                    .agent
                    .get(&self.primary.health)
                    .config()
                    .timeout_global(Some(left))
                    .build();
                let reply = request.call().and_then(|response| self.read(response));
                reply
                    .map(|reply| reply.status)
                    .map_err(|error| Trouble::of(&error).failure)
            });
        if outcome.is_ok() {
            stopwatch.lap(Phase::Response);
        }
        Probe {
            outcome,
            phases: stopwatch.laps(),
        }
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
        let target = self
            .backup
            .as_ref()
            .filter(|_| endpoint == Endpoint::Backup)
            .unwrap_or(&self.primary);
        let once = || self.once(target, question, credentials, budget_ms, deadline);
        let first = once();
        let retried = first.as_ref().is_err_and(|trouble| trouble.stale);
        let last = if retried {
            // Others that waited as long are no better.
            self.dial.idle().clear(&target.uri);
            once()
        } else {
            first
        };
        Exchange {
            reply: last.map_err(|trouble| trouble.failure),
            retried,
        }
    }

    fn once(
        &self,
        target: &Target,
        question: &Question<'_>,
        credentials: Credentials<'_>,
        budget_ms: u16,
        deadline: Deadline,
    ) -> Result<Reply, Trouble> {
        let left = deadline
            .left(Instant::now())
            .ok_or(Trouble::new(Failure::TimeoutResponse))?;
        let body = question.body();
        let mut request = self
            .agent
            .post(&target.uri)
            .config()
            .timeout_global(Some(left))
            .build()
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", credentials.key.expose()),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .header("X-SBC-Budget-Ms", budget(budget_ms, left))
            .header("Idempotency-Key", question.idempotency_key().as_hex());
        if let Some(secret) = credentials.signing {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let stamp = Stamp::new(now.as_secs()).ok_or(Trouble::new(Failure::Internal))?;
            request = request
                .header(
                    "X-Operator-Signature",
                    secret.sign("POST", &target.path, body.as_bytes(), &stamp),
                )
                .header("X-Operator-Timestamp", stamp.timestamp)
                .header("X-Operator-Nonce", stamp.nonce);
        }
        let reply = request.send(&body).and_then(|response| self.read(response));
        reply.map_err(|error| Trouble::of(&error))
    }

    fn read(&self, mut response: Response<Body>) -> Result<Reply, Error> {
        let headers = response.headers();
        if let Some(seconds) = text(headers, "keep-alive").and_then(headers::keep_alive) {
            self.dial.idle().note(seconds);
        }
        let mut reply = Reply {
            status: response.status().as_u16(),
            body: Vec::new(),
            date: text(headers, "date").and_then(headers::date),
            retry_after: text(headers, "retry-after")
                .and_then(|value| headers::retry_after(value, SystemTime::now())),
        };
        // The limit itself is still within it.
        let mut body = response
            .body_mut()
            .with_config()
            .limit(MAX_BYTES as u64 + 1)
            .reader();
        match body.read_to_end(&mut reply.body) {
            // A status other than 200 is the answer; what its body adds is welcome.
            Err(error) if reply.status == 200 => Err(error.into()),
            _ => Ok(reply),
        }
    }
}

impl Target {
    fn new(url: &ApiUrl) -> Self {
        Self {
            uri: url.join(Question::PATH),
            path: url.path(Question::PATH),
            health: url.join("/api/health"),
        }
    }
}

/// What is left for the API: of a deadline that is nearly over, less than the configured budget.
fn budget(configured_ms: u16, left: Duration) -> u16 {
    let left = u16::try_from(left.as_millis()).unwrap_or(u16::MAX);
    configured_ms.min(left - left / 10).max(1)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Names are looked up by [`Dial`], which is asked only when a connection has to be made.
#[derive(Debug)]
struct NoNames;

impl Resolver for NoNames {
    fn resolve(
        &self,
        _: &Uri,
        _: &HttpConfig,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        Ok(self.empty())
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
