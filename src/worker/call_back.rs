// SPDX-License-Identifier: GPL-2.0-or-later
//! Emergency calls that other servers know of through Redis.
//!
//! Redis is asked only about a call that would be blocked or redirected. An emergency call tells it in the synchronous form, a lookup
//! thread in the asynchronous one, after a call. No other call waits for it.

use std::mem;
use std::time::Instant;

use super::{Asked, Begun, Known, PendingLookup, Worker};
use crate::answer::Answer;
use crate::call_id::CallId;
use crate::call_record::CallRecord;
use crate::counters::Counters;
use crate::decision::Decision;
use crate::identity::{Caller, NumberFrom, from_tag};
use crate::log::Level;
use crate::number::Number;
use crate::policy::{Call, Disclosure, LookupOutcome, Policy, Settled};
use crate::question::IdempotencyKey;
use crate::redis::{self, Unavailable};

impl Worker<'_> {
    /// Remembers who made an emergency call. [`Worker::publish_callers`] tells other servers.
    pub(super) fn remember_caller(
        &self,
        policy: &Policy<'_>,
        call: &Call<'_>,
        decision: &Decision,
        started: Instant,
    ) {
        let Some(number) = policy.emergency_caller(call, decision) else {
            return;
        };
        let now = self.engine.clock.at(started);
        let window = &self.engine.emergency_window;
        if window.remember(&number, call.source, now) && self.shares_callers() {
            window.put(&number, now);
        }
    }

    /// Tells other servers who made emergency calls. If Redis does not answer, they are told later.
    pub(crate) fn publish_callers(&mut self, started: Instant) {
        let window = &self.engine.emergency_window;
        let now = self.engine.clock.at(Instant::now());
        if !window.has_pending(now) {
            return;
        }
        // A thread without lookups has not seen the last reload yet, which may have changed the keys.
        self.catch_up();
        let pending = window.take_pending(now);
        let deadline = self.deadline(started);
        let (Some(redis), Some(keys)) = (&mut self.redis, &self.all.base().caller_keys) else {
            return;
        };
        if pending.is_empty() {
            return;
        }
        let callers = pending.iter();
        let callers =
            callers.map(|(number, called)| (keys.key(number, ""), window.left(*called, now)));
        let told = redis.store_callers(callers, deadline);
        if self.is_failure(&told) {
            window.requeue(&pending, now.after(redis::SHORT_PAUSE));
            self.publish_failed = true;
        }
    }

    /// Whether Redis failed. If it did, the operator is told.
    pub(super) fn is_failure<T>(&self, outcome: &Result<T, Unavailable>) -> bool {
        let now = self.engine.clock.at(Instant::now());
        let was_asked = !matches!(outcome, Err(Unavailable::NotAsked));
        let times = was_asked.then(|| self.engine.redis.note(outcome.is_ok(), now));
        if let Some(times) = times.flatten() {
            let line = format!(
                "Redis of cache_redis does not answer in time ({times} times since the last such line): answers and emergency callers are \
                 not shared meanwhile"
            );
            self.log.line(Level::Warning, &line);
        }
        outcome.is_err()
    }

    /// Adds to the statistics of a call that other servers could not be told of callers.
    pub(super) fn count_publishing(&mut self, counters: &mut Counters) {
        counters.redis_fail |= mem::take(&mut self.publish_failed);
    }

    /// The decision, or that about a call back.
    pub(super) fn unless_called_back(
        &mut self,
        policy: &Policy<'_>,
        call: &Call<'_>,
        decision: &Decision,
        started: Instant,
        counters: &mut Counters,
    ) -> Decision {
        if !decision.keeps_away() || !self.shares_callers() {
            return *decision;
        }
        let called = [policy.called_number(call), policy.dialled_number(call)];
        let called: Vec<_> = called.into_iter().flatten().collect();
        let made_emergency_calls = self.made_emergency_calls(&called, started, counters);
        if made_emergency_calls.contains(&true) {
            policy.call_back().by(self.current.profile)
        } else {
            *decision
        }
    }

    /// The decision, if Redis need not be asked about it.
    pub(super) fn settled(
        &self,
        policy: &Policy<'_>,
        call: &Call<'_>,
        decision: &Decision,
        counters: Counters,
    ) -> Begun {
        if !decision.keeps_away() || !self.shares_callers() {
            return Begun::Decided(*decision, counters);
        }
        let (called, dialled) = (policy.called_number(call), policy.dialled_number(call));
        let Some(to) = called.or(dialled) else {
            return Begun::Decided(*decision, counters);
        };
        let answer = Answer {
            treatment: decision.treatment,
            reply: decision.reply,
            reason: decision.reason,
            advice: decision.advice,
        };
        let discloses = match (decision.number, decision.number_from) {
            (Some(_), _) => Disclosure::Number,
            (None, Some(_)) => Disclosure::Source,
            (None, None) => Disclosure::Nothing,
        };
        // Nothing is asked about a caller without a number, and nothing shown. The other number only takes the place.
        let about = policy.caller(call).unwrap_or(Caller {
            number: to,
            from: NumberFrom::Script,
            verification: decision.verification,
            understands_608: decision.understands_608,
        });
        Begun::Ask(PendingLookup {
            asked: Asked {
                profile: self.current.profile,
                caller: about,
                record: CallRecord {
                    enforced: true,
                    call_id: CallId::new(call.call_id),
                },
                called: policy.called_user(call),
            },
            timeout: self.current.config.timeout,
            called,
            dialled,
            key: IdempotencyKey::new(call.call_id, from_tag(call.head), &about.number),
            known: Known::Settled(Settled {
                answer,
                source: decision.source,
                discloses,
            }),
            counters,
        })
    }

    /// The outcome of a lookup for each call that shares it: the same, or that the call is a call back. Redis is asked once.
    #[must_use]
    pub(crate) fn outcomes(
        &mut self,
        calls: &[&PendingLookup],
        outcome: &LookupOutcome,
        started: Instant,
        counters: &mut Counters,
    ) -> Vec<LookupOutcome> {
        let mut outcomes = vec![*outcome; calls.len()];
        self.count_publishing(counters);
        let keeps_away = |call: &&PendingLookup| {
            let policy = Policy::new(&self.all.get(call.asked.profile).config);
            let decision = policy.resume(&call.asked.caller, call.asked.record, *outcome);
            decision.keeps_away()
        };
        let (places, called): (Vec<_>, Vec<_>) = calls
            .iter()
            .enumerate()
            .filter(|(_, call)| keeps_away(call))
            .flat_map(|(place, call)| {
                let numbers = [call.called, call.dialled].into_iter().flatten();
                numbers.map(move |number| (place, number))
            })
            .unzip();
        let made_emergency_calls = self.made_emergency_calls(&called, started, counters);
        for (place, _) in places
            .iter()
            .zip(made_emergency_calls)
            .filter(|(_, made)| *made)
        {
            if let Some(outcome) = outcomes.get_mut(*place) {
                *outcome = LookupOutcome::CalledBack;
            }
        }
        outcomes
    }

    /// Whether each of these numbers called an emergency number, as other servers know. Empty if nobody can tell. This server then
    /// knows too: the next call does not depend on Redis.
    fn made_emergency_calls(
        &mut self,
        called: &[Number],
        started: Instant,
        counters: &mut Counters,
    ) -> Vec<bool> {
        if called.is_empty() || !self.shares_callers() {
            return Vec::new();
        }
        let deadline = self.deadline(started);
        let (Some(redis), Some(keys)) = (&mut self.redis, &self.all.base().caller_keys) else {
            return Vec::new();
        };
        let keys = called.iter().map(|called| keys.key(called, ""));
        let found = redis.emergency_calls(keys, deadline);
        counters.redis_fail |= self.is_failure(&found);
        let found = found.unwrap_or_default();
        let now = self.engine.clock.at(Instant::now());
        for (number, left) in called.iter().zip(&found) {
            if let Some(left) = left {
                self.engine.emergency_window.learn(number, *left, now);
            }
        }
        found.iter().map(Option::is_some).collect()
    }

    fn shares_callers(&self) -> bool {
        self.redis.is_some()
            && self.engine.emergency_window.is_on()
            && self.all.base().caller_keys.is_some()
    }
}
