// SPDX-License-Identifier: GPL-2.0-or-later
//! The questions that wait for their answers, in memory that processes may share.
//!
//! Every place has a state, and every step is one change of a state word: whoever makes it may touch the place. There is no
//! lock, and nothing that a process which dies could leave undone but its own place, which [`Desk::lost`] takes from it.

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use super::Wake;
use super::sleepers::Sleepers;
use super::slot::Slot;
use super::state::{Phase, State};
use crate::failure::Failure;
use crate::ffi::futex;
use crate::ffi::shared::{Shared, SharedSlice, shareable};
use crate::policy::Finding;
use crate::tally::Tally;
use crate::worker::Inquiry;

/// As many places as lookups may be waited for.
#[derive(Debug)]
pub(super) struct Desk {
    /// Apart from the places: to look for one in some state must be cheap.
    states: SharedSlice<AtomicU64>,
    slots: SharedSlice<Slot>,
    crew: Sleepers,
    counts: Shared<Counts>,
}

shareable! {
    /// What there is to do, and where to look first.
    struct Counts {
        /// Questions handed over so far, and those of them that nobody need take any more. If a process dies between a step
        /// and its count, the rest look in vain now and then.
        asked: AtomicU32,
        dealt_with: AtomicU32,
        /// Answers so far, which who waits for one sleeps on, and those that have been told or collected.
        answered: AtomicU32,
        heard: AtomicU32,
        /// How many sleep until there is an answer.
        listeners: AtomicU32,
        /// Where the next question is put, taken and told: in this order they come round, so the oldest is served first.
        put: AtomicU32,
        taken: AtomicU32,
        told: AtomicU32,
    }
}

/// One question on the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    place: u32,
    /// How often the place had been used before.
    use_count: u32,
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
    Done(Inquiry, Finding, Tally),
    /// It was before.
    Gone,
}

impl Desk {
    /// For so many questions, and so many threads that look them up.
    pub(super) fn new(places: usize, threads: usize) -> io::Result<Self> {
        Ok(Self {
            states: SharedSlice::new(places)?,
            slots: SharedSlice::new(places)?,
            crew: Sleepers::new(threads)?,
            counts: Shared::new()?,
        })
    }

    /// Takes a place for a question. `None`: all are taken.
    pub(super) fn reserve(&self, inquiry: &Inquiry, started: u64) -> Option<Ticket> {
        let (ticket, slot) = self.find(&self.counts.put, Phase::Free, Phase::Reserved)?;
        slot.ask(inquiry, started);
        Some(ticket)
    }

    /// Hands a question over to whoever looks up. False if it is not the caller's any more.
    pub(super) fn submit(&self, ticket: Ticket, wake: Wake) -> bool {
        let Some((seen, slot)) = self.seen(ticket) else {
            return false;
        };
        if seen.phase != Phase::Reserved {
            return false;
        }
        // Before the change of state: from then on it is read.
        slot.set_wake(wake);
        let submitted = self.change(ticket, Phase::Reserved, Phase::Queued);
        self.counts.asked.fetch_add(1, SeqCst);
        self.crew.wake_one();
        submitted
    }

    /// The next question to look up; the thread sleeps until there is one, for `span` at most.
    pub(super) fn take(&self, thread: usize, span: Duration) -> Option<Job> {
        if let Some(job) = self.take_now() {
            return Some(job);
        }
        self.crew.sleep(thread, span, || self.is_asked());
        self.take_now()
    }

    fn take_now(&self) -> Option<Job> {
        if !self.is_asked() {
            return None;
        }
        let (ticket, slot) = self.find(&self.counts.taken, Phase::Queued, Phase::Taken)?;
        self.counts.dealt_with.fetch_add(1, SeqCst);
        let job = Job {
            started: slot.started(),
            wake: slot.wake(),
            inquiry: slot.inquiry()?,
            ticket,
        };
        Some(job)
    }

    fn is_asked(&self) -> bool {
        self.counts.asked.load(SeqCst) != self.counts.dealt_with.load(SeqCst)
    }

