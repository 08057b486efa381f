// SPDX-License-Identifier: GPL-2.0-or-later
//! The questions that wait for a lookup, in memory that processes may share.
//!
//! Every slot has a state, and every step is one atomic change of its state word. The thread that made the change may access the
//! slot. There is no lock. A process that dies leaves nothing undone but the slots that it had taken, which
//! [`Queue::server_died`] answers.

mod unserved;

use std::io;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::Wake;
use super::progress::Progress;
use super::slots::Slots;
use super::state::Phase;
use super::ticket::Ticket;
use super::waiters::Waiters;
use crate::config::Timeout;
use crate::counters::Counters;
use crate::failure::Failure;
use crate::os::shared::{Shared, shareable};
use crate::policy::LookupOutcome;
use crate::worker::{Asked, PendingLookup};

/// As many slots as calls may wait for lookups.
#[derive(Debug)]
pub(super) struct Queue {
    slots: Slots,
    threads: Waiters,
    progress: Shared<Progress>,
    cursors: Shared<Cursors>,
}

shareable! {
    /// Where the search for the next slot begins when a question is put, taken or delivered. Each goes round in the same order,
    /// so the oldest question is served first.
    struct Cursors {
        put: AtomicU32,
        taken: AtomicU32,
        delivered: AtomicU32,
    }
}

/// A question that a thread has taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) lookup: PendingLookup,
    /// Nanoseconds of the queue's clock.
    pub(super) started: u64,
    ticket: Ticket,
    wake: Wake,
}

/// The result of [`Queue::collect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub(super) enum Collected {
    /// The question has no answer yet.
    Pending,
    /// The answer. The question is off the queue.
    Done(Asked, LookupOutcome, Counters),
    /// The question was not in the queue.
    Gone,
}

impl Queue {
    /// A queue for `slots` questions and `threads` threads. An error if there is no memory for it.
    pub(super) fn new(slots: usize, threads: usize) -> io::Result<Self> {
        Ok(Self {
            slots: Slots::new(slots)?,
            threads: Waiters::new(threads)?,
            progress: Shared::new()?,
            cursors: Shared::new()?,
        })
    }

    /// Takes a slot for a question that began at `started`, in nanoseconds of the queue's clock. `None`: all are in use.
    pub(super) fn reserve(&self, lookup: &PendingLookup, started: u64) -> Option<Ticket> {
        let (ticket, slot) = self
            .slots
            .find(&self.cursors.put, Phase::Free, Phase::Reserved)?;
        slot.ask(lookup, started);
        Some(ticket)
    }

