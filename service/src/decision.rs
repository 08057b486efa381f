// SPDX-License-Identifier: GPL-2.0-or-later

//! The decision table.

use std::fmt;

use serde::Serialize;

use crate::policy::{Policy, SipReply};
use crate::signals::{Dnc, Reassigned, Signals};

/// Decides one call, a plain function of its arguments.
///
/// Precedence is block, redirect, flag, allow. Only a fact blocks: an invalid number, a DNC listing, a reassigned
/// number. The score is a guess and at most redirects (SBC guide, introduction and section 2).
#[must_use]
pub fn decide(valid: bool, signals: &Signals, policy: &Policy) -> Verdict {
    let score = signals.spam_score;
    if !valid && policy.block_invalid {
        Verdict::new(Decision::Block, Reason::InvalidNumber)
    } else if signals.dnc == Dnc::Listed {
        // The interface has no switch for this: a listing always blocks.
        Verdict::new(Decision::Block, Reason::DncListed)
    } else if signals.reassigned == Reassigned::Yes && policy.block_reassigned {
        Verdict::new(Decision::Block, Reason::Reassigned)
    } else if policy
        .redirect_threshold
        .is_some_and(|limit| limit.is_met_by(score))
    {
        Verdict::new(Decision::Redirect, Reason::RiskOverRedirectThreshold)
    } else if policy.spam_threshold.is_met_by(score) {
        Verdict::new(Decision::Flag, Reason::RiskOverFlagThreshold)
    } else {
        Verdict::new(Decision::Allow, Reason::NoActionableSignal)
    }
}

/// A decision and the rule that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do with the call.
    pub decision: Decision,
    /// Why.
    pub reason: Reason,
}

impl Verdict {
    const fn new(decision: Decision, reason: Reason) -> Self {
        Self { decision, reason }
    }

    /// The allow of a decision that was not ready within the caller's budget (API spec, `latency_budget`).
    pub const LATE: Self = Self::new(Decision::Allow, Reason::LatencyBudget);
    /// The allow of a decision that failed: the call path never gets a 5xx (SBC guide 8).
    pub const FAILED: Self = Self::new(Decision::Allow, Reason::Error);

