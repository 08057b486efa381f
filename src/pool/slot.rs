// SPDX-License-Identifier: GPL-2.0-or-later
//! One slot of the queue.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::Wake;
use crate::answer::{Answer, Packed};
use crate::call_record::CallRecord;
use crate::called::Called;
use crate::config::{ProfileId, Timeout};
use crate::counters::Counters;
use crate::decision::Source;
use crate::failure::Failure;
use crate::identity::Caller;
use crate::number::Number;
use crate::os::shared::shareable;
use crate::policy::{Disclosure, LookupOutcome, Settled};
use crate::question::IdempotencyKey;
use crate::worker::{Asked, Known, PendingLookup};

shareable! {
    /// A question and, later, the outcome of its lookup. Only the thread that changed the slot's state accesses it, and that
    /// change orders all accesses; so these words can be relaxed.
    #[repr(C, align(64))]
    pub(super) struct Slot {
        /// Nanoseconds of the queue's clock.
        started: AtomicU64,
        /// The index of the profile in the lower 32 bits, its timeout in milliseconds in the upper ones.
        profile: AtomicU64,
        caller: [AtomicU64; 3],
        record: [AtomicU64; CallRecord::WORDS],
        called_user: [AtomicU64; Called::WORDS],
        /// Zeros if the call does not go to a number.
        called: [AtomicU64; 2],
        /// Zeros if it is no other one.
        dialled: [AtomicU64; 2],
        key: [AtomicU64; 2],
        wake: [AtomicU64; 2],
        /// See [`Head`].
        head: AtomicU64,
        answer: [AtomicU64; Whole::WORDS],
    }
}

/// Any answer fits: it is the answer to this call, and no part of it may be lost.
type Whole = Packed<304>;

impl Slot {
    pub(super) fn ask(&self, lookup: &PendingLookup, started: u64) {
        self.started.store(started, Relaxed);
        let timeout = u64::from(lookup.timeout.milliseconds());
        let asked = lookup.asked;
        let profile = u64::try_from(asked.profile.index()).unwrap_or(0);
        self.profile.store(timeout << 32 | profile, Relaxed);
        store(&self.caller, asked.caller.to_shared());
        store(&self.record, asked.record.to_shared());
        store(&self.called_user, asked.called.to_shared());
        let words = |number: Option<Number>| number.map_or([0; 2], |number| number.to_shared());
        store(&self.called, words(lookup.called));
        store(&self.dialled, words(lookup.dialled));
        store(&self.key, lookup.key.to_shared());
        // The earlier answer is kept where the new one will be written.
        let (outcome, counters) = lookup.unanswered(Failure::None);
        self.answer(&outcome, counters);
    }

    /// The question, until it is answered.
    pub(super) fn lookup(&self) -> Option<PendingLookup> {
        let (outcome, counters) = self.outcome();
        Some(PendingLookup {
            asked: self.asked()?,
            timeout: self.timeout()?,
            called: Number::from_shared(load(&self.called)),
            dialled: Number::from_shared(load(&self.dialled)),
            key: IdempotencyKey::from_shared(load(&self.key)),
            known: match outcome {
                LookupOutcome::Stale(answer, _) => Known::Earlier(answer),
                LookupOutcome::Settled(settled) => Known::Settled(settled),
                _ => Known::Nothing,
            },
            counters,
        })
    }

    /// What the decision needs of the call.
    pub(super) fn asked(&self) -> Option<Asked> {
        let index = self.profile.load(Relaxed) & u64::from(u32::MAX);
        Some(Asked {
            profile: ProfileId::new(usize::try_from(index).ok()?)?,
            caller: Caller::from_shared(load(&self.caller))?,
            record: CallRecord::from_shared(load(&self.record)),
            called: Called::from_shared(load(&self.called_user)),
        })
    }

    /// The timeout of the profile that decides.
    pub(super) fn timeout(&self) -> Option<Timeout> {
        Timeout::new(i32::try_from(self.profile.load(Relaxed) >> 32).ok()?)
    }

    pub(super) fn started(&self) -> u64 {
        self.started.load(Relaxed)
    }

    pub(super) fn set_wake(&self, wake: Wake) {
        store(&self.wake, wake.to_shared());
    }

    pub(super) fn wake(&self) -> Wake {
        Wake::from_shared(load(&self.wake))
    }

