// SPDX-License-Identifier: GPL-2.0-or-later
//! Emergency calls that other servers know of through Redis.
//!
//! Redis is asked only about a call that would be blocked or redirected. An emergency call tells it in the synchronous form. No other call
//! waits for it.

use std::time::Instant;

use super::{Asked, Begun, Known, PendingLookup, Worker};
use crate::answer::Answer;
use crate::call_id::CallId;
use crate::call_record::CallRecord;
use crate::counters::Counters;
use crate::decision::Decision;
use crate::identity::{Caller, NumberFrom};
use crate::number::Number;
use crate::policy::{Call, LookupOutcome, Policy, Settled, Shows};
use crate::question::IdempotencyKey;

impl Worker<'_> {
    /// Remembers who made an emergency call. True if other servers are to know: [`Worker::tell_others`] tells them.
    pub(super) fn remember_caller(
        &self,
        policy: &Policy<'_>,
        call: &Call<'_>,
        decision: &Decision,
        started: Instant,
    ) -> bool {
        let Some(number) = policy.emergency_caller(call, decision) else {
            return false;
        };
        let now = self.engine.clock.at(started);
        let window = &self.engine.emergency_window;
        let is_news = window.remember(&number, call.source, now) && self.shares_callers();
        if is_news {
            window.put(&number, now);
        }
        is_news
    }

    /// Tells other servers who made emergency calls. If Redis does not answer, they do not know.
    pub(crate) fn tell_others(&mut self, started: Instant, counters: &mut Counters) {
        let window = &self.engine.emergency_window;
        if window.has_told_all() {
            return;
        }
        // A thread without lookups has not seen the last reload yet, which may have changed the keys.
        self.catch_up();
        let untold = window.take_untold(self.engine.clock.at(Instant::now()));
        let deadline = self.deadline(started);
        let (Some(redis), Some(keys)) = (&mut self.redis, &self.all.base().caller_keys) else {
            return;
        };
        if untold.is_empty() {
            return;
        }
        let untold = untold.iter();
        let callers = untold.map(|(number, left)| (keys.key(number, ""), *left));
        counters.redis_fail |= redis.store_callers(callers, deadline).is_err();
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
        let called = decision
            .keeps_away()
            .then(|| policy.called_number(call))
            .flatten();
        if let Some(called) = called
            && self.are_known_to_others(&[called], started, counters) == [true]
        {
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
        let asks = decision.keeps_away() && self.shares_callers();
        let Some(to) = asks.then(|| policy.called_number(call)).flatten() else {
            return Begun::Decided(*decision, counters);
        };
        let answer = Answer {
            treatment: decision.treatment,
            reply: decision.reply,
            reason: decision.reason,
            advice: decision.advice,
        };
        let shows = match (decision.number, decision.number_from) {
            (Some(_), _) => Shows::Number,
            (None, Some(_)) => Shows::Origin,
            (None, None) => Shows::Nothing,
        };
        // Nothing is asked about a caller without a number, and nothing shown. The other number only takes the place.
        let caller = policy.caller(call).unwrap_or(Caller {
            number: to,
            from: NumberFrom::Script,
            verification: decision.verification,
            understands_608: decision.understands_608,
        });
        Begun::Ask(PendingLookup {
            asked: Asked {
                profile: self.current.profile,
                caller,
                record: CallRecord {
                    enforced: true,
                    call_id: CallId::new(call.call_id),
                },
                called: policy.called_user(call),
            },
            timeout: self.current.config.timeout,
            called: Some(to),
            key: IdempotencyKey::new(call.call_id, call.from_tag, &caller.number),
            known: Known::Settled(Settled {
                answer,
                source: decision.source,
                shows,
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
        let keeps_away = |call: &&PendingLookup| {
            let policy = Policy::new(&self.all.get(call.asked.profile).config);
            let decision = policy.resume(&call.asked.caller, call.asked.record, *outcome);
            decision.keeps_away()
        };
        let (places, called): (Vec<_>, Vec<_>) = calls
            .iter()
            .enumerate()
            .filter(|(_, call)| keeps_away(call))
            .filter_map(|(place, call)| Some((place, call.called?)))
            .unzip();
        let called_back = self.are_known_to_others(&called, started, counters);
        for (place, _) in places.iter().zip(called_back).filter(|(_, is)| *is) {
            if let Some(outcome) = outcomes.get_mut(*place) {
                *outcome = LookupOutcome::CalledBack;
            }
        }
        outcomes
    }

    /// Whether each of these numbers called an emergency number. Empty if nobody knows.
    fn are_known_to_others(
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
        let found = redis.have_called(keys, deadline);
        counters.redis_fail |= found.is_err();
        found.unwrap_or_default()
    }

    fn shares_callers(&self) -> bool {
        self.redis.is_some()
            && self.engine.emergency_window.is_on()
            && self.all.base().caller_keys.is_some()
    }
}
