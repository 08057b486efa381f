// SPDX-License-Identifier: GPL-2.0-or-later
//! The decision from the outcome of a question.

use super::Policy;
use super::unasked::ANONYMOUS;
use crate::answer::Answer;
use crate::call_record::CallRecord;
use crate::called::Called;
use crate::config::ProfileId;
use crate::decision::{Decision, Source, Treatment};
use crate::failure::Failure;
use crate::identity::Caller;

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
    pub shows: Shows,
}

/// What the script may see of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Nothing: there is no number.
    Nothing,
    /// Where the number was read: it is withheld.
    Origin,
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

impl Policy<'_> {
    /// Makes the decision from the result. A failure allows the call. An answer whose TTL is over never blocks or redirects it.
    #[must_use]
    pub fn resume(&self, caller: &Caller, record: CallRecord, outcome: LookupOutcome) -> Decision {
        let mut decision = match outcome {
            LookupOutcome::Answered(answer) => self.follow(caller, &answer, Source::Api),
            LookupOutcome::Known(answer) => self.follow(caller, &answer, Source::Cache),
            LookupOutcome::Stale(answer, failure)
                if matches!(answer.treatment, Treatment::Allow | Treatment::Flag) =>
            {
                Decision {
                    failure,
                    ..self.follow(caller, &answer, Source::Cache)
                }
            }
            LookupOutcome::Stale(_, failure) | LookupOutcome::Failed(failure) => {
                self.fail_open(failure, Some(caller))
            }
            LookupOutcome::Settled(settled) => {
                let Settled {
                    answer,
                    source,
                    shows,
                } = settled;
                let decision = self.follow(caller, &answer, source);
                let is_anonymous = source == Source::Local && answer.reason.as_str() == ANONYMOUS;
                Decision {
                    failure: if is_anonymous {
                        Failure::Anonymous
                    } else {
                        decision.failure
                    },
                    number: decision.number.filter(|_| shows == Shows::Number),
                    number_from: decision.number_from.filter(|_| shows != Shows::Nothing),
                    ..decision
                }
            }
            LookupOutcome::CalledBack => self.call_back(),
        };
        self.carry_out(&mut decision, || record.enforced);
        decision
    }

    /// The decision after something failed: allow.
    #[must_use]
    pub fn fail_open(&self, failure: Failure, caller: Option<&Caller>) -> Decision {
        Decision {
            number_from: caller.map(|caller| caller.from),
            verification: caller.map(|caller| caller.verification).unwrap_or_default(),
            ..Decision::allow(
                self.options.allow_code.code(),
                Source::FailOpen,
                failure,
                caller.map(|caller| caller.number),
            )
        }
    }

    fn follow(&self, caller: &Caller, answer: &Answer, source: Source) -> Decision {
        let decided = Decision {
            profile: ProfileId::BASE,
            treatment: answer.treatment,
            would: answer.treatment,
            enforced: true,
            reply: answer.reply,
            reason: answer.reason,
            source,
            failure: Failure::None,
            number: Some(caller.number),
            number_from: Some(caller.from),
            verification: caller.verification,
            understands_608: caller.understands_608,
            called: Called::NOBODY,
            advice: answer.advice,
        };
        // The API never supplies a target, and a 302 without a Contact would drop the call.
        if answer.treatment == Treatment::Redirect && self.redirect_contact.is_none() {
            return self.without_contact(&decided);
        }
        decided
    }
}
