// SPDX-License-Identifier: GPL-2.0-or-later
//! The JSON of an answer.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::error::Category;

use super::Answer;
use crate::decision::{Advice, SipReply, Treatment};
use crate::failure::Failure;
use crate::text::Text;

/// Reads the body of a 200.
pub(super) fn parse(body: &[u8]) -> Result<Answer, Failure> {
    // JSON is UTF-8 (RFC 8259 section 8.1), and one look at the whole costs less than one at every string.
    let text = str::from_utf8(body).map_err(|_| Failure::Parse)?;
    let Object(body): Object<Body> =
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Data => Failure::Schema,
            _ => Failure::Parse,
        })?;
    let Object(sip) = body.sip;
    let treatment = Treatment::from_name(body.decision.as_str()).ok_or(Failure::Schema)?;
    let agrees = match treatment {
        Treatment::Block => sip.code == 603,
        Treatment::Redirect => sip.code == 302,
        Treatment::Allow | Treatment::Flag => matches!(sip.code, 503 | 404),
    };
    if !agrees {
        return Err(Failure::Schema);
    }
    let reason = body.reason.unwrap_or_default();
    if treatment == Treatment::Allow && matches!(reason.as_str(), "error" | "latency_budget") {
        return Err(Failure::ServerFailopen);
    }
    let mut reply = SipReply::standard(sip.code);
    reply.phrase = sip
        .reason
        .filter(|phrase| !phrase.is_empty())
        .unwrap_or(reply.phrase);
    let Object(advisory) = body.advisory.unwrap_or_default();
    if advisory
        .spam_score
        .is_some_and(|score| !(1..=99).contains(&score))
    {
        return Err(Failure::Schema);
    }
    Ok(Answer {
        treatment,
        reply,
        reason,
        advice: Advice {
            valid: body.valid,
            spam_score: advisory.spam_score,
            risk_level: advisory
                .risk
                .unwrap_or_default()
                .0
                .level
                .unwrap_or_default(),
            line_type: advisory.line_type.unwrap_or_default(),
            verstat: advisory.verstat.unwrap_or_default(),
            dnc: advisory.dnc_status.unwrap_or_default(),
            reassigned: advisory.reassigned_status.unwrap_or_default(),
            receipt: body.receipt_id.unwrap_or_default(),
            balance_low: body.insufficient_balance,
        },
    })
}

/// An error body, as far as it matters.
#[derive(Default, serde::Deserialize)]
pub(super) struct Refusal {
    /// Empty if there is none.
    #[serde(default)]
    pub(super) code: Text<64>,
    pub(super) retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// Reads an error body. One that says nothing is no failure of its own: the status counts.
    pub(super) fn new(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[derive(serde::Deserialize)]
struct Body {
    decision: Text<16>,
    sip: Object<Sip>,
    reason: Option<Text<64>>,
    valid: Option<bool>,
    advisory: Option<Object<Advisory>>,
    receipt_id: Option<Text<64>>,
    insufficient_balance: Option<bool>,
}

#[derive(serde::Deserialize)]
struct Sip {
    code: u16,
    reason: Option<Text<64>>,
}

#[derive(Default, serde::Deserialize)]
struct Advisory {
    spam_score: Option<u8>,
    risk: Option<Object<Risk>>,
    line_type: Option<Text<32>>,
    verstat: Option<Text<16>>,
    dnc_status: Option<Text<16>>,
    reassigned_status: Option<Text<16>>,
}

#[derive(Default, serde::Deserialize)]
struct Risk {
    level: Option<Text<16>>,
}

/// A JSON object. serde would take an array of the values for it as well.
#[derive(Default)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Reader(PhantomData))
    }
}

/// A JSON string; one that is too long or not visible ASCII reads as absent.
impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<const N: usize>(PhantomData<[u8; N]>);

        impl<const N: usize> Visitor<'_> for Reader<N> {
            type Value = Text<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<N>, E> {
                Ok(Text::new(text).unwrap_or_default())
            }
        }

        deserializer.deserialize_str(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests;
