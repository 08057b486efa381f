// SPDX-License-Identifier: GPL-2.0-or-later
//! A thread that makes lookups.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Pool;
use super::coalescing::{Coalescing, Lead};
use super::completion::Completion;
use super::overload::{Candidate, Overload};
use super::thread_ids::ThreadId;
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::os::panics;
use crate::os::process::InWorker;
use crate::policy::LookupOutcome;
use crate::worker::{Generations, Worker};

/// What the threads of one process share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) engine: &'static Engine,
    pub(super) proof: InWorker,
    pub(super) generations: Arc<Generations>,
    pub(super) coalescing: Arc<Coalescing>,
    pub(super) overload: Overload,
}

/// One of them.
pub(super) struct LookupThread {
    pub(super) id: ThreadId,
    pub(super) common: Arc<Common>,
    pub(super) pool: Arc<Pool>,
}

impl LookupThread {
    /// Looks up what comes, until the process ends.
    pub(super) fn work(self) {
        loop {
            // A panic outside of a lookup. The call that the thread had is answered.
            if let Err(place) = panics::caught(|| self.serve()) {
                self.log_panic(&place);
            }
        }
    }

    fn serve(&self) {
        let mut worker = self.worker();
        loop {
            if let Some((call, more)) = self.take() {
                self.answer(&mut worker, call, more);
            }
            // No call of this thread waits now.
            self.publish_callers(&mut worker);
        }
    }

    fn answer<'s>(&'s self, worker: &mut Worker<'s>, call: Completion, more: bool) {
        self.pool.note_alive();
        self.spawn_another();
        if !self.is_asked(&call, more) {
            return call.fail(Failure::TimeoutQueue);
        }
        // Without a cache, calls that arrive together ask each for itself.
        let Some(key) = worker.shared_key(call.lookup()) else {
            let (outcome, counters) = self.look_up(worker, &call);
            return self.conclude(worker, vec![(call, counters)], &outcome);
        };
        if let Some((lead, call)) = self.common.coalescing.join(key, call) {
            self.lead(worker, lead, call);
        }
    }

    /// The next call, and whether more are waiting.
    fn take(&self) -> Option<(Completion, bool)> {
        let queue = &self.pool.queue;
        let job = queue.take_now().or_else(|| {
            self.common.overload.note_empty();
            let engine = self.common.engine;
            let has_pending = || {
                let now = engine.clock.at(Instant::now());
                engine.emergency_window.has_pending(now)
            };
            queue.take_or(self.id.number(), LONG, has_pending)
        })?;
        let call = Completion::new(Arc::clone(&self.pool), &job);
        Some((call, queue.may_have_question()))
    }

    /// Starts one more thread if all others are busy. If there can be no more, calls wait in the queue for these.
    fn spawn_another(&self) {
        if !self.pool.queue.has_idle()
            && let Some(threads) = self.pool.threads.get()
        {
            let _ = threads.spawn(&self.pool);
        }
    }

    /// Whether there is time for an answer.
    fn is_asked(&self, call: &Completion, more: bool) -> bool {
        let now = Instant::now();
        let engine = self.common.engine;
        let lookup = call.lookup();
        let admission = engine.admission(lookup.asked.profile);
        let candidate = Candidate {
            waited: now.saturating_duration_since(call.started()),
            more,
            fastest: admission.fastest_answer(engine.clock.at(now)),
        };
        let now = self.pool.nanoseconds(now);
        self.common.overload.admits(candidate, lookup.timeout, now)
    }

    /// Looks up for a call and for those that are parked behind it. An answer is shared. After a failure the lookup is made once
    /// more, for the call that has been parked for longest; a second failure is shared.
    fn lead<'s>(&'s self, worker: &mut Worker<'s>, mut lead: Lead, mut call: Completion) {
        let mut failed = false;
        loop {
            let (outcome, counters) = self.look_up(worker, &call);
            self.conclude(worker, vec![(call, counters)], &outcome);
            match outcome {
                LookupOutcome::Answered(answer) | LookupOutcome::Known(answer) => {
                    let parked = lead.end().into_iter();
                    let parked = parked.map(|call| {
                        let counters = call.coalesced();
                        (call, counters)
                    });
                    return self.conclude(worker, parked.collect(), &LookupOutcome::Known(answer));
                }
                // No lookup was made.
                LookupOutcome::Settled(..) | LookupOutcome::CalledBack => return,
                LookupOutcome::Stale(_, failure) | LookupOutcome::Failed(failure) => {
                    // Ours for the second time, or two requests of which at least one was another process's.
                    if failed || worker.has_followed() {
                        let parked = lead.end().into_iter();
                        return parked.for_each(|call| call.share_failure(failure));
                    }
                }
            }
            failed = true;
            call = loop {
                let Some(parked) = lead.next() else { return };
                let waited = parked.started().elapsed();
                let timeout = parked.lookup().timeout;
                if waited + timeout.least() < timeout.span() {
                    break parked;
                }
                parked.share_failure(Failure::TimeoutResponse);
            };
        }
    }

    /// Answers calls by the outcome of their lookup, except those that are calls back.
    fn conclude<'s>(
        &'s self,
        worker: &mut Worker<'s>,
        mut calls: Vec<(Completion, Counters)>,
        outcome: &LookupOutcome,
    ) {
        // The youngest call has the time to ask Redis. For the oldest that may be a few milliseconds too long.
        let Some(started) = calls.iter().map(|(call, _)| call.started()).max() else {
            return;
        };
        // Asking Redis counts once.
        let mut counters = calls
            .first()
            .map(|(_, counters)| *counters)
            .unwrap_or_default();
        let lookups: Vec<_> = calls.iter().map(|(call, _)| call.lookup()).collect();
        let checked = panics::caught(|| worker.outcomes(&lookups, outcome, started, &mut counters));
        let outcomes = checked.unwrap_or_else(|place| {
            self.replace(worker, &place);
            vec![*outcome; calls.len()]
        });
        if let Some((_, first)) = calls.first_mut() {
            *first = counters;
        }
        for ((call, counters), outcome) in calls.into_iter().zip(outcomes) {
            call.conclude(&outcome, counters);
        }
    }

    /// Tells other servers who made emergency calls.
    fn publish_callers<'s>(&'s self, worker: &mut Worker<'s>) {
        if let Err(place) = panics::caught(|| worker.publish_callers(Instant::now())) {
            self.replace(worker, &place);
        }
    }

    /// One lookup. A panic in it is a failure of this lookup.
    fn look_up<'s>(
        &'s self,
        worker: &mut Worker<'s>,
        call: &Completion,
    ) -> (LookupOutcome, Counters) {
        let found = panics::caught(|| worker.answer(call.lookup(), call.started()));
        found.unwrap_or_else(|place| {
            self.replace(worker, &place);
            call.lookup().unanswered(Failure::Internal)
        })
    }

    /// A worker that panicked is not used again.
    fn replace<'s>(&'s self, worker: &mut Worker<'s>, place: &str) {
        self.log_panic(place);
        *worker = self.worker();
    }

    fn worker(&self) -> Worker<'_> {
        let Common {
            engine,
            proof,
            generations,
            ..
        } = &*self.common;
        Worker::sharing(
            Arc::clone(generations),
            *proof,
            engine,
            &self.pool.log_queue,
        )
    }

    fn log_panic(&self, place: &str) {
        let line = format!("panic at {place}, a bug of numbers_online; the call is allowed");
        self.pool.log_queue.line(Level::Error, &line);
    }
}

/// How long a thread sleeps if nothing happens; then it looks once more, and sleeps on.
const LONG: Duration = Duration::from_secs(60);