    /// The SIP final reply of this decision.
    #[must_use]
    pub fn sip(self, policy: &Policy) -> SipReply {
        match self.decision {
            Decision::Allow | Decision::Flag => policy.allow_code.into(),
            Decision::Redirect => SipReply {
                code: 302,
                reason: "Moved Temporarily",
            },
            Decision::Block => SipReply {
                code: 603,
                reason: "Decline",
            },
        }
    }
}

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Let it pass.
    Allow,
    /// Let it pass, with an elevated score for the operator's own logic.
    Flag,
    /// Divert it to the operator's Contact.
    Redirect,
    /// Decline it.
    Block,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The machine-readable reason of a decision. Clients take it as an open set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No rule applied.
    NoActionableSignal,
    /// The calling number is not valid and `block_invalid` is on.
    InvalidNumber,
    /// The number is on the do-not-call list.
    DncListed,
    /// The number was reassigned and `block_reassigned` is on.
    Reassigned,
    /// The score is at or above `spam_threshold`.
    RiskOverFlagThreshold,
    /// The score is at or above `redirect_threshold`.
    RiskOverRedirectThreshold,
    /// The decision was not ready within the budget.
    LatencyBudget,
    /// The decision failed.
    Error,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{AllowCode, Threshold};
    use crate::risk::Score;

    fn signals(dnc: Dnc, reassigned: Reassigned, score: u64) -> Signals {
        let spam_score = Score::new(score);
        Signals {
            dnc,
            reassigned,
            spam_score,
        }
    }

    fn policy(redirect_threshold: u64, block_reassigned: bool, block_invalid: bool) -> Policy {
        Policy {
            redirect_threshold: Threshold::new(redirect_threshold),
            block_reassigned,
            block_invalid,
            ..Policy::default()
        }
    }

    #[test]
    fn the_table_of_the_interface_holds() {
        use Decision::{Allow, Block, Flag, Redirect};
        use Reason::{DncListed, InvalidNumber, NoActionableSignal};
        use Reason::{
            RiskOverFlagThreshold as OverFlag, RiskOverRedirectThreshold as OverRedirect,
        };

        let nothing = Signals::default();
        let clear = |score| signals(Dnc::NotListed, Reassigned::No, score);
        let moved = |score| signals(Dnc::NotListed, Reassigned::Yes, score);
        let worst = signals(Dnc::Listed, Reassigned::Yes, 99);

        let plain = Policy::default();
        let lenient = policy(0, false, false);
        let redirect = policy(90, false, true);
        let strict = policy(90, true, true);
        // Redirect goes before flag even where its threshold is the lower one.
        let eager = policy(50, false, true);

        for (valid, signals, policy, decision, reason) in [
            (true, nothing, plain, Allow, NoActionableSignal),
            (true, clear(79), plain, Allow, NoActionableSignal),
            (true, clear(80), plain, Flag, OverFlag),
            (true, clear(99), plain, Flag, OverFlag),
            (true, clear(89), redirect, Flag, OverFlag),
            (true, clear(90), redirect, Redirect, OverRedirect),
            (true, clear(50), eager, Redirect, OverRedirect),
            (true, clear(85), eager, Redirect, OverRedirect),
            (true, worst, strict, Block, DncListed),
            (true, worst, lenient, Block, DncListed),
            (true, moved(1), strict, Block, Reason::Reassigned),
            (true, moved(95), strict, Block, Reason::Reassigned),
            (true, moved(1), redirect, Allow, NoActionableSignal),
            (true, moved(95), redirect, Redirect, OverRedirect),
            (false, nothing, strict, Block, InvalidNumber),
            (false, nothing, lenient, Allow, NoActionableSignal),
        ] {
            let verdict = decide(valid, &signals, &policy);
            let expected = Verdict { decision, reason };
            assert_eq!(verdict, expected, "{valid} {signals:?} {policy:?}");
        }
    }

    #[test]
    fn a_score_never_blocks() {
        for score in 1..=99 {
            for redirect in 0..=99 {
                let verdict = decide(
                    true,
                    &signals(Dnc::Unknown, Reassigned::Unknown, score),
                    &policy(redirect, true, true),
                );
                assert_ne!(verdict.decision, Decision::Block, "{score} {redirect}");
            }
        }
    }

    #[test]
    fn each_decision_has_its_sip_reply() {
        for (decision, allow_code, code, phrase) in [
            (
                Decision::Allow,
                AllowCode::ServiceUnavailable,
                503,
                "Service Unavailable",
            ),
            (Decision::Allow, AllowCode::NotFound, 404, "Not Found"),
            (
                Decision::Flag,
                AllowCode::ServiceUnavailable,
                503,
                "Service Unavailable",
            ),
            (Decision::Flag, AllowCode::NotFound, 404, "Not Found"),
            (
                Decision::Redirect,
                AllowCode::NotFound,
                302,
                "Moved Temporarily",
            ),
            (Decision::Block, AllowCode::NotFound, 603, "Decline"),
        ] {
            let policy = Policy {
                allow_code,
                ..Policy::default()
            };
            let reply = Verdict::new(decision, Reason::Error).sip(&policy);
            assert_eq!(
                reply,
                SipReply {
                    code,
                    reason: phrase
                }
            );
        }
    }

    #[test]
    fn reasons_are_spelt_as_the_interface_spells_them() {
        for (reason, text) in [
            (Reason::NoActionableSignal, "no_actionable_signal"),
            (Reason::InvalidNumber, "invalid_number"),
            (Reason::DncListed, "dnc_listed"),
            (Reason::Reassigned, "reassigned"),
            (Reason::RiskOverFlagThreshold, "risk_over_flag_threshold"),
            (
                Reason::RiskOverRedirectThreshold,
                "risk_over_redirect_threshold",
            ),
            (Reason::LatencyBudget, "latency_budget"),
            (Reason::Error, "error"),
        ] {
            assert_eq!(serde_json::to_value(reason).expect("json"), text);
            assert_eq!(reason.to_string(), text);
        }
    }
}
