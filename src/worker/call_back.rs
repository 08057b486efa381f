// SPDX-License-Identifier: GPL-2.0-or-later
//! Emergency calls that other servers know of through Redis.
//!
//! Redis is asked only about a call that would be blocked or redirected: no other call waits for it.

use std::time::Instant;

use super::{Asked, Begun, Known, PendingLookup, Worker};
use crate::answer::Answer;
use crate::call_id::CallId;
use crate::call_record::CallRecord;
use crate::counters::Counters;
use crate::decision::Decision;
use crate::number::Number;
use crate::policy::{Call, LookupOutcome, Policy, Settled};
use crate::question::IdempotencyKey;

impl Worker<'_> {
    /// Remembers who made an emergency call. [`Worker::tell_others`] has yet to tell other servers.
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

    /// Tells other servers who made emergency calls. If Redis does not answer, they do not know.
    pub(crate) fn tell_others(&mut self, started: Instant, counters: &mut Counters) {
        let window = &self.engine.emergency_window;
        if window.has_told_all() {
            return;
        }
        let deadline = self.deadline(started);
        let (Some(redis), Some(keys)) = (&mut self.redis, &self.all.base().caller_keys) else {
            return;
        };
        for (number, left) in window.take_untold(self.engine.clock.at(Instant::now())) {
            let stored = redis.store_caller(keys.key(&number, ""), left, deadline);
            counters.redis_fail |= stored.is_err();
        }
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
        if decision.keeps_away()
            && self.is_known_to_others(policy.called_number(call), started, counters)
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
        let to = policy.called_number(call);
        let asks = decision.keeps_away() && to.is_some() && self.shares_callers();
        let Some(caller) = asks.then(|| policy.caller(call)).flatten() else {
            return Begun::Decided(*decision, counters);
        };
        let answer = Answer {
            treatment: decision.treatment,
            reply: decision.reply,
            reason: decision.reason,
            advice: decision.advice,
        };
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
            called: to,
            key: IdempotencyKey::new(call.call_id, call.from_tag, &caller.number),
            known: Known::Settled(Settled {
                answer,
                source: decision.source,
                shows_number: decision.number.is_some(),
            }),
            counters,
        })
    }

    /// The outcome of a lookup, or that the call is a call back.
    #[must_use]
    pub(crate) fn outcome(
        &mut self,
        lookup: &PendingLookup,
        outcome: &LookupOutcome,
        started: Instant,
        counters: &mut Counters,
    ) -> LookupOutcome {
        let decision = Policy::new(&self.current.config).resume(
            &lookup.asked.caller,
            lookup.asked.record,
            *outcome,
        );
        if decision.keeps_away() && self.is_known_to_others(lookup.called, started, counters) {
            LookupOutcome::CalledBack
        } else {
            *outcome
        }
    }

    fn is_known_to_others(
        &mut self,
        called: Option<Number>,
        started: Instant,
        counters: &mut Counters,
    ) -> bool {
        if !self.shares_callers() {
            return false;
        }
        let deadline = self.deadline(started);
        let (Some(called), Some(redis), Some(keys)) =
            (called, &mut self.redis, &self.all.base().caller_keys)
        else {
            return false;
        };
        let found = redis.has_caller(keys.key(&called, ""), deadline);
        counters.redis_fail |= found.is_err();
        found == Ok(true)
    }

    fn shares_callers(&self) -> bool {
        self.redis.is_some()
            && self.engine.emergency_window.is_on()
            && self.all.base().caller_keys.is_some()
    }
}
