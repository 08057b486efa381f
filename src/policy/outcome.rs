// SPDX-License-Identifier: GPL-2.0-or-later
//! What came of a question.

use crate::answer::Answer;
use crate::decision::Source;
use crate::failure::Failure;

/// The result of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum LookupOutcome {
    /// The API's answer to this question.
    Answered(Answer),
    /// An earlier answer to the same question, within its TTL.
    Known(Answer),
    /// An earlier answer whose TTL is over, and why there is no newer one.
    Stale(Answer, Failure),
    /// Nothing.
    Failed(Failure),
    /// A decision that was made without a question.
    Settled(Settled),
    /// The called number called an emergency number lately, as another server knows.
    CalledBack,
}

/// A decision that was made without a question. It stands unless the call is one back to an emergency caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What was decided.
    pub answer: Answer,
    /// What decided.
    pub source: Source,
    /// What the script may see of the caller.
    pub discloses: Disclosure,
}

/// What the script may see of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// Nothing: there is no number.
    Nothing,
    /// Where the number was read: it is withheld.
    Source,
    /// The number, and where it was read.
    Number,
}

impl LookupOutcome {
    /// The outcome of a request.
    #[must_use]
    pub fn of(outcome: Result<Answer, Failure>) -> Self {
        outcome.map_or_else(Self::Failed, Self::Answered)
    }

    /// A failure, for which an earlier answer may stand in.
    #[must_use]
    pub fn late(failure: Failure, earlier: Option<Answer>) -> Self {
        earlier.map_or(Self::Failed(failure), |answer| Self::Stale(answer, failure))
    }

    /// What failed, if nothing was found.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Failed(failure) => Some(*failure),
            _ => None,
        }
    }
}
