// SPDX-License-Identifier: GPL-2.0-or-later
//! The worker of one process: it decides calls.

mod call_back;
mod generation;
mod health;
mod lookup;
mod number_form;
mod operator;
mod pending;
mod public_key;
mod reload;
mod request;
mod sharing;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::admission::Admission;
use crate::cache::Key;
use crate::called::Called;
use crate::config::{Config, ProfileId};
use crate::counters::Counters;
use crate::deadline::Deadline;
use crate::decision::{Decision, Source};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::heap;
use crate::os::process::InWorker;
use crate::policy::{Call, LookupOutcome, Policy, Step};
use crate::question::{Callee, Origin, Question};
use crate::reason;
use crate::redis::Redis;
use crate::text::{self, Text};

use self::generation::{All, Generation};
pub use self::{
    generation::Generations,
    operator::Refused,
    pending::{Asked, Begun, Known, PendingLookup},
    public_key::NoPublicKey,
};

/// Decides calls, one at a time. It belongs to the process that made it.
pub struct Worker<'a> {
    engine: &'a Engine,
    log: &'a dyn Log,
    generations: Arc<Generations>,
    /// All configurations, and that of the profile which decides about the current call.
    all: All,
    current: Arc<Generation>,
    redis: Option<Redis>,
    /// The last lookup waited for the request of another call.
    has_followed: bool,
    /// Redis could not be told of emergency callers, which no call has counted yet.
    publish_failed: bool,
    /// The reload for which there was no memory, as the log says.
    refused: Option<u32>,
}

