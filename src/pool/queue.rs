// SPDX-License-Identifier: GPL-2.0-or-later
//! The questions that wait for their answers, in memory that processes may share.
//!
//! Every place has a state, and every step is one change of a state word: whoever makes it may touch the place. There is no
//! lock, and nothing that a process which dies could leave undone but its own place, which [`Queue::lost`] takes from it.

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
use crate::counters::Counters;
use crate::failure::Failure;
use crate::number::Number;
use crate::os::shared::{Shared, shareable};
use crate::policy::LookupOutcome;
use crate::worker::PendingLookup;

/// As many slots as lookups may be waited for.
#[derive(Debug)]
pub(super) struct Queue {
    slots: Slots,
    threads: Waiters,
    progress: Shared<Progress>,
    cursors: Shared<Cursors>,
}

shareable! {
    /// Where the next question is put, taken and delivered: in this order they come round, so the oldest is served first.
    struct Cursors {
        put: AtomicU32,
        taken: AtomicU32,
        delivered: AtomicU32,
    }
}

/// A question that somebody looks up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) lookup: PendingLookup,
    /// Nanoseconds of the queue's clock.
    pub(super) started: u64,
    ticket: Ticket,
    wake: Wake,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub(super) enum Collected {
    /// It is looked up still.
    Pending,
    /// It is off the queue.
    Done(Number, LookupOutcome, Counters),
    /// It was before.
    Gone,
}

impl Queue {
    /// For so many questions, and so many threads that look them up.
    pub(super) fn new(slots: usize, threads: usize) -> io::Result<Self> {
        Ok(Self {
            slots: Slots::new(slots)?,
            threads: Waiters::new(threads)?,
            progress: Shared::new()?,
            cursors: Shared::new()?,
        })
    }

    /// Takes a place for a question. `None`: all are taken.
    pub(super) fn reserve(&self, lookup: &PendingLookup, started: u64) -> Option<Ticket> {
        let (ticket, slot) = self
            .slots
            .find(&self.cursors.put, Phase::Free, Phase::Reserved)?;
        slot.ask(lookup, started);
        Some(ticket)
    }

    /// Hands a question over to whoever looks up. False if it is not the caller's any more.
    pub(super) fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        let Some((seen, slot)) = self.slots.seen(ticket) else {
            return false;
        };
        if seen.phase != Phase::Reserved {
            return false;
        }
        // Before the change of state: from then on it is read.
        slot.set_wake(wake);
        let submitted = self.slots.change(ticket, Phase::Reserved, Phase::Queued);
        self.progress.queued();
        self.threads.wake_one();
        submitted
    }

    /// The next question to look up; the thread sleeps until there is one, for `span` at most.
    pub(super) fn take(&self, thread: usize, span: Duration) -> Option<Job> {
        if let Some(job) = self.take_now() {
            return Some(job);
        }
        // The progress alone would keep a thread awake for ever, had another died between a step and its count.
        let has_work = || self.progress.may_have_question() && self.slots.has(Phase::Queued);
        self.threads.sleep(thread, span, has_work);
        self.take_now()
    }

    /// As [`Queue::take`], without sleeping.
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

    /// Says what was found out. Nobody may have waited for it so long.
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
        // After the last change of state the descriptor may be closed, and be another one's, unless it stays open.
        wake.write(false);
        self.slots.change(ticket, Phase::Answering, Phase::Answered);
        wake.write(true);
        if from == Phase::Queued {
            self.progress.dequeued();
        }
        self.progress.answered();
        true
    }

    /// The word of a question that has been answered since; each is given once.
    pub(super) fn next(&self) -> Option<u64> {
        while self.progress.may_have_answer() {
            let (_, slot) =
                self.slots
                    .find(&self.cursors.delivered, Phase::Answered, Phase::Delivered)?;
            self.progress.delivered();
            // The others have been delivered.
            if let Wake::Poll(word) = slot.wake() {
                return Some(word);
            }
        }
        None
    }

    /// What [`Queue::wait`] needs.
    pub(super) fn sequence(&self) -> u32 {
        self.progress.sequence()
    }

    /// Sleeps unless something was answered since the seen was read; for `span` at most.
    pub(super) fn wait(&self, seen: u32, span: Duration) {
        self.progress.wait(seen, span);
    }

    /// Takes what was found out, and the question off the queue.
    pub(super) fn collect(&self, ticket: Ticket) -> Collected {
        let Some((seen, slot)) = self.slots.seen(ticket) else {
            return Collected::Gone;
        };
        match seen.phase {
            Phase::Reserved | Phase::Queued | Phase::Taken | Phase::Answering => Collected::Pending,
            Phase::Free | Phase::Abandoned => Collected::Gone,
            phase @ (Phase::Answered | Phase::Delivered) => {
                let (outcome, counters) = slot.outcome();
                let number = slot.number();
                let taken = self.slots.change(ticket, phase, Phase::Free);
                if taken && phase == Phase::Answered {
                    self.progress.delivered();
                }
                match (number, taken) {
                    (Some(number), true) => Collected::Done(number, outcome, counters),
                    // Delivered just now.
                    (Some(_), false) => Collected::Pending,
                    (None, _) => Collected::Gone,
                }
            }
        }
    }

    /// When it began, as long as it is on the queue.
    pub(super) fn started(&self, ticket: Ticket) -> Option<u64> {
        let (seen, slot) = self.slots.seen(ticket)?;
        (seen.phase != Phase::Free).then(|| slot.started())
    }

    /// Takes a question off the queue that has not been answered, and says what that is. `None` if it is [`Queue::collect`]'s
    /// business by now.
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