    pub(super) fn answer(&self, outcome: &LookupOutcome, counters: Counters) {
        let (mut failure, mut source, mut discloses) =
            (Failure::None, Source::Api, Disclosure::Nothing);
        let (kind, answer) = match outcome {
            LookupOutcome::Answered(answer) => (Kind::Answered, Some(answer)),
            LookupOutcome::Known(answer) => (Kind::Known, Some(answer)),
            LookupOutcome::Stale(answer, why) => {
                failure = *why;
                (Kind::Stale, Some(answer))
            }
            LookupOutcome::Failed(why) => {
                failure = *why;
                (Kind::Failed, None)
            }
            LookupOutcome::Settled(settled) => {
                (source, discloses) = (settled.source, settled.discloses);
                (Kind::Settled, Some(&settled.answer))
            }
            LookupOutcome::CalledBack => (Kind::CalledBack, None),
        };
        let packed = answer.and_then(Whole::new);
        let len = packed.map_or(0, |packed| {
            for (to, word) in self.answer.iter().zip(packed.words()) {
                to.store(word, Relaxed);
            }
            packed.len()
        });
        let head = Head {
            kind,
            failure,
            len,
            counters,
            source,
            discloses,
        };
        self.head.store(head.to_shared(), Relaxed);
    }

    /// The outcome. [`Failure::Internal`] if the words make no sense.
    pub(super) fn outcome(&self) -> (LookupOutcome, Counters) {
        let Head {
            kind,
            failure,
            len,
            counters,
            source,
            discloses,
        } = Head::from_shared(self.head.load(Relaxed));
        let words = self.answer.iter().map(|word| word.load(Relaxed));
        let answer = || -> Option<Answer> { Whole::from_words(len, words).answer() };
        let outcome = match kind {
            Kind::Answered => answer().map(LookupOutcome::Answered),
            Kind::Known => answer().map(LookupOutcome::Known),
            Kind::Stale => answer().map(|answer| LookupOutcome::Stale(answer, failure)),
            Kind::Failed => Some(LookupOutcome::Failed(failure)),
            Kind::Settled => answer().map(|answer| {
                LookupOutcome::Settled(Settled {
                    answer,
                    source,
                    discloses,
                })
            }),
            Kind::CalledBack => Some(LookupOutcome::CalledBack),
        };
        (
            outcome.unwrap_or(LookupOutcome::Failed(Failure::Internal)),
            counters,
        )
    }
}

/// What precedes the answer, in one word: kind (8 bits), failure (8), length of the answer (16), [`Counters::changes`] (16), the
/// other fields of [`Counters`] (8), the source of a settled decision (6), what is shown of its caller (2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    kind: Kind,
    failure: Failure,
    len: usize,
    counters: Counters,
    source: Source,
    discloses: Disclosure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Answered,
    Known,
    Stale,
    Settled,
    CalledBack,
}

impl Head {
    fn to_shared(self) -> u64 {
        // Destructured, so that a new field is a compile error here.
        let Counters {
            cache_miss,
            failed_before,
            coalesced,
            redis_hit,
            redis_fail,
            requested,
            retried,
            // Such a call is not queued.
            unknown_profile: _,
            changes,
        } = self.counters;
        let facts = [
            cache_miss,
            coalesced,
            redis_hit,
            redis_fail,
            requested,
            retried,
            failed_before,
        ];
        let facts = facts
            .into_iter()
            .rev()
            .fold(0, |bits, fact| bits << 1 | u64::from(fact));
        let len = u64::try_from(self.len).unwrap_or(0);
        let source = Source::ALL.iter().position(|known| *known == self.source);
        let source = source.map_or(0, |place| place as u64);
        self.kind as u64
            | (self.failure as u64) << 8
            | len << 16
            | u64::from(changes) << 32
            | facts << 48
            | source << 56
            | (self.discloses as u64) << 62
    }

    fn from_shared(word: u64) -> Self {
        let [
            kind,
            failure,
            len_low,
            len_high,
            changes_low,
            changes_high,
            facts,
            source,
        ] = word.to_le_bytes();
        let fact = |bit: u8| facts >> bit & 1 == 1;
        let failure = Failure::ALL.get(usize::from(failure));
        Self {
            kind: match kind {
                1 => Kind::Answered,
                2 => Kind::Known,
                3 => Kind::Stale,
                4 => Kind::Settled,
                5 => Kind::CalledBack,
                _ => Kind::Failed,
            },
            failure: failure.copied().unwrap_or(Failure::Internal),
            len: u16::from_le_bytes([len_low, len_high]).into(),
            counters: Counters {
                cache_miss: fact(0),
                coalesced: fact(1),
                redis_hit: fact(2),
                redis_fail: fact(3),
                requested: fact(4),
                retried: fact(5),
                failed_before: fact(6),
                unknown_profile: false,
                changes: u16::from_le_bytes([changes_low, changes_high]),
            },
            source: *Source::ALL
                .get(usize::from(source & 0x3f))
                .unwrap_or(&Source::Api),
            discloses: match source >> 6 {
                1 => Disclosure::Source,
                2 => Disclosure::Number,
                _ => Disclosure::Nothing,
            },
        }
    }
}

fn store<const N: usize>(words: &[AtomicU64; N], values: [u64; N]) {
    for (word, value) in words.iter().zip(values) {
        word.store(value, Relaxed);
    }
}

fn load<const N: usize>(words: &[AtomicU64; N]) -> [u64; N] {
    words.each_ref().map(|word| word.load(Relaxed))
}

#[cfg(test)]
mod tests;
