// SPDX-License-Identifier: GPL-2.0-or-later
//! Shadow mode and the gradual start of enforcement.

use super::{Call, Policy, Step};
use crate::decision::{Decision, SipReply, Treatment};

impl<'a> Policy<'a> {
    /// Turns a block or a redirect into an allow, unless the operator's choice covers this call. Everything else that the decision
    /// says stays as it is. This is the last step of every decision, wherever it comes from.
    pub(super) fn carry_out(&self, decision: &mut Decision, covers: impl FnOnce() -> bool) {
        let is_refusal = matches!(decision.treatment, Treatment::Block | Treatment::Redirect);
        if is_refusal && !covers() {
            decision.treatment = Treatment::Allow;
            decision.reply = SipReply::standard(self.options.allow_code.code());
            decision.enforced = false;
        }
    }

    /// The same for a step that is a decision.
    pub(super) fn carried_out(&self, call: &Call<'a>, mut step: Step<'a>) -> Step<'a> {
        if let Step::Answer(decision) = &mut step {
            self.carry_out(decision, || self.enforcement.covers(call.call_id));
        }
        step
    }
}
