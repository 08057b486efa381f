// SPDX-License-Identifier: GPL-2.0-or-later

//! The body of an inbound lookup answer.

use serde::Serialize;

use crate::identity::{Identity, IdentityType};
use crate::inbound::recommendation::{Action, recommend};
use crate::inbound::record::Record;
use crate::receipt::ReceiptId;
use crate::risk::{Level, Risk, Score};
use crate::signature::Signature;
use crate::signing_key::SigningKey;
use crate::verstat::Verstat;

/// The answer of `POST /api/v1/inbound/lookup` (PBX guide, API spec), the same shape for every number.
#[derive(Serialize)]
pub struct Answer {
    schema_version: &'static str,
    result: LookupResult,
    number: String,
    identity_type: IdentityType,
    display_label: String,
    profile_url: Option<String>,
    /// Always false: no personal details are kept.
    personal_details_exposed: bool,
    risk_score: Option<Score>,
    risk_level: Level,
    risk: Risk,
    signals: Vec<&'static str>,
    recommended_action: Action,
    ttl_seconds: u16,
    receipt_id: ReceiptId,
    response_signature: Signature,
}

impl Answer {
    /// Puts the parts of an answer together. It is not signed yet.
    #[must_use]
    pub fn new(number: String, record: &Record, verstat: Verstat, receipt_id: ReceiptId) -> Self {
        let identity = record.identity.as_ref();
        let identity_type = record.identity_type();
        let risk_score = record.signals.spam_score;
        Self {
            schema_version: SCHEMA_VERSION,
            result: if record.is_found() {
                LookupResult::Found
            } else {
                LookupResult::NoRecord
            },
            number,
            identity_type,
            display_label: identity.map(Identity::label).unwrap_or_default().to_owned(),
            profile_url: identity.and_then(Identity::profile_url).map(str::to_owned),
            personal_details_exposed: false,
            risk_score,
            risk_level: Level::of(risk_score),
            risk: record.risk(),
            signals: record.evidence(verstat),
            recommended_action: recommend(record, verstat),
            ttl_seconds: ttl(identity_type),
            receipt_id,
            response_signature: Signature::Unsigned,
        }
    }

    /// The answer when there can be no other: a number on no list, an empty receipt id, no signature.
    ///
    /// Without a signature, no client takes it for the truth about the number or keeps it.
    #[must_use]
    pub fn neutral(number: String) -> Self {
        Self::new(
            number,
            &Record::default(),
            Verstat::Unknown,
            ReceiptId::default(),
        )
    }

    /// Signs the answer.
    #[must_use]
    pub fn signed(mut self, key: &SigningKey) -> Self {
        self.response_signature = key.sign(&self);
        self
    }

    /// Whether the answer is signed. The neutral one never is.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.response_signature != Signature::Unsigned
    }

    /// What to do with the call.
    #[must_use]
    pub fn recommended_action(&self) -> Action {
        self.recommended_action
    }
}

/// Whether the number is on any list (API spec, `result`).
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum LookupResult {
    Found,
    NoRecord,
}

/// How long a client may keep the answer, in seconds, 60 to 600 by verification (PBX guide).
fn ttl(identity: IdentityType) -> u16 {
    match identity {
        IdentityType::VerifiedBusiness | IdentityType::VerifiedIndividual => 600,
        IdentityType::Unverified => 300,
        IdentityType::Unknown => 60,
    }
}

/// The frozen version of this shape (API spec, version changelog).
const SCHEMA_VERSION: &str = "2026-05-31";
