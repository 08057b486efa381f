// SPDX-License-Identifier: GPL-2.0-or-later
//! The place of one question.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use crate::cache::Key;
use crate::clock::Moment;
use crate::failure::Failure;
use crate::ffi::shared::shareable;
use crate::ffi::{futex, process};

shareable! {
    /// One flight at a time.
    pub(super) struct Slot {
        /// The number of the flight and its phase: what waiters wait for.
        word: AtomicU32,
        /// The process that asks.
        leader: AtomicU32,
        key: [AtomicU64; 2],
        /// When the leader's deadline is over.
        until: AtomicU64,
        /// The leader's failure.
        failure: AtomicU32,
    }
}

/// The number of a flight, which guards against taking a later one for it, and its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u32);

/// How far a flight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Phase {
    /// There is none.
    Idle = 0,
    /// It is being started.
    Claimed = 1,
    /// The first request is under way.
    First = 2,
    /// The first request failed, and nobody has made the second yet.
    FailedOnce = 3,
    /// The second request is under way.
    Second = 4,
    /// The second request failed.
    FailedTwice = 5,
    /// There is an answer.
    Answered = 6,
}

impl Slot {
    pub(super) fn word(&self) -> Word {
        Word(self.word.load(Acquire))
    }

    pub(super) fn is_of(&self, key: Key) -> bool {
        self.key
            .iter()
            .zip(key.words())
            .all(|(ours, theirs)| ours.load(Relaxed) == theirs)
    }

    /// Whether the leader's deadline is over.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        Moment::from_shared(self.until.load(Relaxed)).is_none_or(|until| until < now)
    }

    /// Whether whoever should move it on is gone.
    pub(super) fn is_abandoned(&self, now: Moment) -> bool {
        self.is_over(now) || !process::is_alive(self.leader.load(Relaxed))
    }

    /// Starts a new flight in this place.
    pub(super) fn claim(&self, old: Word, key: Key, until: Moment) -> Option<Word> {
        let claimed = self.swap(old, old.next(Phase::Claimed))?;
        // Until the phase is First nobody believes these.
        self.leader.store(std::process::id(), Relaxed);
        self.until.store(until.to_shared(), Relaxed);
        self.key
            .iter()
            .zip(key.words())
            .for_each(|(ours, theirs)| ours.store(theirs, Relaxed));
        self.swap(claimed, claimed.with(Phase::First))
    }

    /// Moves a flight on, if it is where the caller saw it.
    pub(super) fn advance(&self, old: Word, phase: Phase) -> Option<Word> {
        self.swap(old, old.with(phase))
    }

    /// Takes the place of a leader that is gone. It becomes another flight, in which the old leader has no say, if it wakes.
    pub(super) fn again(&self, old: Word) -> Option<Word> {
        self.swap(old, old.next(old.phase()))
    }

    pub(super) fn set_leader(&self, pid: u32) {
        self.leader.store(pid, Relaxed);
    }

    pub(super) fn set_failure(&self, failure: Failure) {
        self.failure.store(failure as u32, Release);
    }

    pub(super) fn failure(&self) -> Failure {
        let stored = self.failure.load(Acquire);
        Failure::ALL
            .iter()
            .copied()
            .find(|failure| *failure as u32 == stored)
            .unwrap_or(Failure::Internal)
    }

    /// Waits until the word changes, for `span` at the most.
    pub(super) fn wait(&self, word: Word, span: Duration) {
        futex::wait(&self.word, word.0, span);
    }

    /// Wakes all who wait.
    pub(super) fn wake(&self) {
        futex::wake_all(&self.word);
    }

    fn swap(&self, old: Word, new: Word) -> Option<Word> {
        self.word
            .compare_exchange(old.0, new.0, AcqRel, Acquire)
            .is_ok()
            .then_some(new)
    }
}

impl Word {
    /// The number of the flight.
    pub(super) fn flight(self) -> u32 {
        self.0 >> PHASE_BITS
    }

    pub(super) fn phase(self) -> Phase {
        match self.0 & PHASE_MASK {
            1 => Phase::Claimed,
            2 => Phase::First,
            3 => Phase::FailedOnce,
            4 => Phase::Second,
            5 => Phase::FailedTwice,
            6 => Phase::Answered,
            _ => Phase::Idle,
        }
    }

    fn with(self, phase: Phase) -> Self {
        Self((self.0 & !PHASE_MASK) | phase as u32)
    }

    fn next(self, phase: Phase) -> Self {
        Self((self.flight().wrapping_add(1) << PHASE_BITS) | phase as u32)
    }
}

const PHASE_BITS: u32 = 3;
const PHASE_MASK: u32 = (1 << PHASE_BITS) - 1;
