// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a redirection leads.

use super::{Call, Policy};
use crate::called::Called;
use crate::config::ContactUri;
use crate::decision::{Decision, SipReply, Treatment};
use crate::failure::Failure;

impl Policy<'_> {
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

    pub(super) fn without_contact(&self, decided: &Decision) -> Decision {
        Decision {
            treatment: Treatment::Allow,
            reply: SipReply::standard(self.options.allow_code.code()),
            failure: Failure::NoContact,
            ..*decided
        }
    }
}
