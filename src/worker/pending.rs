// SPDX-License-Identifier: GPL-2.0-or-later
//! A call whose lookup another worker may make.

use crate::answer::Answer;
use crate::call_record::CallRecord;
use crate::called::Called;
use crate::config::{ProfileId, Timeout};
use crate::counters::Counters;
use crate::decision::Decision;
use crate::failure::Failure;
use crate::identity::Caller;
use crate::number::Number;
use crate::policy::{LookupOutcome, Settled};
use crate::question::IdempotencyKey;

/// The result of [`Worker::begin`](super::Worker::begin).
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Begun {
    /// It is decided.
    Decided(Decision, Counters),
    /// A lookup is needed: [`Worker::answer`](super::Worker::answer) makes it.
    Ask(PendingLookup),
}

/// What is needed of a call when the answer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The profile that decides.
    pub profile: ProfileId,
    /// The caller.
    pub caller: Caller,
    /// What the log and the statistics need of the call.
    pub record: CallRecord,
    /// Who is called, if the decision may need to name it.
    pub called: Called,
}

/// A question that another worker may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingLookup {
    /// What the decision needs of the call.
    pub asked: Asked,
    /// The timeout of the profile that decides.
    pub timeout: Timeout,
    /// The called number, if the call goes to one.
    pub called: Option<Number>,
    /// The number that the caller dialled, if the script sends the call somewhere else.
    pub dialled: Option<Number>,
    /// The `Idempotency-Key` of the call.
    pub key: IdempotencyKey,
    /// What is known without a lookup.
    pub known: Known,
    /// What the search for an answer adds to the statistics, if it ends here.
    pub counters: Counters,
}

/// What is known about a call before its lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// An answer whose TTL is over. It is used if there is no newer one.
    Earlier(Answer),
    /// The decision: only whether another server knows of an emergency call is to be looked up.
    Settled(Settled),
}

impl PendingLookup {
    /// The outcome if nothing is found.
    #[must_use]
    pub fn unanswered(&self, failure: Failure) -> (LookupOutcome, Counters) {
        let outcome = match self.known {
            Known::Nothing => LookupOutcome::Failed(failure),
            Known::Earlier(answer) => LookupOutcome::Stale(answer, failure),
            Known::Settled(settled) => LookupOutcome::Settled(settled),
        };
        (outcome, self.counters)
    }
}