    /// Hands a question over to the threads. False if its slot is not the caller's any more.
    pub(super) fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        let Some((seen, slot)) = self.slots.seen(ticket) else {
            return false;
        };
        if seen.phase != Phase::Reserved {
            return false;
        }
        // Before the change of state, after which other threads read it.
        slot.set_wake(wake);
        let submitted = self.slots.change(ticket, Phase::Reserved, Phase::Queued);
        self.progress.queued();
        self.threads.wake_one();
        submitted
    }

    /// The next question. The thread sleeps until there is one, for `span` at most.
    #[cfg(test)]
    pub(super) fn take(&self, thread: usize, span: Duration) -> Option<Job> {
        self.take_or(thread, span, || false)
    }

    /// The next question. The thread sleeps until there is one, for `span` at most, or until there is other work and
    /// [`Queue::wake_one`] wakes it.
    pub(super) fn take_or(
        &self,
        thread: usize,
        span: Duration,
        has_other_work: impl FnOnce() -> bool,
    ) -> Option<Job> {
        if let Some(job) = self.take_now() {
            return Some(job);
        }
        // The counters alone would keep a thread awake for ever after another died between a step and its count.
        let has_question = || self.progress.may_have_question() && self.slots.has(Phase::Queued);
        let has_work = || has_question() || has_other_work();
        self.threads.sleep(thread, span, has_work);
        self.take_now()
    }

    /// Wakes a thread that sleeps, for work that is not a question.
    pub(super) fn wake_one(&self) {
        self.threads.wake_one();
    }

    /// As [`Queue::take_or`], without sleeping.
    pub(super) fn take_now(&self) -> Option<Job> {
        if !self.progress.may_have_question() {
            return None;
        }
        let (ticket, slot) = self
            .slots
            .find(&self.cursors.taken, Phase::Queued, Phase::Taken)?;
        self.progress.dequeued();
        let job = Job {
            started: slot.started(),
            wake: slot.wake(),
            lookup: slot.lookup()?,
            ticket,
        };
        Some(job)
    }

    /// Whether there may be a question to take.
    pub(super) fn may_have_question(&self) -> bool {
        self.progress.may_have_question()
    }

    /// Whether a thread sleeps because there is no question.
    pub(super) fn has_idle(&self) -> bool {
        self.threads.any()
    }

    /// Answers a question. If it has been given up or answered meanwhile, its slot is freed.
    pub(super) fn answer(&self, job: &Job, outcome: &LookupOutcome, counters: Counters) {
        let ticket = job.ticket;
        if !self.conclude(ticket, Phase::Taken, outcome, counters, job.wake)
            && self.slots.change(ticket, Phase::Abandoned, Phase::Free)
        {
            job.wake.write(true);
        }
    }

    fn conclude(
        &self,
        ticket: Ticket,
        from: Phase,
        outcome: &LookupOutcome,
        counters: Counters,
        wake: Wake,
    ) -> bool {
        let Some(slot) = self.slots.slot(ticket) else {
            return false;
        };
        if !self.slots.change(ticket, from, Phase::Answering) {
            return false;
        }
        slot.answer(outcome, counters);
        // After the last change of state the descriptor may be closed and its number reused, unless it stays open.
        wake.write(false);
        self.slots.change(ticket, Phase::Answering, Phase::Answered);
        wake.write(true);
        if from == Phase::Queued {
            self.progress.dequeued();
        }
        self.progress.answered();
        true
    }

    /// The word of an answered question. Each is delivered once.
    pub(super) fn next(&self) -> Option<u64> {
        while self.progress.may_have_answer() {
            let (_, slot) =
                self.slots
                    .find(&self.cursors.delivered, Phase::Answered, Phase::Delivered)?;
            self.progress.delivered();
            // The other wakes were written to their descriptors.
            if let Wake::Poll(word) = slot.wake() {
                return Some(word);
            }
        }
        None
    }

    /// The number to give to [`Queue::wait`].
    pub(super) fn sequence(&self) -> u32 {
        self.progress.sequence()
    }

    /// Sleeps until something is answered, for `span` at most. Does not sleep if something was answered since `seen` was read.
    pub(super) fn wait(&self, seen: u32, span: Duration) {
        self.progress.wait(seen, span);
    }

    /// Takes the outcome of a lookup, and the question off the queue.
    pub(super) fn collect(&self, ticket: Ticket) -> Collected {
        let Some((seen, slot)) = self.slots.seen(ticket) else {
            return Collected::Gone;
        };
        match seen.phase {
            Phase::Reserved | Phase::Queued | Phase::Taken | Phase::Answering => Collected::Pending,
            Phase::Free | Phase::Abandoned => Collected::Gone,
            phase @ (Phase::Answered | Phase::Delivered) => {
                let (outcome, counters) = slot.outcome();
                let asked = slot.asked();
                let taken = self.slots.change(ticket, phase, Phase::Free);
                if taken && phase == Phase::Answered {
                    self.progress.delivered();
                }
                match (asked, taken) {
                    (Some(asked), true) => Collected::Done(asked, outcome, counters),
                    // Delivered just now.
                    (Some(_), false) => Collected::Pending,
                    (None, _) => Collected::Gone,
                }
            }
        }
    }

    /// When the call began, in nanoseconds of the queue's clock, and its timeout. `None` if it is not in the queue.
    pub(super) fn started(&self, ticket: Ticket) -> Option<(u64, Timeout)> {
        let (seen, slot) = self.slots.seen(ticket)?;
        let timeout = slot.timeout()?;
        (seen.phase != Phase::Free).then(|| (slot.started(), timeout))
    }

    /// Takes an unanswered question off the queue. Returns it, and why it has no answer. `None` if it has been answered
    /// ([`Queue::collect`]) or was not in the queue.
    pub(super) fn abandon(&self, ticket: Ticket) -> Option<(PendingLookup, Failure)> {
        let (seen, slot) = self.slots.seen(ticket)?;
        let (lookup, wake) = (slot.lookup()?, slot.wake());
        let (to, failure) = match seen.phase {
            Phase::Reserved | Phase::Queued => (Phase::Free, Failure::TimeoutQueue),
            Phase::Taken => (Phase::Abandoned, Failure::TimeoutResponse),
            _ => return None,
        };
        let abandoned = self.slots.change(ticket, seen.phase, to);
        if abandoned && seen.phase == Phase::Queued {
            self.progress.dequeued();
            wake.write(true);
        }
        abandoned.then_some((lookup, failure))
    }
}

#[cfg(test)]
mod tests;
