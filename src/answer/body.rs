// SPDX-License-Identifier: GPL-2.0-or-later
//! The JSON of an answer.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use super::lenient::Lenient;
use super::refusal::markup;
use super::{Answer, Unusable};
use crate::cause::Cause;
use crate::decision::{Advice, SipReply, Treatment};
use crate::failure::Failure;
use crate::number::Number;
use crate::reason::INVALID_NUMBER;
use crate::text::Text;

/// Reads the body of a 200 to a question about a number.
pub(super) fn parse(body: &[u8], asked: &Number) -> Result<Answer, Unusable> {
    // JSON is UTF-8 (RFC 8259 section 8.1), and one look at the whole costs less than one at every string.
    let text = str::from_utf8(body).map_err(|_| markup(Failure::Parse, body))?;
    let Object(body): Object<Body<'_>> =
        serde_json::from_str(text).map_err(|error| match error.classify() {
            // There may be a second error, which decides the failure.
            Category::Data if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
                Unusable::new(Failure::Schema)
            }
            _ => markup(Failure::Parse, body),
        })?;
    if body
        .e164
        .is_some_and(|about| !is_same(asked.as_str(), about.as_str()))
    {
        return Err(Unusable::because(Failure::Schema, Cause::OtherNumber));
    }
    let Object(Sip {
        code,
        reason: phrase,
    }) = body.sip;
    let treatment = Treatment::from_name(body.decision.as_str())
        .filter(|treatment| treatment.may_reply(code))
        .ok_or(Unusable::new(Failure::Schema))?;
    let reason: Text<64> = body.reason.text();
    if treatment == Treatment::Allow && matches!(reason.as_str(), "error" | "latency_budget") {
        return Err(Unusable::new(Failure::ServerFailopen));
    }
    // A number cannot be both.
    if treatment == Treatment::Block
        && reason.as_str() == INVALID_NUMBER
        && body.valid == Some(true)
    {
        return Err(Unusable::new(Failure::Schema));
    }
    let mut reply = SipReply::standard(code);
    let phrase: Text<64> = phrase.text();
    if !phrase.is_empty() {
        reply.phrase = phrase;
    }
    Ok(Answer {
        treatment,
        reply,
        reason,
        advice: advice(&body),
    })
}

/// Whether an answer is about the number that was asked about. The API writes a number in its canonical form: the digit of a trunk
/// prefix behind the country code (`0`, `8` or `1`) may be missing in it.
fn is_same(asked: &str, about: &str) -> bool {
    let at = 1 + country_code_len(asked.get(1..).unwrap_or_default());
    asked == about
        || asked.split_at_checked(at).is_some_and(|(code, rest)| {
            let without = rest.strip_prefix(['0', '8', '1']);
            without.is_some_and(|without| about.strip_prefix(code) == Some(without))
        })
}

/// How many digits of a global number are its country code (ITU-T E.164).
fn country_code_len(digits: &str) -> usize {
    let (first, two) = (digits.get(..1), digits.get(..2));
    if matches!(first, Some("1" | "7")) {
        1
    } else if two.is_some_and(|code| CODES_OF_TWO_DIGITS.contains(&code)) {
        2
    } else {
        3
    }
}

/// All other country codes but 1 and 7 have three.
const CODES_OF_TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

fn advice(body: &Body<'_>) -> Advice {
    let Object(advisory): Object<Advisory<'_>> = body.advisory.read().unwrap_or_default();
    let Object(risk): Object<Risk<'_>> = advisory.risk.read().unwrap_or_default();
    let score: Option<u8> = advisory.spam_score.read();
    Advice {
        valid: body.valid,
        spam_score: score.filter(|score| (1..=99).contains(score)),
        risk_level: risk.level.one_of(&["low", "medium", "high", "unknown"]),
        line_type: advisory.line_type.text(),
        verstat: advisory
            .verstat
            .one_of(&["verified", "unverified", "unknown"]),
        dnc: advisory
            .dnc_status
            .one_of(&["listed", "not_listed", "unknown"]),
        reassigned: advisory.reassigned_status.one_of(&["yes", "no", "unknown"]),
        receipt: body.receipt_id.text(),
        balance_low: body.insufficient_balance.read(),
    }
}

/// Whether a body is that of a good health: `{"status":"ok"}`.
pub(super) fn says_ok(body: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Health {
        status: Text<16>,
    }
    serde_json::from_slice(body).is_ok_and(|health: Health| health.status.as_str() == "ok")
}

#[derive(serde::Deserialize)]
struct Body<'a> {
    decision: Text<16>,
    #[serde(borrow)]
    sip: Object<Sip<'a>>,
    e164: Option<Text<16>>,
    valid: Option<bool>,
    #[serde(borrow, default)]
    reason: Lenient<'a>,
    #[serde(borrow, default)]
    advisory: Lenient<'a>,
    #[serde(borrow, default)]
    receipt_id: Lenient<'a>,
    #[serde(borrow, default)]
    insufficient_balance: Lenient<'a>,
}

#[derive(Clone, Copy, serde::Deserialize)]
struct Sip<'a> {
    code: u16,
    #[serde(borrow, default)]
    reason: Lenient<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow)]
    spam_score: Lenient<'a>,
    #[serde(borrow)]
    risk: Lenient<'a>,
    #[serde(borrow)]
    line_type: Lenient<'a>,
    #[serde(borrow)]
    verstat: Lenient<'a>,
    #[serde(borrow)]
    dnc_status: Lenient<'a>,
    #[serde(borrow)]
    reassigned_status: Lenient<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Risk<'a> {
    #[serde(borrow)]
    level: Lenient<'a>,
}

/// A JSON object. serde would take an array of the values for it as well.
#[derive(Clone, Copy, Default)]
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
