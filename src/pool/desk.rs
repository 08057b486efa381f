// SPDX-License-Identifier: GPL-2.0-or-later
//! The questions that wait for their answers, in memory that processes may share.
//!
//! Every place has a state, and every step is one change of a state word: whoever makes it may touch the place. There is no
//! lock, and nothing that a process which dies could leave undone but its own place, which [`Desk::lost`] takes from it.

use std::io;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::Wake;
use super::counts::Counts;
use super::places::Places;
use super::sleepers::Sleepers;
use super::state::Phase;
use super::ticket::Ticket;
use crate::failure::Failure;
use crate::ffi::shared::{Shared, shareable};
use crate::number::Number;
use crate::policy::Finding;
use crate::tally::Tally;
use crate::worker::Inquiry;

/// As many places as lookups may be waited for.
#[derive(Debug)]
pub(super) struct Desk {
    places: Places,
    crew: Sleepers,
    counts: Shared<Counts>,
    cursors: Shared<Cursors>,
}

shareable! {
    /// Where the next question is put, taken and told: in this order they come round, so the oldest is served first.
    struct Cursors {
        put: AtomicU32,
        taken: AtomicU32,
        told: AtomicU32,
    }
}

/// A question that somebody looks up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) inquiry: Inquiry,
    /// Nanoseconds of the desk's clock.
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
    /// It is off the desk.
    Done(Number, Finding, Tally),
    /// It was before.
    Gone,
}

impl Desk {
    /// For so many questions, and so many threads that look them up.
    pub(super) fn new(places: usize, threads: usize) -> io::Result<Self> {
        Ok(Self {
            places: Places::new(places)?,
            crew: Sleepers::new(threads)?,
            counts: Shared::new()?,
            cursors: Shared::new()?,
        })
    }

    /// Takes a place for a question. `None`: all are taken.
    pub(super) fn reserve(&self, inquiry: &Inquiry, started: u64) -> Option<Ticket> {
        let (ticket, slot) = self
            .places
            .find(&self.cursors.put, Phase::Free, Phase::Reserved)?;
        slot.ask(inquiry, started);
        Some(ticket)
    }