    /// Whether a thread sleeps for want of a question.
    pub(super) fn has_idle(&self) -> bool {
        self.crew.any()
    }

    /// Says what was found out. Nobody may have waited for it so long.
    pub(super) fn answer(&self, job: &Job, finding: &Finding, tally: Tally) {
        let ticket = job.ticket;
        if !self.conclude(ticket, Phase::Taken, finding, tally, job.wake) {
            self.change(ticket, Phase::Forsaken, Phase::Free);
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
        let Some(slot) = self.slots.get(ticket.index()) else {
            return false;
        };
        if !self.change(ticket, from, Phase::Answering) {
            return false;
        }
        slot.answer(finding, tally);
        if let Wake::Descriptor { fd, word } = wake {
            // Before the last change of state: after it the descriptor may be closed, and be another one's.
            crate::ffi::wake::write(fd, word);
        }
        self.change(ticket, Phase::Answering, Phase::Answered);
        if from == Phase::Queued {
            self.counts.dealt_with.fetch_add(1, SeqCst);
        }
        self.counts.answered.fetch_add(1, SeqCst);
        if self.counts.listeners.load(SeqCst) > 0 {
            futex::wake_all(&self.counts.answered);
        }
        true
    }

    /// The word of a question that has been answered since; each is given once.
    pub(super) fn next(&self) -> Option<u64> {
        while self.counts.answered.load(SeqCst) != self.counts.heard.load(SeqCst) {
            let (_, slot) = self.find(&self.counts.told, Phase::Answered, Phase::Told)?;
            self.counts.heard.fetch_add(1, SeqCst);
            // The others have been told.
            if let Wake::Bell(word) = slot.wake() {
                return Some(word);
            }
        }
        None
    }

    /// What [`Desk::listen`] needs.
    pub(super) fn bell(&self) -> u32 {
        self.counts.answered.load(SeqCst)
    }

    /// Sleeps unless something was answered since the bell was read; for `span` at most.
    pub(super) fn listen(&self, bell: u32, span: Duration) {
        self.counts.listeners.fetch_add(1, SeqCst);
        futex::wait(&self.counts.answered, bell, span);
        self.counts.listeners.fetch_sub(1, SeqCst);
    }

    /// Takes what was found out, and the question off the desk.
    pub(super) fn collect(&self, ticket: Ticket) -> Collected {
        let Some((seen, slot)) = self.seen(ticket) else {
            return Collected::Gone;
        };
        match seen.phase {
            Phase::Reserved | Phase::Queued | Phase::Taken | Phase::Answering => Collected::Pending,
            Phase::Free | Phase::Forsaken => Collected::Gone,
            phase @ (Phase::Answered | Phase::Told) => {
                let (finding, tally) = slot.finding();
                let inquiry = slot.inquiry();
                let taken = self.change(ticket, phase, Phase::Free);
                if taken && phase == Phase::Answered {
                    self.counts.heard.fetch_add(1, SeqCst);
                }
                match (inquiry, taken) {
                    (Some(inquiry), true) => Collected::Done(inquiry, finding, tally),
                    // Told just now.
                    (Some(_), false) => Collected::Pending,
                    (None, _) => Collected::Gone,
                }
            }
        }
    }

    /// When it began, as long as it is on the desk.
    pub(super) fn started(&self, ticket: Ticket) -> Option<u64> {
        let (seen, slot) = self.seen(ticket)?;
        (seen.phase != Phase::Free).then(|| slot.started())
    }

    /// Takes a question off the desk that has not been answered. The inquiry, unless it is [`Desk::collect`]'s business by now.
    pub(super) fn forsake(&self, ticket: Ticket) -> Option<Inquiry> {
        let (seen, slot) = self.seen(ticket)?;
        let inquiry = slot.inquiry()?;
        let to = match seen.phase {
            Phase::Reserved | Phase::Queued => Phase::Free,
            Phase::Taken => Phase::Forsaken,
            _ => return None,
        };
        let forsaken = self.change(ticket, seen.phase, to);
        if forsaken && seen.phase == Phase::Queued {
            self.counts.dealt_with.fetch_add(1, SeqCst);
        }
        forsaken.then_some(inquiry)
    }

    /// Answers what should have been answered: what began before `limit`, in nanoseconds of the desk's clock.
    pub(super) fn expire(&self, limit: u64) {
        for (ticket, seen, slot) in self.all() {
            let failure = match seen.phase {
                Phase::Queued => Failure::TimeoutQueue,
                Phase::Taken => Failure::TimeoutResponse,
                _ => continue,
            };
            if slot.started() < limit {
                let finding = Finding::Failed(failure);
                self.conclude(ticket, seen.phase, &finding, Tally::default(), slot.wake());
            }
        }
    }

    /// Answers what a process that is dead had taken.
    pub(super) fn lost(&self) {
        self.crew.forget();
        for (ticket, seen, slot) in self.all() {
            match seen.phase {
                // Nobody else answers: who else may, is the caller.
                Phase::Taken | Phase::Answering => {
                    let finding = Finding::Failed(Failure::Internal);
                    self.conclude(ticket, seen.phase, &finding, Tally::default(), slot.wake());
                }
                Phase::Forsaken => {
                    self.change(ticket, Phase::Forsaken, Phase::Free);
                }
                _ => {}
            }
        }
    }

    /// Looks for a place in one state, from where the last one was found on, and brings it into another.
    fn find(&self, cursor: &AtomicU32, from: Phase, to: Phase) -> Option<(Ticket, &Slot)> {
        let start = usize::try_from(cursor.load(Relaxed)).unwrap_or(0);
        let (behind, ahead) = self.states.split_at_checked(start)?;
        let places = (start..).zip(ahead).chain((0..).zip(behind));
        for (place, state) in places {
            let seen = State::from_shared(state.load(Relaxed));
            if seen.phase != from {
                continue;
            }
            let ticket = Ticket {
                place: u32::try_from(place).ok()?,
                use_count: seen.use_count,
            };
            if self.change(ticket, from, to) {
                let next = if place + 1 == self.states.len() {
                    0
                } else {
                    ticket.place + 1
                };
                cursor.store(next, Relaxed);
                return Some((ticket, self.slots.get(place)?));
            }
        }
        None
    }

    fn all(&self) -> impl Iterator<Item = (Ticket, State, &Slot)> {
        let places = (0..).zip(self.states.iter()).zip(self.slots.iter());
        places.map(|((place, state), slot)| {
            let seen = State::from_shared(state.load(Acquire));
            let ticket = Ticket {
                place,
                use_count: seen.use_count,
            };
            (ticket, seen, slot)
        })
    }

    /// The state of a question that is on the desk still.
    fn seen(&self, ticket: Ticket) -> Option<(State, &Slot)> {
        let state = self.states.get(ticket.index())?;
        let seen = State::from_shared(state.load(Acquire));
        let slot = self.slots.get(ticket.index())?;
        (seen.use_count == ticket.use_count).then_some((seen, slot))
    }

    fn change(&self, ticket: Ticket, from: Phase, to: Phase) -> bool {
        let Some(state) = self.states.get(ticket.index()) else {
            return false;
        };
        let seen = State {
            phase: from,
            use_count: ticket.use_count,
        };
        state
            .compare_exchange(seen.to_shared(), seen.into(to).to_shared(), AcqRel, Acquire)
            .is_ok()
    }
}

impl Ticket {
    fn index(self) -> usize {
        usize::try_from(self.place).unwrap_or(usize::MAX)
    }

    /// As C keeps it.
    #[must_use]
    pub fn to_word(self) -> u64 {
        u64::from(self.use_count) << 32 | u64::from(self.place)
    }

    /// What C kept.
    #[must_use]
    pub fn from_word(word: u64) -> Self {
        let bytes = word.to_le_bytes();
        let (halves, _) = bytes.as_chunks();
        let mut halves = halves.iter().map(|half| u32::from_le_bytes(*half));
        let mut half = || halves.next().unwrap_or_default();
        Self {
            place: half(),
            use_count: half(),
        }
    }
}

#[cfg(test)]
mod tests;
