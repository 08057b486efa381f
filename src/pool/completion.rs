// SPDX-License-Identifier: GPL-2.0-or-later
//! The duty to answer a call that was taken from the queue.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Pool;
use super::queue::Job;
use crate::counters::Counters;
use crate::failure::Failure;
use crate::policy::LookupOutcome;
use crate::worker::PendingLookup;

/// A call that a thread has taken. It is answered when this is dropped: by what was found out, or, if that is nothing (the
/// thread panicked), by what was known before, or [`Failure::Internal`].
pub(super) struct Completion {
    pool: Arc<Pool>,
    job: Job,
    outcome: LookupOutcome,
    counters: Counters,
}

impl Completion {
    pub(super) fn new(pool: Arc<Pool>, job: &Job) -> Self {
        let (outcome, counters) = job.lookup.unanswered(Failure::Internal);
        Self {
            pool,
            job: *job,
            outcome,
            counters,
        }
    }

    pub(super) fn lookup(&self) -> &PendingLookup {
        &self.job.lookup
    }

    /// When the call began.
    pub(super) fn started(&self) -> Instant {
        self.pool.start + Duration::from_nanos(self.job.started)
    }

    /// Answers with what a lookup found out.
    pub(super) fn conclude(mut self, outcome: &LookupOutcome, counters: Counters) {
        (self.outcome, self.counters) = (*outcome, counters);
    }

    /// Answers without a lookup of its own: `failure`, or the earlier answer that may stand in.
    pub(super) fn fail(self, failure: Failure) {
        let (outcome, counters) = self.job.lookup.unanswered(failure);
        self.conclude(&outcome, counters);
    }

    /// Answers with the failure of other calls' requests.
    pub(super) fn share_failure(self, failure: Failure) {
        let (outcome, _) = self.job.lookup.unanswered(failure);
        let counters = self.coalesced();
        self.conclude(&outcome, counters);
    }

    /// What the answer to another call's request adds to the statistics.
    pub(super) fn coalesced(&self) -> Counters {
        Counters {
            coalesced: true,
            ..self.job.lookup.counters
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.pool
            .queue
            .answer(&self.job, &self.outcome, self.counters);
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.job.fmt(f)
    }
}
