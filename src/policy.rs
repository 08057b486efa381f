// SPDX-License-Identifier: GPL-2.0-or-later
//! The decision: two pure halves around one question to the API.

use crate::answer::Answer;
use crate::config::{Config, ContactUri, Wishes};
use crate::decision::{Decision, SipReply, Source, Treatment};
use crate::failure::Failure;
use crate::number::{Caller, Number};
use crate::question::{Origin, Question};

/// One SIP request, as the server parsed it. Absent values are empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The method.
    pub method: &'a [u8],
    /// Body of Call-ID.
    pub call_id: &'a [u8],
    /// Tag of From.
    pub from_tag: &'a [u8],
    /// Tag of To, there in a dialog.
    pub to_tag: &'a [u8],
    /// URI of From.
    pub from_uri: &'a [u8],
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Step<'a> {
    /// Nothing is to be asked.
    Answer(Decision),
    /// Ask the API, and [`Policy::resume`] with what was found out.
    Ask(Question<'a>),
}

/// What was found out about a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Finding {
    /// The API's answer to this question.
    Answered(Answer),
    /// An earlier answer to the same question, which still holds.
    Known(Answer),
    /// An earlier answer that no longer holds, and why there is no newer one.
    Stale(Answer, Failure),
    /// Nothing.
    Failed(Failure),
}

impl Finding {
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

/// The operator's rules.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    wishes: &'a Wishes,
    redirect_contact: Option<&'a ContactUri>,
}

