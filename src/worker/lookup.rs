// SPDX-License-Identifier: GPL-2.0-or-later
//! From a question to an answer: cache, Redis, another call's request, the API.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::{Generation, Worker};
use crate::answer::Answer;
use crate::cache::{Found, Key};
use crate::clock::Moment;
use crate::counters::Counters;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::identity::Caller;
use crate::in_flight::{Role, Waited};
use crate::policy::LookupOutcome;
use crate::question::Question;

impl Worker<'_> {
    /// The result that is available without a wait. Otherwise, an answer whose TTL is over, if there is one.
    pub(super) fn at_once(
        &self,
        caller: &Caller,
        started: Instant,
        counters: &mut Counters,
    ) -> ControlFlow<LookupOutcome, Option<Answer>> {
        let Generation { config, keys, .. } = &*self.current;
        if config.api_key.value().is_err() {
            return ControlFlow::Break(LookupOutcome::Failed(Failure::NoKey));
        }
        let now = self.engine.clock.at(started);
        let key = keys.key(&caller.number, caller.verstat_class());
        let mut stale = None;
        if config.cache.is_on() {
            match self.engine.cache.find(&key, now) {
                Found::Fresh(answer) => return ControlFlow::Break(LookupOutcome::Known(answer)),
                Found::Stale(answer) => stale = Some(answer),
                Found::Miss => {}
            }
            counters.cache_miss = true;
        }
        if let Some(failure) = self.failed_before(&key, now, counters) {
            return ControlFlow::Break(LookupOutcome::late(failure, stale));
        }
        let passable = self.admission().passable(&config.limits, now);
        match passable {
            // Redis may have the answer although the API cannot be asked.
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
        self.has_followed = false;
        // Without a key no request can be made, and none was made before.
        if self.current.config.api_key.value().is_err() {
            return LookupOutcome::Failed(Failure::NoKey);
        }
        let caller = &question.caller;
        let key = self
            .current
            .keys
            .key(&caller.number, caller.verstat_class());
        let now = self.engine.clock.at(started);
        if !self.current.config.cache.is_on() {
            return match self.failed_before(&key, now, counters) {
                Some(failure) => LookupOutcome::Failed(failure),
                None => LookupOutcome::of(self.ask(question, key, started, counters)),
            };
        }
        let stale = match self.engine.cache.find(&key, now) {
            Found::Fresh(answer) => return LookupOutcome::Known(answer),
            Found::Stale(answer) => Some(answer),
            Found::Miss => None,
        };
        counters.cache_miss = true;
        if let Some(failure) = self.failed_before(&key, now, counters) {
            return LookupOutcome::late(failure, stale);
        }
        match self.share(question, key, started, counters) {
            LookupOutcome::Failed(failure) => LookupOutcome::late(failure, stale),
            outcome => outcome,
        }
    }

    /// How a lookup of the same number failed a few seconds ago.
    fn failed_before(&self, key: &Key, now: Moment, counters: &mut Counters) -> Option<Failure> {
        let failure = self.engine.failed.find(&self.request_key(*key), now)?;
        counters.failed_before = true;
        Some(failure)
    }

    /// Asks, or waits for the request of another call about the same number.
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
        let requested = self.request_key(key);
        let now = engine.clock.at(now);
        let leader = match engine.in_flight.join(requested, until, now) {
            Role::Alone => return self.ask_and_keep(question, key, started, counters),
            Role::Lead(leader) => leader,
            Role::Follow(flight) => {
                self.has_followed = true;
                match flight.wait(self.deadline(started), |now| engine.clock.at(now)) {
                    Waited::YourTurn(leader) => {
                        let least = self.current.config.timeout.least();
                        let left = self.deadline(started).left(Instant::now());
                        if left.is_none_or(|left| left < least) {
                            leader.finish(Some(Failure::TimeoutResponse));
                            return LookupOutcome::Failed(Failure::TimeoutResponse);
                        }
                        leader
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
                            // The answer was one that is not stored.
                            _ => {
                                return LookupOutcome::of(
                                    self.ask(question, key, started, counters),
                                );
                            }
                        }
                    }
                }
            }
        };
        // An earlier leader may have finished since the search in the cache.
        if let Found::Fresh(answer) = engine.cache.find(&key, engine.clock.at(Instant::now())) {
            leader.finish(None);
            counters.coalesced = true;
            return LookupOutcome::Known(answer);
        }
        let outcome = self.ask_and_keep(question, key, started, counters);
        leader.finish(outcome.failure());
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
        let outcome = self.ask(question, key, started, counters);
        if let Ok(answer) = &outcome
            && self
                .engine
                .cache
                .store(&key, answer, ttl, self.engine.clock.at(Instant::now()))
            && let Some(redis) = &mut self.redis
        {
            let stored = redis.store(key, answer, ttl, deadline);
            counters.redis_fail |= self.is_failure(&stored);
        }
        LookupOutcome::of(outcome)
    }

    /// The answer in Redis, and its remaining TTL.
    fn in_redis(
        &mut self,
        key: Key,
        deadline: Deadline,
        counters: &mut Counters,
    ) -> Option<(Answer, Duration)> {
        let found = self.redis.as_mut()?.find(key, deadline);
        counters.redis_fail = self.is_failure(&found);
        let answer = found.ok().flatten();
        counters.redis_hit = answer.is_some();
        answer
    }
}
