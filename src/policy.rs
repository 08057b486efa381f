// SPDX-License-Identifier: GPL-2.0-or-later
//! The decision, as two pure functions: one before the question to the API, one after it.

mod call;
mod enforcement;

use numbers_online_number::Country;

use crate::answer::Answer;
use crate::call_id::CallId;
use crate::call_record::CallRecord;
use crate::called::Called;
use crate::clock::Moment;
use crate::config::{
    Anonymous, Config, ContactUri, DecisionOptions, Emergency, Enforcement, IdentityOptions,
    ProfileId, TrustedSources,
};
use crate::decision::{Advice, Decision, SipReply, Source, Treatment};
use crate::emergency;
use crate::emergency_window::EmergencyWindow;
use crate::failure::Failure;
use crate::feature_caps::understands_608;
use crate::identity::{self, Caller, Identity, Request};
use crate::lists::{Listed, Lists, Selection};
use crate::number::Number;
use crate::question::{Origin, Question};
use crate::sip_header::Headers;
use crate::text::Text;

pub use call::Call;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Step<'a> {
    /// No question is needed.
    Answer(Decision),
    /// Ask the API, then call [`Policy::resume`] with the result.
    Ask(Question<'a>),
}

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
    /// The script may see the number of the caller.
    pub shows_number: bool,
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

