// SPDX-License-Identifier: GPL-2.0-or-later
//! The decision from the outcome of a question.

use super::Policy;
use super::outcome::{Disclosure, LookupOutcome, Settled};
use crate::answer::Answer;
use crate::call_record::CallRecord;
use crate::called::Called;
use crate::config::ProfileId;
use crate::decision::{Decision, Source, Treatment};
use crate::failure::Failure;
use crate::identity::Caller;
use crate::reason::ANONYMOUS;

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
                    discloses,
                } = settled;
                let decision = self.follow(caller, &answer, source);
                let is_anonymous = source == Source::Local && answer.reason.as_str() == ANONYMOUS;
                Decision {
                    failure: if is_anonymous {
                        Failure::Anonymous
                    } else {
                        decision.failure
                    },
                    number: decision.number.filter(|_| discloses == Disclosure::Number),
                    number_from: decision
                        .number_from
                        .filter(|_| discloses != Disclosure::Nothing),
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
