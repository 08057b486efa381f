// SPDX-License-Identifier: GPL-2.0-or-later
//! Single flight: concurrent lookups of the same key share one request, across all processes.
//!
//! The first lookup of a key leads: it asks the API, stores the answer in the cache and finishes. Lookups that start meanwhile
//! follow: they sleep until the leader has finished, and find the answer in the cache.
//!
//! * If the leader's request fails, one follower leads a second request. If that fails too, the other followers fail with it.
//! * If a leader dies or does not finish in time, one follower takes its place.
//! * A follower never waits longer than its own deadline.
//!
//! There is no lock. Each step is one atomic change of one word of shared memory, and is repeated or given up if another thread
//! has changed the word before.

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
    /// The requests in flight, in shared memory.
    pub struct InFlight {
        slots: [Slot; 1 << SLOT_BITS],
    }
}

/// The role of a lookup in a flight.
#[derive(Debug)]
pub enum Role<'a> {
    /// Ask the API. Search the cache once more before that: an earlier leader may have finished since the last search.
    Lead(Leader<'a>),
    /// Another lookup is asking: wait for it.
    Follow(Follower<'a>),
    /// Ask the API without followers: the slot of this key is in use for another key.
    Alone,
}

/// How a wait ended.
#[derive(Debug)]
pub enum Waited<'a> {
    /// The leader got an answer. It is in the cache, unless it was one that is not stored.
    Answered,
    /// Two requests failed, the second one with this failure.
    Failed(Failure),
    /// The caller leads now: the leader failed, died, or did not finish in time.
    YourTurn(Leader<'a>),
    /// The caller's own deadline has passed.
    TimedOut,
}

/// The duty to ask the API, and to [`Leader::finish`] afterwards. Dropped without that (by a panic), it counts as a failed
/// request: [`Failure::Internal`].
#[derive(Debug)]
pub struct Leader<'a> {
    slot: &'a Slot,
    word: Word,
    failure: Option<Failure>,
}

/// A lookup that waits for a leader.
#[derive(Debug)]
pub struct Follower<'a> {
    slot: &'a Slot,
    flight: Word,
}

impl InFlight {
    /// Maps the memory, before fork. No request is in flight. An error if there is no memory.
    pub fn new() -> io::Result<impl Deref<Target = Self>> {
        Shared::<Self>::new()
    }

    /// Joins the flight of `key`, or starts one. A leader that has not finished by `until` is replaced.
    #[must_use]
    pub fn join(&self, key: Key, until: Moment, now: Moment) -> Role<'_> {
        let [_, word] = key.words();
        // One slot for each key. With a choice of slots, two workers could start the same flight in two of them.
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
                Err(changed) => seen = changed,
            }
        }
        Role::Alone
    }
}

impl<'a> Follower<'a> {
    /// Waits until the leader has finished, the caller is to lead, or its own `deadline` has passed. `clock` is the engine's.
    #[must_use]
    pub fn wait(self, deadline: Deadline, clock: impl Fn(Instant) -> Moment) -> Waited<'a> {
        let Self { slot, flight } = self;
        loop {
            // Read before the slot: a leader that finishes after that changes this number, which ends the sleep.
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

    /// Ends the request, with its failure if it failed. An answer must be in the cache before.
    pub fn finish(mut self, failure: Option<Failure>) {
        self.failure = failure;
    }
}

/// Ends the request also after a panic, so that no follower waits for it.
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
        // If another lookup leads by now, the flight is its own.
        if self.slot.change(self.word, next).is_ok() {
            self.slot.wake_all();
        }
    }
}

/// Whether the leader's process lives.
fn lives(word: Word) -> bool {
    word.leader == process::id() || is_alive(word.leader)
}

/// When a leader with the deadline `until` is replaced.
fn until_end(until: Moment, now: Moment) -> Until {
    Until::new(until.min(now.after(LONGEST)).after(GRACE))
}

/// The index of a key's slot.
fn place(key: u64) -> usize {
    usize::try_from(key & ((1 << SLOT_BITS) - 1)).unwrap_or(0)
}

/// Bits of a key that select its slot. There are 4096 slots, and as many of them are in use as lookups are made at a time. With
/// 64 lookups, the default of `async_lookups`, one key in 64 finds its slot in use and asks alone.
const SLOT_BITS: u32 = 12;

/// How often a lookup tries to change a slot that others change as well.
const TRIES: usize = 8;

/// How often a follower checks whether the leader's process lives.
const CHECK: Duration = Duration::from_millis(20);

/// How long after its deadline a leader may finish.
const GRACE: Duration = Duration::from_millis(100);

/// Longer than any deadline: `timeout` is 5 s at most.
const LONGEST: Duration = Duration::from_secs(10);

// [`Until`] needs this.
const _: () = assert!((LONGEST.as_millis() + GRACE.as_millis()) / 16 + 1 < slot::LONGEST as u128);

#[cfg(test)]
mod tests;
