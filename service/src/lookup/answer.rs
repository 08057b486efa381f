// SPDX-License-Identifier: GPL-2.0-or-later

//! The body of a lookup answer.

use serde::Serialize;

use crate::country::Country;
use crate::line_type::LineType;
use crate::lookup::formatted::Formatted;
use crate::number::{Caller, E164};
use crate::risk::{Model, Risk, Score};
use crate::timestamp::Timestamp;
use crate::verstat::Verstat;

/// The answer of `GET /api/v1/lookup/{e164}` (API spec), the same shape for every number.
#[derive(Serialize)]
pub struct Answer {
    schema_version: &'static str,
    e164: Option<E164>,
    valid: bool,
    formatted: Formatted,
    line_type: Option<LineType>,
    /// Always null: there is no table of number ranges.
    carrier: (),
    country: Option<Country>,
    cnam: Option<String>,
    verstat: Verstat,
    spam_score: Option<Score>,
    risk: Risk,
    confidence: &'static str,
    cached: bool,
    sources: Sources,
    as_of: Timestamp,
}

impl Answer {
    /// Puts the parts of an answer together.
    #[must_use]
    pub fn new(
        caller: &Caller,
        formatted: Formatted,
        verstat: Verstat,
        findings: Findings,
        as_of: Timestamp,
    ) -> Self {
        let subscriber = caller.subscriber();
        Self {
            schema_version: SCHEMA_VERSION,
            e164: subscriber.map(|subscriber| subscriber.e164),
            valid: subscriber.is_some(),
            formatted,
            line_type: subscriber.and_then(|subscriber| subscriber.line_type),
            carrier: (),
            country: caller.country(),
            verstat,
            spam_score: findings.spam_score,
            risk: Risk::new(findings.spam_score, Model::FirstPartyPlusRestrictedSources),
            confidence: "low",
            cached: findings.cnam.is_some(),
            sources: Sources {
                carrier: (),
                cnam: findings.cnam.as_ref().map(|_| "cache"),
                spam_score: findings.spam_score.map(|_| "operator_list"),
            },
            cnam: findings.cnam,
            as_of,
        }
    }
}

/// What the lists say about a number. The default is that nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The name of a verified business. It is never the name of a person (API spec, `cnam`).
    pub cnam: Option<String>,
    /// The spam score, if there is one.
    pub spam_score: Option<Score>,
}

/// Where each part of an answer is from. Null without that part.
#[derive(Serialize)]
struct Sources {
    carrier: (),
    /// The operator's list counts as a cache of names (API spec, `sources.cnam`).
    cnam: Option<&'static str>,
    spam_score: Option<&'static str>,
}

/// The frozen version of this shape (API spec, version changelog).
const SCHEMA_VERSION: &str = "2026-06-03";