impl<'a> Policy<'a> {
    /// The rules of a configuration.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        Self {
            wishes: &config.wishes,
            redirect_contact: config.redirect_contact.as_ref(),
        }
    }

    /// Looks at a call. Only an initial INVITE from a telephone number is worth a question.
    #[must_use]
    pub fn begin(&self, call: &Call<'a>) -> Step<'a> {
        if call.method != b"INVITE" || !call.to_tag.is_empty() {
            return Step::Answer(self.bypass(Failure::None));
        }
        match Caller::from_uri(call.from_uri) {
            Caller::Anonymous => Step::Answer(self.bypass(Failure::Anonymous)),
            Caller::NoNumber => Step::Answer(self.bypass(Failure::NoNumber)),
            Caller::Number(number) => Step::Ask(Question {
                number,
                wishes: self.wishes,
                origin: Origin::Call {
                    call_id: call.call_id,
                    from_tag: call.from_tag,
                },
            }),
        }
    }

    /// Turns what was found out about a number into a decision. A failure allows the call, and an answer that no longer holds never blocks
    /// or redirects it.
    #[must_use]
    pub fn resume(&self, number: Number, finding: Finding) -> Decision {
        match finding {
            Finding::Answered(answer) => self.follow(number, &answer, Source::Api),
            Finding::Known(answer) => self.follow(number, &answer, Source::Cache),
            Finding::Stale(answer, failure)
                if matches!(answer.treatment, Treatment::Allow | Treatment::Flag) =>
            {
                Decision {
                    failure,
                    ..self.follow(number, &answer, Source::Cache)
                }
            }
            Finding::Stale(_, failure) | Finding::Failed(failure) => {
                self.fail_open(failure, Some(number))
            }
        }
    }

    /// The decision after something failed: allow.
    #[must_use]
    pub fn fail_open(&self, failure: Failure, number: Option<Number>) -> Decision {
        Decision::allow(
            self.wishes.allow_code.code(),
            Source::FailOpen,
            failure,
            number,
        )
    }

    fn bypass(&self, failure: Failure) -> Decision {
        Decision::allow(self.wishes.allow_code.code(), Source::Bypass, failure, None)
    }

    fn follow(&self, number: Number, answer: &Answer, source: Source) -> Decision {
        let decided = Decision {
            treatment: answer.treatment,
            would: answer.treatment,
            reply: answer.reply,
            reason: answer.reason,
            source,
            failure: Failure::None,
            number: Some(number),
            advice: answer.advice,
        };
        // The API never supplies a target, and a 302 without a Contact would drop the call.
        if answer.treatment == Treatment::Redirect && self.redirect_contact.is_none() {
            return Decision {
                treatment: Treatment::Allow,
                reply: SipReply::standard(self.wishes.allow_code.code()),
                failure: Failure::NoContact,
                ..decided
            };
        }
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Finding, Policy, Step};
    use crate::answer::Answer;
    use crate::config::tests::given;
    use crate::config::{Config, Given};
    use crate::decision::{Advice, SipReply, Source, Treatment};
    use crate::failure::Failure;
    use crate::text::Text;

    const CALL: Call<'_> = Call {
        method: b"INVITE",
        call_id: b"1@example.com",
        from_tag: b"a",
        to_tag: b"",
        from_uri: b"sip:+14155550123@example.com",
    };

    fn answer(treatment: Treatment, code: u16) -> Answer {
        Answer {
            treatment,
            reply: SipReply::standard(code),
            reason: Text::EMPTY,
            advice: Advice::default(),
        }
    }

    #[test]
    fn only_an_initial_invite_from_a_number_is_asked_about() {
        let config = Config::new(&given()).expect("usable");
        let policy = Policy::new(&config);
        assert!(matches!(policy.begin(&CALL), Step::Ask(_)));
        for (call, failure) in [
            (
                Call {
                    method: b"BYE",
                    ..CALL
                },
                Failure::None,
            ),
            (
                Call {
                    method: b"",
                    ..CALL
                },
                Failure::None,
            ),
            (
                Call {
                    to_tag: b"b",
                    ..CALL
                },
                Failure::None,
            ),
            (
                Call {
                    from_uri: b"sip:anonymous@anonymous.invalid",
                    ..CALL
                },
                Failure::Anonymous,
            ),
            (
                Call {
                    from_uri: b"sip:alice@example.com",
                    ..CALL
                },
                Failure::NoNumber,
            ),
        ] {
            let Step::Answer(decision) = policy.begin(&call) else {
                unreachable!("{call:?} must not be asked about");
            };
            let outcome = (
                decision.treatment,
                decision.source,
                decision.failure,
                decision.reply.code,
            );
            assert_eq!(outcome, (Treatment::Allow, Source::Bypass, failure, 503));
        }
    }

    #[test]
    fn an_answer_is_followed_and_a_failure_allows() {
        let config = Config::new(&Given {
            allow_code: 404,
            redirect_contact: "sip:ivr@192.0.2.1".to_owned(),
            ..given()
        })
        .expect("usable");
        let policy = Policy::new(&config);
        let Step::Ask(question) = policy.begin(&CALL) else {
            unreachable!("an initial INVITE");
        };
        for (treatment, code) in [
            (Treatment::Allow, 404),
            (Treatment::Flag, 404),
            (Treatment::Redirect, 302),
            (Treatment::Block, 603),
        ] {
            let decision =
                policy.resume(question.number, Finding::Answered(answer(treatment, code)));
            assert_eq!(
                (decision.treatment, decision.reply.code, decision.source),
                (treatment, code, Source::Api)
            );
            assert_eq!(decision.failure, Failure::None);
        }
        for failure in Failure::ALL.iter().copied() {
            let decision = policy.resume(question.number, Finding::Failed(failure));
            assert_eq!(
                (decision.treatment, decision.reply.code),
                (Treatment::Allow, 404)
            );
            assert_eq!(
                (decision.source, decision.failure),
                (Source::FailOpen, failure)
            );
        }
    }

    #[test]
    fn a_redirect_without_a_contact_is_an_allow() {
        let config = Config::new(&given()).expect("usable");
        let policy = Policy::new(&config);
        let Step::Ask(question) = policy.begin(&CALL) else {
            unreachable!("an initial INVITE");
        };
        let decision = policy.resume(
            question.number,
            Finding::Answered(answer(Treatment::Redirect, 302)),
        );
        assert_eq!(
            (decision.treatment, decision.would),
            (Treatment::Allow, Treatment::Redirect)
        );
        assert_eq!(
            (decision.reply.code, decision.failure),
            (503, Failure::NoContact)
        );
    }
    #[test]
    fn an_answer_that_no_longer_holds_never_blocks_or_redirects() {
        let config = Config::new(&Given {
            redirect_contact: "sip:ivr@192.0.2.1".to_owned(),
            ..given()
        })
        .expect("usable");
        let policy = Policy::new(&config);
        let Step::Ask(question) = policy.begin(&CALL) else {
            unreachable!("an initial INVITE");
        };
        let failure = Failure::TimeoutResponse;
        for (treatment, code, outcome) in [
            (Treatment::Allow, 503, (Treatment::Allow, Source::Cache)),
            (Treatment::Flag, 503, (Treatment::Flag, Source::Cache)),
            (
                Treatment::Redirect,
                302,
                (Treatment::Allow, Source::FailOpen),
            ),
            (Treatment::Block, 603, (Treatment::Allow, Source::FailOpen)),
        ] {
            let decision = policy.resume(
                question.number,
                Finding::Stale(answer(treatment, code), failure),
            );
            assert_eq!((decision.treatment, decision.source), outcome);
            assert_eq!((decision.reply.code, decision.failure), (503, failure));
            let known = policy.resume(question.number, Finding::Known(answer(treatment, code)));
            assert_eq!(
                (known.treatment, known.source, known.failure),
                (treatment, Source::Cache, Failure::None)
            );
        }
    }
}
