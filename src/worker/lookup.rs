// SPDX-License-Identifier: GPL-2.0-or-later
//! From a question to an answer: cache, Redis, another call's request, the API.

use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use super::{Generation, Worker};
use crate::answer::{self, Answer};
use crate::cache::{Found, Key};
use crate::counters::Counters;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::http::{Credentials, Reply};
use crate::in_flight::{Role, Waited};
use crate::log::Level;
use crate::number::Number;
use crate::policy::LookupOutcome;
use crate::question::Question;

impl Worker<'_> {
    /// What can be found out without a wait. If more may have to be waited for, an answer that no longer holds.
    pub(super) fn at_once(
        &self,
        number: &Number,
        started: Instant,
        counters: &mut Counters,
    ) -> ControlFlow<LookupOutcome, Option<Answer>> {
        let Generation { config, keys, .. } = &*self.current;
        if config.api_key.value().is_err() {
            return ControlFlow::Break(LookupOutcome::Failed(Failure::NoKey));
        }
        let now = self.engine.clock.at(started);
        let mut stale = None;
        if config.cache.is_on() {
            match self.engine.cache.find(&keys.key(number, ""), now) {
                Found::Fresh(answer) => return ControlFlow::Break(LookupOutcome::Known(answer)),
                Found::Stale(answer) => stale = Some(answer),
                Found::Miss => {}
            }
            counters.cache_miss = true;
        }
        let passable = self.engine.admission.passable(&config.limits, now);
        match passable {
            // Redis may know what the API cannot be asked about.
            Err(failure) if self.redis.is_none() => {
                ControlFlow::Break(LookupOutcome::late(failure, stale))
            }
            _ => ControlFlow::Continue(stale),
        }
    }

    /// Finds an answer, the cheapest way first.
    pub(super) fn find_out(
        &mut self,
        question: &Question<'_>,
        started: Instant,
        counters: &mut Counters,
    ) -> LookupOutcome {
        // Without a key nothing can be asked, and nothing was.
        if self.current.config.api_key.value().is_err() {
            return LookupOutcome::Failed(Failure::NoKey);
        }
        if !self.current.config.cache.is_on() {
            return LookupOutcome::of(self.ask(question, started, counters));
        }
        let key = self.current.keys.key(&question.number, "");
        let stale = match self.engine.cache.find(&key, self.engine.clock.at(started)) {
            Found::Fresh(answer) => return LookupOutcome::Known(answer),
            Found::Stale(answer) => Some(answer),
            Found::Miss => None,
        };
        counters.cache_miss = true;
        match self.share(question, key, started, counters) {
            LookupOutcome::Failed(failure) => LookupOutcome::late(failure, stale),
            outcome => outcome,
        }
    }

    /// Asks, or waits for who asks the same already.
    fn share(
        &mut self,
        question: &Question<'_>,
        key: Key,
        started: Instant,
        counters: &mut Counters,
    ) -> LookupOutcome {
        let engine = self.engine;
        let now = Instant::now();
        let until = engine
            .clock
            .at(started)
            .after(self.current.config.timeout.span());
        let ticket = match engine.in_flight.join(key, until, engine.clock.at(now)) {
            Role::Alone => return self.ask_and_keep(question, key, started, counters),
            Role::Lead(ticket) => ticket,
            Role::Follow(flight) => {
                match flight.wait(self.deadline(started), |now| engine.clock.at(now)) {
                    Waited::YourTurn(ticket) => {
                        let least = self.current.config.timeout.least();
                        let left = self.deadline(started).left(Instant::now());
                        if left.is_none_or(|left| left < least) {
                            ticket.finish(Some(Failure::TimeoutResponse));
                            return LookupOutcome::Failed(Failure::TimeoutResponse);
                        }
                        ticket
                    }
                    Waited::TimedOut => return LookupOutcome::Failed(Failure::TimeoutResponse),
                    Waited::Failed(failure) => {
                        counters.coalesced = true;
                        return LookupOutcome::Failed(failure);
                    }
                    Waited::Answered => {
                        match engine.cache.find(&key, engine.clock.at(Instant::now())) {
                            Found::Fresh(answer) => {
                                counters.coalesced = true;
                                return LookupOutcome::Known(answer);
                            }
                            // The answer was not one to keep.
                            _ => return LookupOutcome::of(self.ask(question, started, counters)),
                        }
                    }
                }
            }
        };
        // Whoever led before may have landed between our look into the cache and now.
        if let Found::Fresh(answer) = engine.cache.find(&key, engine.clock.at(Instant::now())) {
            ticket.finish(None);
            counters.coalesced = true;
            return LookupOutcome::Known(answer);
        }
        let outcome = self.ask_and_keep(question, key, started, counters);
        ticket.finish(outcome.failure());
        outcome
    }

    fn ask_and_keep(
        &mut self,
        question: &Question<'_>,
        key: Key,
        started: Instant,
        counters: &mut Counters,
    ) -> LookupOutcome {
        let deadline = self.deadline(started);
        let ttl = self.current.config.cache.ttl;
        if let Some((answer, left)) = self.in_redis(key, deadline, counters) {
            self.engine.cache.store(
                &key,
                &answer,
                ttl.min(left),
                self.engine.clock.at(Instant::now()),
            );
            return LookupOutcome::Known(answer);
        }
        let outcome = self.ask(question, started, counters);
        if let Ok(answer) = &outcome
            && self
                .engine
                .cache
                .store(&key, answer, ttl, self.engine.clock.at(Instant::now()))
            && let Some(redis) = &mut self.redis
        {
            counters.redis_fail |= redis.store(key, answer, ttl, deadline).is_err();
        }
        LookupOutcome::of(outcome)
    }

    /// The answer that Redis keeps, and how long it still holds.
    fn in_redis(
        &mut self,
        key: Key,
        deadline: Deadline,
        counters: &mut Counters,
    ) -> Option<(Answer, Duration)> {
        let found = self.redis.as_mut()?.find(key, deadline);
        counters.redis_fail = found.is_err();
        let answer = found.ok().flatten();
        counters.redis_hit = answer.is_some();
        answer
    }

    /// Asks the API.
    fn ask(
        &mut self,
        question: &Question<'_>,
        started: Instant,
        counters: &mut Counters,
    ) -> Result<Answer, Failure> {
        let (engine, config) = (self.engine, &self.current.config);
        let admission = &engine.admission;
        let key = config.api_key.value().map_err(|_| Failure::NoKey)?;
        let mut secrets = config.signing_secrets.usable();
        let first = secrets.next();
        if config.signing_secrets.is_on() && first.is_none() {
            return Err(Failure::NoKey);
        }
        let permit = admission.admit(&config.limits, engine.clock.at(Instant::now()))?;
        let signing = permit
            .secret
            .checked_sub(1)
            .and_then(|index| secrets.nth(index))
            .or(first);
        let deadline = self.deadline(started);
        counters.requested = true;
        let exchange = self.current.client.ask(
            permit.endpoint,
            question,
            Credentials { key, signing },
            config.timeout.budget_ms(),
            deadline,
        );
        counters.retried = exchange.retried;
        let reply = exchange.reply;
        if let Some(date) = reply.as_ref().ok().and_then(|reply| reply.date) {
            admission.note_skew(skew(date, SystemTime::now()));
        }
        let signed = signing.is_some();
        let retry_after = reply.as_ref().ok().and_then(wait);
        let now = Instant::now();
        let in_time = |answer| {
            if deadline.is_over(now) {
                Err(Failure::TimeoutResponse)
            } else {
                Ok(answer)
            }
        };
        let answer = reply
            .and_then(|reply| read(&reply, signed))
            .and_then(in_time);
        let outcome = answer.as_ref().map(|_| ()).map_err(|failure| *failure);
        let moment = engine.clock.at(now);
        for change in admission.record(&config.limits, permit, outcome, retry_after, moment) {
            counters.changes |= change.bit();
            self.log.line(change.level(), &change.to_string());
        }
        if let Err(failure) = outcome
            && let Some(times) = admission.may_log(failure, moment)
        {
            self.log_failure(failure, times, now.duration_since(started));
        }
        answer
    }

    fn log_failure(&self, failure: Failure, times: u64, took: Duration) {
        let (failure, took) = (failure.as_str(), took.as_millis());
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

fn read(reply: &Reply, signed: bool) -> Result<Answer, Failure> {
    Answer::new(reply.status, &reply.body).map_err(|failure| match (failure, reply.date) {
        (Failure::Signature, Some(date))
            if signed && skew(date, SystemTime::now()).abs() > SIGNATURE_WINDOW_S =>
        {
            Failure::ClockSkew
        }
        (failure, _) => failure,
    })
}

/// The API's clock less ours, in seconds.
fn skew(theirs: SystemTime, ours: SystemTime) -> i64 {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX >> 1);
    match theirs.duration_since(ours) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}

/// How far a signature's timestamp may be off (operator request signing).
const SIGNATURE_WINDOW_S: i64 = 300;

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::skew;

    #[test]
    fn a_clock_ahead_of_ours_has_a_positive_skew() {
        let now = SystemTime::now();
        let apart = Duration::from_secs(301);
        assert_eq!(
            (
                skew(now + apart, now),
                skew(now, now + apart),
                skew(now, now)
            ),
            (301, -301, 0)
        );
    }
}