impl<'a> Worker<'a> {
    /// Makes the worker of this process. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &'a Engine, log: &'a dyn Log) -> Self {
        let generations = Generations::new(proof, engine, 1);
        Self::sharing(Arc::new(generations), proof, engine, log)
    }

    /// Makes the worker of a program that never forks: a command, and not a SIP server.
    #[must_use]
    pub fn of_program(engine: &'a Engine, log: &'a dyn Log) -> Self {
        Self::new(InWorker::promised(), engine, log)
    }

    /// Makes one of several workers of this process that share their connections. It still decides one call at a time.
    #[must_use]
    pub fn sharing(
        generations: Arc<Generations>,
        proof: InWorker,
        engine: &'a Engine,
        log: &'a dyn Log,
    ) -> Self {
        let url = engine.config.cache.redis.clone();
        let all = generations.current();
        Self {
            engine,
            log,
            current: Arc::clone(all.base()),
            all,
            generations,
            redis: url.map(|url| Redis::new(&proof, url)),
            has_followed: false,
            publish_failed: false,
            refused: None,
        }
    }

    /// Connects before the first call. A failure is not reported: if it persists, the first call reports it.
    pub fn warm(&self, started: Instant) {
        let mut generations = self.all.iter();
        let with_key = generations.find(|generation| generation.config.api_key.value().is_ok());
        if let Some(generation) = with_key {
            let deadline = Deadline::after(started, generation.config.timeout.span());
            // A worker that waits for a silent API takes no calls meanwhile.
            let until = deadline.or_after(started, WARM);
            if generation.client.warm(until).is_ok() {
                self.check_first_health(generation, until);
            }
        }
    }

    /// Decides about one call, within the configured deadline from `started` on. After any failure the call is allowed.
    #[must_use]
    pub fn decide(&mut self, call: &Call<'_>, started: Instant) -> (Decision, Counters) {
        self.warn_of_old_lists(started);
        let Some(profile) = self.engine.profiles.find(call.profile) else {
            let decided = self.decide_without_profile(call, started);
            return self.after_publishing(decided, started);
        };
        self.turn_to(profile);
        let config = Arc::clone(&self.current.config);
        let policy = self.policy(&config, started);
        let (step, called) = (policy.begin(call), policy.called_user(call));
        self.note_number(&step, started);
        let (decision, mut counters) = self.carry_out(&policy, &step, called, started);
        self.remember_caller(&policy, call, &decision, started);
        let decision = self.unless_called_back(&policy, call, &decision, started, &mut counters);
        self.after_publishing((decision, counters), started)
    }

    /// What was decided about a call. Other servers are told of emergency callers by an emergency call, and by one that is turned away,
    /// which waits for Redis anyway.
    fn after_publishing(
        &mut self,
        (decision, mut counters): (Decision, Counters),
        started: Instant,
    ) -> (Decision, Counters) {
        if decision.is_emergency_call() || decision.keeps_away() {
            self.publish_callers(started);
            self.count_publishing(&mut counters);
        }
        (decision, counters)
    }

    /// Decides about a number as about the caller of a call.
    fn decide_about(
        &mut self,
        number: Number,
        profile: ProfileId,
        started: Instant,
    ) -> (Decision, Counters) {
        self.turn_to(profile);
        let config = Arc::clone(&self.current.config);
        let policy = self.policy(&config, started);
        let call = Call {
            call_id: b"check",
            ..Call::default()
        };
        let step = policy.screen(&call, &Identity::of(number));
        // A check names nobody who is called; what it shows is how calls to somebody are decided.
        let called = Called::of(b"sip:000@check.invalid");
        self.carry_out(&policy, &step, called, started)
    }

    fn carry_out(
        &mut self,
        policy: &Policy<'_>,
        step: &Step<'_>,
        called: Called,
        started: Instant,
    ) -> (Decision, Counters) {
        let mut counters = Counters::default();
        let decision = match step {
            Step::Answer(decision) => *decision,
            Step::Ask(question) => {
                let outcome = self.find_out(question, started, &mut counters);
                let decision = policy.resume(&question.caller, question.record, outcome);
                policy.address(decision, called)
            }
        };
        (decision.by(self.current.profile), counters)
    }

    /// Decides about one call if nothing has to be waited for: no connection, no Redis, no other worker.
    #[must_use]
    pub fn begin(&mut self, call: &Call<'_>, started: Instant) -> Begun {
        self.warn_of_old_lists(started);
        let Some(profile) = self.engine.profiles.find(call.profile) else {
            let (decision, counters) = self.decide_without_profile(call, started);
            return Begun::Decided(decision, counters);
        };
        self.turn_to(profile);
        let mut counters = Counters::default();
        let config = Arc::clone(&self.current.config);
        let policy = self.policy(&config, started);
        let step = policy.begin(call);
        self.note_number(&step, started);
        let question = match step {
            Step::Answer(decision) => {
                self.remember_caller(&policy, call, &decision, started);
                return self.settled(&policy, call, &decision.by(profile), counters);
            }
            Step::Ask(question) => question,
        };
        match self.at_once(&question.caller, started, &mut counters) {
            ControlFlow::Break(outcome) => {
                let decision = policy.resume(&question.caller, question.record, outcome);
                let decision = policy.address(decision, policy.called_user(call));
                self.settled(&policy, call, &decision.by(profile), counters)
            }
            ControlFlow::Continue(earlier) => Begun::Ask(PendingLookup {
                asked: Asked {
                    profile,
                    caller: question.caller,
                    record: question.record,
                    called: policy.called_user(call),
                },
                timeout: config.timeout,
                called: question.callee.number(),
                dialled: policy.dialled_number(call),
                key: question.idempotency_key(),
                known: earlier.map_or(Known::Nothing, Known::Earlier),
                counters,
            }),
        }
    }

    /// Decides about a call for which the script named a profile that does not exist. It is allowed. What holds for every call holds
    /// for it too: requests in a dialog and emergency calls are passed as such.
    fn decide_without_profile(
        &mut self,
        call: &Call<'_>,
        started: Instant,
    ) -> (Decision, Counters) {
        self.turn_to(ProfileId::BASE);
        let config = Arc::clone(&self.current.config);
        let policy = self.policy(&config, started);
        let caller = match policy.begin(call) {
            Step::Answer(decision)
                if decision.source == Source::Bypass && decision.failure == Failure::None =>
            {
                self.remember_caller(&policy, call, &decision, started);
                return (decision, Counters::default());
            }
            Step::Answer(_) => None,
            Step::Ask(question) => Some(question.caller),
        };
        let moment = self.engine.clock.at(started);
        if let Some(times) = self.engine.note_unknown_profile(moment) {
            let name = text::shown(call.profile);
            let line = format!(
                "there is no profile \"{name}\": the call is allowed without a lookup ({times} since the last such line)"
            );
            self.log.line(Level::Error, &line);
        }
        let decision = Decision {
            reason: Text::new(reason::UNKNOWN_PROFILE).unwrap_or_default(),
            ..policy.fail_open(Failure::Internal, caller.as_ref())
        };
        let counters = Counters {
            unknown_profile: true,
            ..Counters::default()
        };
        (decision, counters)
    }

    /// Finds an answer to what [`Worker::begin`] left open, within the configured deadline from `started` on.
    #[must_use]
    pub fn answer(
        &mut self,
        lookup: &PendingLookup,
        started: Instant,
    ) -> (LookupOutcome, Counters) {
        self.turn_to(lookup.asked.profile);
        if let Known::Settled(..) = lookup.known {
            return lookup.unanswered(Failure::None);
        }
        let mut counters = Counters::default();
        let config = Arc::clone(&self.current.config);
        let question = Question {
            caller: lookup.asked.caller,
            record: lookup.asked.record,
            callee: Callee::Number(lookup.called),
            options: &config.options,
            origin: Origin::Key(lookup.key),
        };
        let outcome = self.find_out(&question, started, &mut counters);
        (outcome, counters)
    }

    fn policy<'c>(&self, config: &'c Config, started: Instant) -> Policy<'c>
    where
        'a: 'c,
    {
        let now = self.engine.clock.at(started);
        Policy::new(config)
            .with_lists(&self.engine.lists, self.current.lists)
            .with_window(&self.engine.emergency_window, now)
    }

    fn warn_of_old_lists(&self, started: Instant) {
        let lists = &self.engine.lists;
        let now = self.engine.clock.at(started);
        for line in lists.daily_warnings(now, SystemTime::now) {
            self.log.line(Level::Warning, &line);
        }
    }

    /// Applies a reload to the worker's own state.
    fn forget_names(&self) {
        if let Some(redis) = &self.redis {
            redis.forget_names();
        }
    }

    fn deadline(&self, started: Instant) -> Deadline {
        Deadline::after(started, self.current.config.timeout.span())
    }

    /// Admission control of the current profile.
    fn admission(&self) -> Admission<'a> {
        self.engine.admission(self.current.profile)
    }

    /// See [`Engine::request_key`].
    fn request_key(&self, key: Key) -> Key {
        self.engine.request_key(self.current.profile, key)
    }

    /// Makes a profile the current one, in its latest configuration.
    fn turn_to(&mut self, profile: ProfileId) {
        self.catch_up();
        if self.current.profile != profile {
            self.current = Arc::clone(self.all.get(profile));
        }
    }

    fn take_over(&mut self, all: All) {
        self.current = Arc::clone(all.get(self.current.profile));
        self.all = all;
    }

    /// Whether there is memory to read all profiles again. Otherwise the worker goes on with what it has, and tries at the next call.
    fn has_room_to_read(&mut self, generation: u32) -> bool {
        let profiles = self.engine.profiles.iter().count();
        let has_room = heap::has_room(READING + profiles * READING_PROFILE);
        if !has_room && self.refused != Some(generation) {
            self.refused = Some(generation);
            let line = "reload: no memory to read keys and certificates; this process keeps what it has until there is some";
            self.log.line(Level::Error, line);
        }
        has_room
    }

    /// Applies a reload that another process made.
    pub(crate) fn catch_up(&mut self) {
        let generation = self.engine.generation();
        if generation == self.current.number || !self.has_room_to_read(generation) {
            return;
        }
        self.forget_names();
        let (all, kept) = self.generations.at(self.engine, generation);
        self.take_over(all);
        for (profile, why) in kept {
            if !self.engine.was_kept(profile, generation) {
                let line = format!("reload: {why}; this process keeps what it has");
                self.log.line(Level::Error, &line);
            }
        }
    }
}

/// More bytes than reading the module's parameters again needs, and each profile.
const READING: usize = 1024 * 1024;
const READING_PROFILE: usize = 16 * 1024;

/// How long a worker may take to connect before it takes calls.
const WARM: Duration = Duration::from_millis(150);

#[cfg(test)]
mod tests;
