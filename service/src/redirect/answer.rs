// SPDX-License-Identifier: GPL-2.0-or-later

//! The body of a decision answer.

use serde::Serialize;

use crate::decision::{Decision, Reason, Verdict};
use crate::line_type::LineType;
use crate::number::{Caller, E164};
use crate::policy::{Policy, SipReply};
use crate::receipt::ReceiptId;
use crate::risk::{Model, Risk, Score};
use crate::signals::{Dnc, Reassigned, Signals};
use crate::timestamp::Timestamp;
use crate::verstat::Verstat;

/// The answer of `POST /api/v1/sbc/redirect` (SBC guide 2, API spec), the same shape for every number.
#[derive(Serialize)]
pub struct Answer {
    schema_version: &'static str,
    e164: Option<E164>,
    valid: bool,
    decision: Decision,
    reason: Reason,
    sip: SipReply,
    /// Always null: the operator supplies the Contact of a 302.
    redirect_target: (),
    advisory: Advisory,
    signal: &'static str,
    provider: &'static str,
    receipt_id: Option<ReceiptId>,
    insufficient_balance: bool,
    as_of: Timestamp,
}

impl Answer {
    /// Puts the parts of a decision together.
    #[must_use]
    pub fn new(
        caller: &Caller,
        verstat: Verstat,
        policy: &Policy,
        signals: &Signals,
        verdict: Verdict,
        receipt_id: Option<ReceiptId>,
        as_of: Timestamp,
    ) -> Self {
        let subscriber = caller.subscriber();
        Self {
            schema_version: SCHEMA_VERSION,
            e164: subscriber.map(|subscriber| subscriber.e164),
            valid: subscriber.is_some(),
            decision: verdict.decision,
            reason: verdict.reason,
            sip: verdict.sip(policy),
            redirect_target: (),
            advisory: Advisory {
                spam_score: signals.spam_score,
                risk: Risk::new(signals.spam_score, Model::FirstPartyPlusRestrictedSources),
                confidence: "low",
                line_type: subscriber.and_then(|subscriber| subscriber.line_type),
                verstat,
                dnc_status: signals.dnc,
                reassigned_status: signals.reassigned,
            },
            signal: "supplementary",
            provider: "numbers.online",
            receipt_id,
            // Nothing is billed on the operator's own premises.
            insufficient_balance: false,
            as_of,
        }
    }
}

#[derive(Serialize)]
struct Advisory {
    spam_score: Option<Score>,
    risk: Risk,
    confidence: &'static str,
    line_type: Option<LineType>,
    verstat: Verstat,
    dnc_status: Dnc,
    reassigned_status: Reassigned,
}

/// The frozen version of this shape (API spec, version changelog).
const SCHEMA_VERSION: &str = "2026-06-06";
