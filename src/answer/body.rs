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
mod tests {
    use serde_json::{Value, json};

    use super::parse;
    use crate::decision::Treatment;
    use crate::failure::Failure;

    fn answer() -> Value {
        serde_json::from_str(include_str!("../../tests/vectors/allow.json")).expect("a vector")
    }

    fn parsed(change: impl FnOnce(&mut Value)) -> Result<Treatment, Failure> {
        let mut value = answer();
        change(&mut value);
        parse(value.to_string().as_bytes()).map(|answer| answer.treatment)
    }

    #[test]
    fn the_documented_answer_is_read_whole() {
        let answer = parse(include_bytes!("../../tests/vectors/allow.json")).expect("an answer");
        let advice = answer.advice;
        assert_eq!(
            (
                answer.treatment,
                answer.reply.code,
                answer.reply.phrase.as_str()
            ),
            (Treatment::Allow, 503, "Service Unavailable")
        );
        assert_eq!(
            (advice.valid, advice.spam_score, advice.balance_low),
            (Some(true), Some(12), Some(false))
        );
        assert_eq!(
            (answer.reason.as_str(), advice.risk_level.as_str()),
            ("no_actionable_signal", "low")
        );
        assert_eq!(
            (advice.line_type.as_str(), advice.verstat.as_str()),
            ("mobile", "unknown")
        );
        assert_eq!(
            (advice.dnc.as_str(), advice.reassigned.as_str()),
            ("not_listed", "no")
        );
        assert_eq!(advice.receipt.as_str(), "nol_rec_8sd91kfh20aJ");
    }

    #[test]
    fn each_treatment_comes_with_its_code_and_no_other() {
        for (decision, code, outcome) in [
            ("allow", 503, Ok(Treatment::Allow)),
            ("allow", 404, Ok(Treatment::Allow)),
            ("flag", 503, Ok(Treatment::Flag)),
            ("redirect", 302, Ok(Treatment::Redirect)),
            ("block", 603, Ok(Treatment::Block)),
            ("block", 503, Err(Failure::Schema)),
            ("allow", 603, Err(Failure::Schema)),
            ("flag", 603, Err(Failure::Schema)),
            ("redirect", 603, Err(Failure::Schema)),
            ("allow", 200, Err(Failure::Schema)),
            ("block", 486, Err(Failure::Schema)),
            ("BLOCK", 603, Err(Failure::Schema)),
            ("challenge", 603, Err(Failure::Schema)),
            ("", 603, Err(Failure::Schema)),
        ] {
            let got = parsed(|value| {
                value["decision"] = json!(decision);
                value["sip"]["code"] = json!(code);
            });
            assert_eq!(got, outcome, "{decision} {code}");
        }
    }

    #[test]
    fn a_server_that_failed_itself_is_a_failure() {
        for reason in ["error", "latency_budget"] {
            assert_eq!(
                parsed(|value| value["reason"] = json!(reason)),
                Err(Failure::ServerFailopen)
            );
        }
    }

    #[test]
    fn a_documented_field_of_another_type_breaks_the_contract() {
        for (pointer, wrong) in [
            ("/decision", json!(1)),
            ("/decision", json!(null)),
            ("/sip", json!("503")),
            ("/sip/code", json!("503")),
            ("/sip/code", json!(503.5)),
            ("/sip/code", json!(-503)),
            ("/sip/reason", json!([])),
            ("/reason", json!(1)),
            ("/valid", json!("true")),
            ("/advisory", json!([1])),
            ("/advisory/spam_score", json!("12")),
            ("/advisory/spam_score", json!(0)),
            ("/advisory/spam_score", json!(100)),
            ("/advisory/risk", json!("low")),
            ("/advisory/line_type", json!({})),
            ("/receipt_id", json!(7)),
            ("/insufficient_balance", json!("no")),
        ] {
            let got =
                parsed(|value| *value.pointer_mut(pointer).expect("documented") = wrong.clone());
            assert_eq!(got, Err(Failure::Schema), "{pointer} {wrong}");
        }
        for missing in ["decision", "sip"] {
            let got =
                parsed(|value| drop(value.as_object_mut().expect("an object").remove(missing)));
            assert_eq!(got, Err(Failure::Schema), "{missing}");
        }
    }

    #[test]
    fn what_a_later_api_may_add_or_leave_unknown_is_accepted() {
        assert_eq!(
            parsed(|value| {
                value["schema_version"] = json!("2031-01-01");
                value["new_field"] = json!({"deep": [1, 2, {"er": null}]});
                value["advisory"]["new_signal"] = json!(7);
            }),
            Ok(Treatment::Allow)
        );
        for pointer in [
            "/e164",
            "/advisory/spam_score",
            "/advisory/line_type",
            "/advisory/risk/score",
            "/receipt_id",
            "/valid",
        ] {
            let got =
                parsed(|value| *value.pointer_mut(pointer).expect("documented") = Value::Null);
            assert_eq!(got, Ok(Treatment::Allow), "{pointer}");
        }
        assert_eq!(
            parse(br#"{"decision":"block","sip":{"code":603}}"#).map(|answer| answer.treatment),
            Ok(Treatment::Block)
        );
    }

    #[test]
    fn text_that_is_no_json_does_not_parse() {
        for (body, failure) in [
            (&b"<html>"[..], Failure::Parse),
            (b"", Failure::Parse),
            (
                b"{\"decision\":\"block\",\"sip\":{\"code\":603}",
                Failure::Parse,
            ),
            (
                b"{\"decision\":\"block\",\"sip\":{\"code\":603}} x",
                Failure::Parse,
            ),
            (
                b"{\"decision\":\"bl\0ck\",\"sip\":{\"code\":603}}",
                Failure::Parse,
            ),
            (
                b"{\"decision\":\"\\ud800\",\"sip\":{\"code\":603}}",
                Failure::Parse,
            ),
            (
                b"{\"decision\":\"\xff\",\"sip\":{\"code\":603}}",
                Failure::Parse,
            ),
            (
                b"{\"decision\":\"allow\",\"decision\":\"block\",\"sip\":{\"code\":603}}",
                Failure::Schema,
            ),
            (b"[]", Failure::Schema),
            (
                b"[\"block\",[603,null],null,true,null,null,false]",
                Failure::Schema,
            ),
            (b"null", Failure::Schema),
        ] {
            assert_eq!(
                parse(body),
                Err(failure),
                "{}",
                String::from_utf8_lossy(body)
            );
        }
    }

    #[test]
    fn depth_costs_nothing_where_it_is_ignored_and_breaks_the_contract_elsewhere() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let unknown = format!(r#"{{"x":{deep},"decision":"block","sip":{{"code":603}}}}"#);
        assert_eq!(
            parse(unknown.as_bytes()).map(|answer| answer.treatment),
            Ok(Treatment::Block)
        );
        let known = format!(r#"{{"decision":{deep},"sip":{{"code":603}}}}"#);
        assert_eq!(parse(known.as_bytes()), Err(Failure::Schema));
        assert_eq!(parse(deep.as_bytes()), Err(Failure::Schema));
    }
}