    /// Hands a question over to whoever looks up. False if it is not the caller's any more.
    pub(super) fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        let Some((seen, slot)) = self.places.seen(ticket) else {
            return false;
        };
        if seen.phase != Phase::Reserved {
            return false;
        }
        // Before the change of state: from then on it is read.
        slot.set_wake(wake);
        let submitted = self.places.change(ticket, Phase::Reserved, Phase::Queued);
        self.counts.asked();
        self.crew.wake_one();
        submitted
    }

    /// The next question to look up; the thread sleeps until there is one, for `span` at most.
    pub(super) fn take(&self, thread: usize, span: Duration) -> Option<Job> {
        if let Some(job) = self.take_now() {
            return Some(job);
        }
        // The counts alone would keep a thread awake for ever, had another died between a step and its count.
        let has_work = || self.counts.may_have_question() && self.places.has(Phase::Queued);
        self.crew.sleep(thread, span, has_work);
        self.take_now()
    }

    fn take_now(&self) -> Option<Job> {
        if !self.counts.may_have_question() {
            return None;
        }
        let (ticket, slot) = self
            .places
            .find(&self.cursors.taken, Phase::Queued, Phase::Taken)?;
        self.counts.dealt_with();
        let job = Job {
            started: slot.started(),
            wake: slot.wake(),
            inquiry: slot.inquiry()?,
            ticket,
        };
        Some(job)
    }

    /// Whether a thread sleeps for want of a question.
    pub(super) fn has_idle(&self) -> bool {
        self.crew.any()
    }

    /// Says what was found out. Nobody may have waited for it so long.
    pub(super) fn answer(&self, job: &Job, finding: &Finding, tally: Tally) {
        let ticket = job.ticket;
        if !self.conclude(ticket, Phase::Taken, finding, tally, job.wake)
            && self.places.change(ticket, Phase::Forsaken, Phase::Free)
        {
            job.wake.write(true);
        }
    }

    fn conclude(
        &self,
        ticket: Ticket,
        from: Phase,
        finding: &Finding,
        tally: Tally,
        wake: Wake,
    ) -> bool {
        let Some(slot) = self.places.slot(ticket) else {
            return false;
        };
        if !self.places.change(ticket, from, Phase::Answering) {
            return false;
        }
        slot.answer(finding, tally);
        // After the last change of state the descriptor may be closed, and be another one's, unless it stays open.
        wake.write(false);
        self.places
            .change(ticket, Phase::Answering, Phase::Answered);
        wake.write(true);
        if from == Phase::Queued {
            self.counts.dealt_with();
        }
        self.counts.answered();
        true
    }

    /// The word of a question that has been answered since; each is given once.
    pub(super) fn next(&self) -> Option<u64> {
        while self.counts.may_have_answer() {
            let (_, slot) = self
                .places
                .find(&self.cursors.told, Phase::Answered, Phase::Told)?;
            self.counts.heard();
            // The others have been told.
            if let Wake::Bell(word) = slot.wake() {
                return Some(word);
            }
        }
        None
    }

    /// What [`Desk::listen`] needs.
    pub(super) fn bell(&self) -> u32 {
        self.counts.bell()
    }

    /// Sleeps unless something was answered since the bell was read; for `span` at most.
    pub(super) fn listen(&self, bell: u32, span: Duration) {
        self.counts.listen(bell, span);
    }

    /// Takes what was found out, and the question off the desk.
    pub(super) fn collect(&self, ticket: Ticket) -> Collected {
        let Some((seen, slot)) = self.places.seen(ticket) else {
            return Collected::Gone;
        };
        match seen.phase {
            Phase::Reserved | Phase::Queued | Phase::Taken | Phase::Answering => Collected::Pending,
            Phase::Free | Phase::Forsaken => Collected::Gone,
            phase @ (Phase::Answered | Phase::Told) => {
                let (finding, tally) = slot.finding();
                let number = slot.number();
                let taken = self.places.change(ticket, phase, Phase::Free);
                if taken && phase == Phase::Answered {
                    self.counts.heard();
                }
                match (number, taken) {
                    (Some(number), true) => Collected::Done(number, finding, tally),
                    // Told just now.
                    (Some(_), false) => Collected::Pending,
                    (None, _) => Collected::Gone,
                }
            }
        }
    }

    /// When it began, as long as it is on the desk.
    pub(super) fn started(&self, ticket: Ticket) -> Option<u64> {
        let (seen, slot) = self.places.seen(ticket)?;
        (seen.phase != Phase::Free).then(|| slot.started())
    }

    /// Takes a question off the desk that has not been answered, and says what that is. `None` if it is [`Desk::collect`]'s
    /// business by now.
    pub(super) fn forsake(&self, ticket: Ticket) -> Option<(Inquiry, Failure)> {
        let (seen, slot) = self.places.seen(ticket)?;
        let (inquiry, wake) = (slot.inquiry()?, slot.wake());
        let (to, failure) = match seen.phase {
            Phase::Reserved | Phase::Queued => (Phase::Free, Failure::TimeoutQueue),
            Phase::Taken => (Phase::Forsaken, Failure::TimeoutResponse),
            _ => return None,
        };
        let forsaken = self.places.change(ticket, seen.phase, to);
        if forsaken && seen.phase == Phase::Queued {
            self.counts.dealt_with();
            wake.write(true);
        }
        forsaken.then_some((inquiry, failure))
    }

    /// Answers what should have been answered: what began before `limit`, in nanoseconds of the desk's clock. When the oldest
    /// of the rest began, if there are any.
    pub(super) fn expire(&self, limit: u64) -> Option<u64> {
        let unanswered = self.places.all().filter_map(|(ticket, seen, slot)| {
            let failure = match seen.phase {
                Phase::Queued => Failure::TimeoutQueue,
                Phase::Taken => Failure::TimeoutResponse,
                _ => return None,
            };
            let began = slot.started();
            let (finding, tally) = slot.inquiry()?.unanswered(failure);
            // Somebody may have taken it just now, who may be late too.
            let answered =
                began < limit && self.conclude(ticket, seen.phase, &finding, tally, slot.wake());
            (!answered).then_some(began)
        });
        unanswered.min()
    }

    /// Answers what a process that is dead had taken. For whoever tells the answers.
    pub(super) fn lost(&self) {
        self.crew.forget();
        let untold = self
            .places
            .all()
            .filter(|(_, seen, _)| seen.phase == Phase::Answered);
        let untold = u32::try_from(untold.count()).unwrap_or(u32::MAX);
        self.counts.recount(untold);
        for (ticket, seen, slot) in self.places.all() {
            match seen.phase {
                // Nobody else answers: who else may, is the caller.
                Phase::Taken | Phase::Answering => {
                    let finding = Finding::Failed(Failure::Internal);
                    self.conclude(ticket, seen.phase, &finding, Tally::default(), slot.wake());
                }
                Phase::Forsaken => {
                    self.places.change(ticket, Phase::Forsaken, Phase::Free);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
