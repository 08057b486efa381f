// SPDX-License-Identifier: GPL-2.0-or-later
//! Single flight: calls from one number that arrive together make one request, whichever workers they are at.
//!
//! The first call of a number leads: it asks, and the others wait for it, each within its own deadline. When the leader fails,
//! one of the others asks once more; when that fails too, all give up. When a leader dies, another takes over.

mod slot;

use std::process;
use std::time::{Duration, Instant};

use self::slot::{Phase, Slot, Word};
use crate::cache::Key;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::ffi::shared::shareable;

shareable! {
    /// The questions that are being asked. They live in shared memory.
    pub struct Flights {
        slots: [Slot; SLOTS],
    }
}

/// What a call has to do.
#[derive(Debug)]
pub enum Role<'a> {
    /// Ask, and tell the others.
    Lead(Ticket<'a>),
    /// Wait for who asks already.
    Follow(Flight<'a>),
    /// Ask for itself: another number has the place.
    Alone,
}

/// The leader's duty to tell the others. A ticket that is dropped tells them that its holder failed.
#[derive(Debug)]
pub struct Ticket<'a> {
    slot: &'a Slot,
    word: Word,
    failure: Option<Failure>,
}

/// Somebody else's request.
#[derive(Debug)]
pub struct Flight<'a> {
    slot: &'a Slot,
    word: Word,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Landed<'a> {
    /// The answer, if it is one to keep, is in the cache.
    Answered,
    /// Two requests failed, the last one so.
    Failed(Failure),
    /// The leader failed, or died: ask in its place.
    YourTurn(Ticket<'a>),
    /// The waiter's own deadline is over.
    TimedOut,
}

impl Flights {
    /// Joins the flight for `key`, or starts one that lasts until `until` at the most.
    #[must_use]
    pub fn join(&self, key: Key, until: Moment, now: Moment) -> Role<'_> {
        let Some(slot) = self.slots.get(key.place(SLOTS)) else {
            return Role::Alone;
        };
        let word = slot.word();
        let same = slot.is_of(key) && slot.word() == word;
        let led = match word.phase() {
            Phase::First | Phase::Second if !slot.is_abandoned(now) => {
                return if same {
                    Role::Follow(Flight { slot, word })
                } else {
                    Role::Alone
                };
            }
            // Somebody writes it at this very moment, or died doing so.
            Phase::Claimed if !slot.is_abandoned(now) => return Role::Alone,
            Phase::FailedOnce if same && !slot.is_over(now) => slot.advance(word, Phase::Second),
            _ => slot.claim(word, key, until),
        };
        led.map_or(Role::Alone, |word| Role::Lead(Ticket::new(slot, word)))
    }
}

impl<'a> Ticket<'a> {
    fn new(slot: &'a Slot, word: Word) -> Self {
        slot.set_leader(process::id());
        Self {
            slot,
            word,
            failure: Some(Failure::Internal),
        }
    }

    /// Tells the others how it went.
    pub fn land(mut self, failure: Option<Failure>) {
        self.failure = failure;
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let phase = match (self.failure, self.word.phase()) {
            (None, _) => Phase::Answered,
            (Some(_), Phase::Second) => Phase::FailedTwice,
            (Some(_), _) => Phase::FailedOnce,
        };
        self.slot.set_failure(self.failure.unwrap_or(Failure::None));
        // If somebody took over meanwhile, it is no longer ours to tell.
        if self.slot.advance(self.word, phase).is_some() {
            self.slot.wake();
        }
    }
}

impl<'a> Flight<'a> {
    /// Waits until the request has come to an end.
    #[must_use]
    pub fn wait(self, deadline: Deadline, clock: impl Fn(Instant) -> Moment) -> Landed<'a> {
        let slot = self.slot;
        loop {
            let now = Instant::now();
            let word = slot.word();
            if word.flight() != self.word.flight() {
                // The place is somebody else's by now, so this flight has landed.
                return Landed::Answered;
            }
            let turn = match word.phase() {
                Phase::Answered => return Landed::Answered,
                Phase::FailedTwice => return Landed::Failed(slot.failure()),
                Phase::FailedOnce => slot.advance(word, Phase::Second),
                Phase::First | Phase::Second if slot.is_abandoned(clock(now)) => slot.again(word),
                _ => None,
            };
            if let Some(word) = turn {
                return Landed::YourTurn(Ticket::new(slot, word));
            }
            let Some(left) = deadline.left(now) else {
                return Landed::TimedOut;
            };
            if matches!(word.phase(), Phase::First | Phase::Second | Phase::Claimed) {
                slot.wait(word, left.min(LOOK));
            }
        }
    }
}

/// As many questions may be under way at once as there are workers and asynchronous lookups; a place is 48 bytes.
const SLOTS: usize = 4096;

/// How often a waiter looks whether the leader is alive.
const LOOK: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests;
