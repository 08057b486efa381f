// SPDX-License-Identifier: GPL-2.0-or-later
//! What one process needs for its lookups.

use std::time::{Duration, Instant, SystemTime};

use crate::answer::{self, Answer};
use crate::deadline::Deadline;
use crate::decision::Decision;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::http::{Client, Credentials, Reply};
use crate::log::{Level, Log};
use crate::policy::{Call, Policy, Step};
use crate::question::Question;

/// Proof that the code runs in the process that will use what it makes: sockets, TLS and random numbers must not exist
/// before fork.
#[derive(Debug)]
pub struct InWorker(());

/// Decides, one call at a time. It belongs to the process that made it.
pub struct Worker<'a> {
    engine: &'a Engine,
    log: &'a dyn Log,
    client: Client,
}

impl InWorker {
    /// Only whoever makes workers may promise this.
    pub(crate) fn promised() -> Self {
        Self(())
    }
}

impl<'a> Worker<'a> {
    /// Makes the worker of this process. Nothing is connected yet.
    pub fn new(
        proof: &InWorker,
        engine: &'a Engine,
        log: &'a dyn Log,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            engine,
            log,
            client: Client::new(proof, &engine.config)?,
        })
    }

    /// Connects ahead of the first call. What goes wrong here will go wrong, and be told, when a call needs it.
    pub fn warm(&self, started: Instant) {
        if self.engine.config.api_key.value().is_ok() {
            let _ = self
                .client
                .warm(Deadline::after(started, self.engine.config.timeout.span()));
        }
    }

    /// Decides about one call, within the configured deadline from `started` on. Whatever fails, the call is allowed.
    #[must_use]
    pub fn decide(&self, call: &Call<'_>, started: Instant) -> Decision {
        let policy = Policy::new(&self.engine.config);
        match policy.begin(call) {
            Step::Answer(decision) => decision,
            Step::Ask(question) => policy.resume(&question, self.ask(&question, started)),
        }
    }

    fn ask(&self, question: &Question, started: Instant) -> Result<Answer, Failure> {
        let Engine {
            config,
            states,
            clock,
        } = self.engine;
        let key = config.api_key.value().map_err(|_| Failure::NoKey)?;
        let permit = states.admit(&config.limits, clock.at(started))?;
        let signing = config
            .signing_secrets
            .nth(permit.secret)
            .transpose()
            .map_err(|_| Failure::NoKey)?;
        let timeout = config.timeout;
        let deadline = Deadline::after(started, timeout.span());
        let credentials = Credentials { key, signing };
        let reply = self.client.ask(
            permit.endpoint,
            question,
            credentials,
            timeout.budget_ms(),
            deadline,
        );
        let retry_after = reply.as_ref().ok().and_then(wait);
        let answer = reply.and_then(|reply| read(&reply));
        let now = Instant::now();
        let answer = answer.and_then(|answer| {
            if deadline.is_over(now) {
                Err(Failure::TimeoutResponse)
            } else {
                Ok(answer)
            }
        });
        let outcome = answer.as_ref().map(|_| ()).map_err(|failure| *failure);
        let moment = clock.at(now);
        for change in states.record(&config.limits, permit, outcome, retry_after, moment) {
            self.log.line(change.level(), &change.to_string());
        }
        if let Some(times) = outcome
            .err()
            .and_then(|failure| states.complain(failure, moment))
        {
            self.complain(&answer, times, now.duration_since(started));
        }
        answer
    }

    fn complain(&self, answer: &Result<Answer, Failure>, times: u64, took: Duration) {
        let failure = answer
            .as_ref()
            .err()
            .map_or("none", |failure| failure.as_str());
        let took = took.as_millis();
        let line = format!(
            "a lookup failed: {failure} after {took} ms; the call is allowed ({times} since the last such line)"
        );
        self.log.line(Level::Warning, &line);
    }
}

/// How long the API wants no more requests: the header's word, or else the body's.
fn wait(reply: &Reply) -> Option<Duration> {
    reply
        .retry_after
        .or_else(|| answer::retry_after(reply.status, &reply.body))
}

fn read(reply: &Reply) -> Result<Answer, Failure> {
    Answer::new(reply.status, &reply.body).map_err(|failure| match failure {
        Failure::Signature
            if reply
                .date
                .is_some_and(|date| is_skewed(date, SystemTime::now())) =>
        {
            Failure::ClockSkew
        }
        failure => failure,
    })
}

/// Whether the API's clock and ours are further apart than a signature's timestamp may be (300 s).
fn is_skewed(theirs: SystemTime, ours: SystemTime) -> bool {
    let apart = ours
        .duration_since(theirs)
        .unwrap_or_else(|error| error.duration());
    apart > Duration::from_secs(300)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::is_skewed;

    #[test]
    fn a_clock_is_skewed_beyond_the_signatures_window() {
        let now = SystemTime::now();
        for (apart, skewed) in [(0, false), (300, false), (301, true)] {
            let apart = Duration::from_secs(apart);
            assert_eq!(is_skewed(now + apart, now), skewed);
            assert_eq!(is_skewed(now, now + apart), skewed);
        }
    }
}
