// SPDX-License-Identifier: GPL-2.0-or-later
//! The decisions that need no question, in the order in which they are tried.

use super::{Call, Policy};
use crate::config::{Anonymous, Emergency};
use crate::decision::{Advice, Decision, SipReply, Source, Treatment};
use crate::emergency;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::lists::Listed;
use crate::reason::{ANONYMOUS, EMERGENCY, EMERGENCY_CALLBACK, INVALID_NUMBER};
use crate::sip_header::Headers;
use crate::text::Text;

impl Policy<'_> {
    /// Why a call must pass, as a value of `$avp(nol_reason)`. The called URI is trusted from any source, because the call goes to
    /// that URI. To is ignored, because it does not determine where the call goes.
    pub(super) fn never_held_up(
        &self,
        call: &Call<'_>,
        headers: &Headers<'_>,
    ) -> Option<&'static str> {
        if self.emergency == Emergency::Screened {
            return None;
        }
        let is_emergency = |uri| emergency::is_emergency(uri, self.home);
        if is_emergency(call.request_uri) || is_emergency(call.next_uri) {
            return Some(EMERGENCY);
        }
        emergency::priority(headers).filter(|_| self.trusted_sources.is_trusted(call.source))
    }

    /// The decision about a call to a number that called an emergency number lately. The URI as received and that of the script count.
    pub(super) fn called_back(&self, call: &Call<'_>) -> Option<Decision> {
        let (window, now) = self.window.filter(|(window, now)| !window.is_empty(*now))?;
        let numbers = [self.called_number(call), self.dialled_number(call)];
        numbers
            .into_iter()
            .flatten()
            .any(|number| window.has(&number, now))
            .then(|| self.call_back())
    }

    /// The decision about a call back to the caller of an emergency number.
    #[must_use]
    pub fn call_back(&self) -> Decision {
        Decision {
            reason: Text::new(EMERGENCY_CALLBACK).unwrap_or_default(),
            ..self.bypass(Failure::None)
        }
    }

    /// The decision of a list.
    pub(super) fn listed(&self, identity: &Identity) -> Option<Decision> {
        let (lists, selection) = self.lists?;
        let number = identity.caller?.number;
        let listed = lists.find(&number, selection)?;
        let allow = Decision {
            reason: Text::new(listed.reason()).unwrap_or_default(),
            source: Source::List,
            number: Some(number).filter(|_| !identity.is_withheld),
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

    /// The decision about a number that cannot exist, withheld or not.
    pub(super) fn ruled_out(&self, identity: &Identity) -> Option<Decision> {
        let caller = identity.caller.filter(|_| self.rules_out)?;
        if caller.number.can_exist() {
            return None;
        }
        Some(Decision {
            treatment: Treatment::Block,
            would: Treatment::Block,
            reply: SipReply::standard(603),
            reason: Text::new(INVALID_NUMBER).unwrap_or_default(),
            advice: Advice {
                valid: Some(false),
                ..Advice::default()
            },
            source: Source::Local,
            number: Some(caller.number).filter(|_| !identity.is_withheld),
            ..self.without_question(identity)
        })
    }

    /// The decision about a caller who does not want to be known, unless the operator asks about such callers too.
    pub(super) fn withheld(&self, identity: &Identity) -> Option<Decision> {
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
    pub(super) fn without_question(&self, identity: &Identity) -> Decision {
        Decision {
            number_from: identity.caller.map(|caller| caller.from),
            verification: identity.verification,
            ..self.bypass(Failure::None)
        }
    }

    pub(super) fn bypass(&self, failure: Failure) -> Decision {
        Decision::allow(
            self.options.allow_code.code(),
            Source::Bypass,
            failure,
            None,
        )
    }
}