/// The operator's rules.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    options: &'a DecisionOptions,
    redirect_contact: Option<&'a ContactUri>,
    enforcement: &'a Enforcement,
    identity: &'a IdentityOptions,
    emergency: Emergency,
    trusted_sources: &'a TrustedSources,
    lists: Option<(&'a Lists, Selection)>,
    window: Option<(&'a EmergencyWindow, Moment)>,
    home: Option<Country>,
    /// A number that cannot exist is blocked without a lookup.
    rules_out: bool,
}

impl<'a> Policy<'a> {
    /// The rules of a configuration.
    #[must_use]
    pub fn new(config: &'a Config) -> Self {
        Self {
            options: &config.options,
            redirect_contact: config.redirect_contact.as_ref(),
            enforcement: &config.enforcement,
            identity: &config.identity,
            emergency: config.emergency,
            trusted_sources: &config.trusted_sources,
            home: config.default_country,
            rules_out: config.local_check && config.options.block_invalid,
            lists: None,
            window: None,
        }
    }

    /// The same rules, with lists of numbers.
    #[must_use]
    pub fn with_lists(self, lists: &'a Lists, selection: Selection) -> Self {
        Self {
            lists: Some((lists, selection)),
            ..self
        }
    }

    /// The same rules, with the numbers that called an emergency number before `now`.
    #[must_use]
    pub fn with_window(self, window: &'a EmergencyWindow, now: Moment) -> Self {
        Self {
            window: window.is_on().then_some((window, now)),
            ..self
        }
    }

    /// Decides whether to ask about a call. Only an initial INVITE from a telephone number is asked about.
    #[must_use]
    pub fn begin(&self, call: &Call<'a>) -> Step<'a> {
        self.carried_out(call, self.consider(call))
    }

    fn consider(&self, call: &Call<'a>) -> Step<'a> {
        if !call.is_initial_invite() {
            return Step::Answer(self.bypass(Failure::None));
        }
        let headers = Headers::read(call.head);
        if let Some(reason) = self.never_held_up(call, &headers) {
            return Step::Answer(Decision {
                reason: Text::new(reason).unwrap_or_default(),
                ..self.bypass(Failure::None)
            });
        }
        match self.judge(call, &self.identity(call, &headers)) {
            Step::Answer(decision) => Step::Answer(Decision {
                understands_608: understands_608(&headers),
                ..decision
            }),
            ask @ Step::Ask(_) => ask,
        }
    }

    /// Decides whether to ask about the caller of a call that may be held up. Each step decides, or leaves the call to the next one.
    #[must_use]
    pub fn screen(&self, call: &Call<'a>, identity: &Identity) -> Step<'a> {
        self.carried_out(call, self.judge(call, identity))
    }

    fn judge(&self, call: &Call<'a>, identity: &Identity) -> Step<'a> {
        if let Some(decision) = self.called_back(call) {
            return Step::Answer(decision);
        }
        // Also if it is withheld: Privacy is no way around the lists.
        if let Some(decision) = self.listed(identity) {
            return Step::Answer(decision);
        }
        if let Some(decision) = self.ruled_out(identity) {
            return Step::Answer(decision);
        }
        if let Some(decision) = self.withheld(identity) {
            return Step::Answer(decision);
        }
        match identity.caller {
            Some(caller) => Step::Ask(self.question(call, caller, identity.called)),
            None => Step::Answer(Decision {
                failure: Failure::NoNumber,
                ..self.without_question(identity)
            }),
        }
    }

    /// The caller of a call.
    #[must_use]
    pub fn caller(&self, call: &Call<'_>) -> Option<Caller> {
        self.identity(call, &Headers::read(call.head)).caller
    }

    /// The called number, if the call goes to one.
    #[must_use]
    pub fn called(&self, call: &Call<'_>) -> Option<Number> {
        identity::called_number(call.target(), self.home)
    }

    fn identity(&self, call: &Call<'_>, headers: &Headers<'_>) -> Identity {
        let request = Request {
            headers,
            is_trusted: self.trusted_sources.is_trusted(call.source),
            called_uri: call.target(),
            avps: call.avps,
            home: self.home,
        };
        Identity::read(&request, &self.identity.sources)
    }

    /// The caller of an emergency call, who may be called back. A source that is not trusted cannot open the way to a number by writing
    /// it into From.
    #[must_use]
    pub fn emergency_caller(&self, call: &Call<'_>, decision: &Decision) -> Option<Number> {
        let is_emergency =
            decision.source == Source::Bypass && decision.reason.as_str() == EMERGENCY;
        if !is_emergency || !self.trusted_sources.is_trusted(call.source) {
            return None;
        }
        Some(self.caller(call)?.number)
    }

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
                    shows_number,
                } = settled;
                let decision = self.follow(caller, &answer, source);
                let is_anonymous = source == Source::Local && answer.reason.as_str() == ANONYMOUS;
                Decision {
                    failure: if is_anonymous {
                        Failure::Anonymous
                    } else {
                        decision.failure
                    },
                    number: decision.number.filter(|_| shows_number),
                    ..decision
                }
            }
            LookupOutcome::CalledBack => self.call_back(),
        };
        self.carry_out(&mut decision, || record.enforced);
        decision
    }

    /// Who a call goes to, if the decision may need to name it. The URI that the script wrote counts.
    #[must_use]
    pub fn called_user(&self, call: &Call<'_>) -> Called {
        if !self.redirect_contact.is_some_and(ContactUri::names_called) {
            return Called::NOBODY;
        }
        Called::of(call.target())
    }

    /// Completes a decision about a call to somebody. A redirection to a Contact that would name nobody becomes an allow.
    #[must_use]
    pub fn address(&self, decision: Decision, called: Called) -> Decision {
        let decided = Decision { called, ..decision };
        let contact = self
            .redirect_contact
            .and_then(|contact| contact.of(&called));
        if decided.treatment == Treatment::Redirect && contact.is_none() {
            return self.without_contact(&decided);
        }
        decided
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

    /// Why a call must pass, as a value of `$avp(nol_reason)`. The called URI is trusted from any source, because the call goes to
    /// that URI. To is ignored, because it does not determine where the call goes.
    fn never_held_up(&self, call: &Call<'_>, headers: &Headers<'_>) -> Option<&'static str> {
        if self.emergency == Emergency::Screened {
            return None;
        }
        let is_emergency = |uri| emergency::is_emergency(uri, self.home);
        if is_emergency(call.request_uri) || is_emergency(call.next_uri) {
            return Some(EMERGENCY);
        }
        emergency::priority(headers).filter(|_| self.trusted_sources.is_trusted(call.source))
    }

    /// The decision about a number that cannot exist, withheld or not.
    fn ruled_out(&self, identity: &Identity) -> Option<Decision> {
        let caller = identity.caller.filter(|_| self.rules_out)?;
        if caller.number.can_exist() {
            return None;
        }
        Some(Decision {
            treatment: Treatment::Block,
            would: Treatment::Block,
            reply: SipReply::standard(603),
            reason: Text::new("invalid_number").unwrap_or_default(),
            advice: Advice {
                valid: Some(false),
                ..Advice::default()
            },
            source: Source::Local,
            number: Some(caller.number).filter(|_| !identity.is_withheld),
            ..self.without_question(identity)
        })
    }

    /// The decision about a call to a number that called an emergency number lately. The URI as received and that of the script count.
    fn called_back(&self, call: &Call<'_>) -> Option<Decision> {
        let (window, now) = self.window?;
        let called = [call.request_uri, call.next_uri].into_iter();
        let mut numbers = called.filter_map(|uri| identity::called_number(uri, self.home));
        numbers
            .any(|number| window.has(&number, now))
            .then(|| self.call_back())
    }

    /// The decision about a call back to the caller of an emergency number.
    #[must_use]
    pub fn call_back(&self) -> Decision {
        Decision {
            reason: Text::new("emergency_callback").unwrap_or_default(),
            ..self.bypass(Failure::None)
        }
    }

    /// The decision about a caller who does not want to be known, unless the operator asks about such callers too.
    fn withheld(&self, identity: &Identity) -> Option<Decision> {
        let is_asked_about = self.identity.ask_withheld && identity.caller.is_some();
        if !identity.is_withheld || is_asked_about {
            return None;
        }
        let bypass = Decision {
            failure: Failure::Anonymous,
            ..self.without_question(identity)
        };
        let (treatment, reply) = match self.identity.anonymous {
            Anonymous::Allow => return Some(bypass),
            Anonymous::Flag => (Treatment::Flag, bypass.reply),
            Anonymous::Block => (Treatment::Block, SipReply::standard(433)),
        };
        Some(Decision {
            treatment,
            would: treatment,
            reply,
            reason: Text::new(ANONYMOUS).unwrap_or_default(),
            source: Source::Local,
            ..bypass
        })
    }

    /// An allow without a question. The number of the caller is not shown to the script: it may be withheld.
    fn without_question(&self, identity: &Identity) -> Decision {
        Decision {
            number_from: identity.caller.map(|caller| caller.from),
            verification: identity.verification,
            ..self.bypass(Failure::None)
        }
    }

    fn question(&self, call: &Call<'a>, caller: Caller, to: Option<Number>) -> Question<'a> {
        Question {
            caller,
            record: CallRecord {
                enforced: self.enforcement.covers(call.call_id),
                call_id: CallId::new(call.call_id),
            },
            called: to,
            options: self.options,
            origin: Origin::Call {
                call_id: call.call_id,
                from_tag: call.from_tag,
            },
        }
    }

    /// The decision of a list.
    fn listed(&self, identity: &Identity) -> Option<Decision> {
        let (lists, selection) = self.lists?;
        let number = identity.caller?.number;
        let listed = lists.find(&number, selection)?;
        let allow = Decision {
            reason: Text::new(listed.reason()).unwrap_or_default(),
            source: Source::List,
            number: Some(number),
            ..self.without_question(identity)
        };
        Some(match listed {
            Listed::Allow => allow,
            Listed::Deny | Listed::Dno => Decision {
                treatment: Treatment::Block,
                would: Treatment::Block,
                reply: SipReply::standard(603),
                ..allow
            },
        })
    }

    fn bypass(&self, failure: Failure) -> Decision {
        Decision::allow(
            self.options.allow_code.code(),
            Source::Bypass,
            failure,
            None,
        )
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

    fn without_contact(&self, decided: &Decision) -> Decision {
        Decision {
            treatment: Treatment::Allow,
            reply: SipReply::standard(self.options.allow_code.code()),
            failure: Failure::NoContact,
            ..*decided
        }
    }
}

/// The reason of a decision about a caller who does not want to be known.
const ANONYMOUS: &str = "anonymous";

/// The reason of an emergency call.
const EMERGENCY: &str = "emergency";

#[cfg(test)]
pub(crate) mod tests;
