// SPDX-License-Identifier: GPL-2.0-or-later
//! The decision, as two pure functions: one before the question to the API, one after it.

mod call;
mod contact;
mod enforcement;
mod outcome;
mod resume;
mod unasked;

use numbers_online_number::Country;

use crate::call_id::CallId;
use crate::call_record::CallRecord;
use crate::clock::Moment;
use crate::config::{
    Config, ContactUri, DecisionOptions, Emergency, Enforcement, IdentityOptions, TrustedSources,
};
use crate::decision::Decision;
use crate::emergency;
use crate::emergency_window::EmergencyWindow;
use crate::failure::Failure;
use crate::feature_caps::understands_608;
use crate::identity::{self, Caller, Identity, Request};
use crate::lists::{Lists, Selection};
use crate::number::Number;
use crate::question::{Callee, Origin, Question};
use crate::sip_header::Headers;
use crate::text::Text;

pub use call::Call;
pub use outcome::{Disclosure, LookupOutcome, Settled};

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
            Some(caller) => Step::Ask(self.question(call, caller)),
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
    pub fn called_number(&self, call: &Call<'_>) -> Option<Number> {
        identity::called_number(call.target(), self.home)
    }

    /// The number that the caller dialled, if the script sends the call somewhere else.
    #[must_use]
    pub fn dialled_number(&self, call: &Call<'_>) -> Option<Number> {
        let is_changed = !call.next_uri.is_empty() && call.next_uri != call.request_uri;
        let dialled = is_changed.then_some(call.request_uri)?;
        identity::called_number(dialled, self.home)
    }

    fn identity(&self, call: &Call<'_>, headers: &Headers<'_>) -> Identity {
        let request = Request {
            headers,
            is_trusted: self.trusted_sources.is_trusted(call.source),
            avps: call.avps,
            home: self.home,
        };
        Identity::read(&request, &self.identity.sources)
    }

    /// The caller of an emergency call, who may be called back. A source that is not trusted cannot open the way to a number by writing
    /// it into From. Nor can a call to an extension that is an emergency number elsewhere, if the operator named the country.
    #[must_use]
    pub fn emergency_caller(&self, call: &Call<'_>, decision: &Decision) -> Option<Number> {
        if !decision.is_emergency_call() || !self.trusted_sources.is_trusted(call.source) {
            return None;
        }
        let is_here = |home| {
            emergency::is_emergency_in(call.request_uri, home)
                || emergency::is_emergency_in(call.next_uri, home)
        };
        if self.home.is_some_and(|home| !is_here(home)) {
            return None;
        }
        Some(self.caller(call)?.number)
    }

    fn question(&self, call: &Call<'a>, caller: Caller) -> Question<'a> {
        Question {
            caller,
            record: CallRecord {
                enforced: self.enforcement.covers(call.call_id),
                call_id: CallId::new(call.call_id),
            },
            callee: Callee::Uri(call.target(), self.home),
            options: self.options,
            origin: Origin::Call {
                call_id: call.call_id,
                head: call.head,
            },
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
