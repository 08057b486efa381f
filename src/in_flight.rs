// SPDX-License-Identifier: GPL-2.0-or-later
//! One request for all calls that want the same answer at the same time, whichever worker has them.
//!
//! The first one leads: it asks the API, puts the answer into the cache and lands. Those who come meanwhile follow: they
//! sleep until it has landed, and find the answer in the cache. If the leader fails, one of them leads a second request; if
//! that fails too, the rest give up with its failure. If a leader dies, one of them takes its place.
//!
//! No step needs a lock: each changes one word of shared memory, or finds that somebody else was quicker.

mod slot;

use std::io;
use std::ops::Deref;
use std::process;
use std::time::{Duration, Instant};

use self::slot::{Slot, Stage, Until, Word};
use crate::cache::Key;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::process::is_alive;
use crate::os::shared::{Shared, shareable};

shareable! {
    /// The requests that are under way. They live in shared memory.
    pub struct InFlight {
        slots: [Slot; 1 << SLOT_BITS],
    }
}

/// What a caller is to do.
#[derive(Debug)]
pub enum Role<'a> {
    /// Ask the API. But look into the cache first, once more: the last flight may have landed since the caller looked.
    Lead(Leader<'a>),
    /// Somebody asks already: wait.
    Follow(Follower<'a>),
    /// Ask the API, and tell nobody: another key is in the way.
    Alone,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Waited<'a> {
    /// There was an answer. It is in the cache, unless it may not be remembered.
    Answered,
    /// Two requests failed, the second like this.
    Failed(Failure),
    /// It is the caller's turn to ask the API: the leader failed, died, or came to no end.
    YourTurn(Leader<'a>),
    /// The caller's own deadline is over.
    TimedOut,
}

/// The duty to ask the API, and to [`Leader::land`] afterwards.
#[derive(Debug)]
pub struct Leader<'a> {
    slot: &'a Slot,
    word: Word,
    failure: Option<Failure>,
}

/// A caller that waits for a leader.
#[derive(Debug)]
pub struct Follower<'a> {
    slot: &'a Slot,
    flight: Word,
}

impl InFlight {
    /// Makes the memory, before fork. No request is under way.
    pub fn new() -> io::Result<impl Deref<Target = Self>> {
        Shared::<Self>::new()
    }

    /// Joins the flight of `key`, or starts it. At `until` the caller would be at its end.
    #[must_use]
    pub fn join(&self, key: Key, until: Moment, now: Moment) -> Role<'_> {
        let [_, word] = key.words();
        // One place for each key. With a choice of places, two workers could start the same flight in two of them.
        let Some(slot) = self.slots.get(place(word)) else {
            return Role::Alone;
        };
        let tag = slot::tag(word >> SLOT_BITS);
        let mut seen = slot.load();
        for _ in 0..TRIES {
            let (stage, number) = if seen.stage == Stage::Free || seen.until.is_over(now) {
                (Stage::First, slot::after(seen.number))
            } else if seen.tag != tag {
                return Role::Alone;
            } else if seen.stage == Stage::Failed {
                (Stage::Second, seen.number)
            } else if lives(seen) {
                return Role::Follow(Follower { slot, flight: seen });
            } else {
                (seen.stage, seen.number)
            };
            let next = Word {
                stage,
                leader: process::id(),
                until: until_end(until, now),
                tag,
                number,
            };
            match slot.change(seen, next) {
                Ok(()) => return Role::Lead(Leader::new(slot, next)),
                Err(quicker) => seen = quicker,
            }
        }
        Role::Alone
    }
}

impl<'a> Follower<'a> {
    /// Waits until the flight has landed, it is the caller's turn, or its own `deadline` is over.
    #[must_use]
    pub fn wait(self, deadline: Deadline, clock: impl Fn(Instant) -> Moment) -> Waited<'a> {
        let Self { slot, flight } = self;
        loop {
            // Before the look at the slot: a landing behind it changes the wakeups, and ends the sleep.
            let wakeups = slot.wakeups();
            let seen = slot.load();
            let now = Instant::now();
            if seen.stage == Stage::Free || !seen.is_flight_of(flight) {
                return slot
                    .last_failure(flight)
                    .map_or(Waited::Answered, Waited::Failed);
            }
            let Some(left) = deadline.left(now) else {
                return Waited::TimedOut;
            };
            let now = clock(now);
            let turn = match seen.stage {
                Stage::Free | Stage::Failed => Some(Stage::Second),
                Stage::First if seen.until.is_over(now) => Some(Stage::Second),
                Stage::Second if seen.until.is_over(now) => {
                    return Waited::Failed(Failure::TimeoutResponse);
                }
                stage => (!lives(seen)).then_some(stage),
            };
            let Some(stage) = turn else {
                slot.sleep(wakeups, left.min(CHECK));
                continue;
            };
            let next = Word {
                stage,
                leader: process::id(),
                until: until_end(now.after(left), now),
                ..flight
            };
            if slot.change(seen, next).is_ok() {
                return Waited::YourTurn(Leader::new(slot, next));
            }
        }
    }
}

impl<'a> Leader<'a> {
    fn new(slot: &'a Slot, word: Word) -> Self {
        Self {
            slot,
            word,
            failure: Some(Failure::Internal),
        }
    }

    /// Ends the flight, with a failure if there was one. An answer that may be remembered is in the cache before.
    pub fn finish(mut self, failure: Option<Failure>) {
        self.failure = failure;
    }
}

/// Lands it. Whoever dropped it without a word had a fault of its own, and must not keep the others waiting.
impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let stage = match self.failure {
            Some(_) if self.word.stage == Stage::First => Stage::Failed,
            Some(failure) => {
                self.slot.record_failure(self.word, failure);
                Stage::Free
            }
            None => {
                self.slot.clear_failure(self.word);
                Stage::Free
            }
        };
        let next = Word { stage, ..self.word };
        // If somebody else leads by now, it is not ours to end.
        if self.slot.change(self.word, next).is_ok() {
            self.slot.wake_all();
        }
    }
}

/// Whether the leader's process lives.
fn lives(word: Word) -> bool {
    word.leader == process::id() || is_alive(word.leader)
}

/// When a leader whose deadline is over at `until` comes to no end.
fn until_end(until: Moment, now: Moment) -> Until {
    Until::new(until.min(now.after(LONGEST)).after(GRACE))
}

/// The place of a key.
fn place(key: u64) -> usize {
    usize::try_from(key & ((1 << SLOT_BITS) - 1)).unwrap_or(0)
}

/// Bits of a key that say its place. There are 4096 places, with as many flights in them as there are lookups at a time. With
/// 64, which is the default of `async_lookups`, one key in 64 meets another in its place, and asks alone.
const SLOT_BITS: u32 = 12;

/// How often a caller tries to be the quicker one.
const TRIES: usize = 8;

/// How often those who wait look whether the leader lives.
const CHECK: Duration = Duration::from_millis(20);

/// What a leader may be late.
const GRACE: Duration = Duration::from_millis(100);

/// No deadline is longer (`timeout` ends at 5 s).
const LONGEST: Duration = Duration::from_secs(10);

// As [`Until`] wants it.
const _: () = assert!((LONGEST.as_millis() + GRACE.as_millis()) / 16 + 1 < slot::LONGEST as u128);

#[cfg(test)]
mod tests;
