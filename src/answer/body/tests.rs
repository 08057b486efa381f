// SPDX-License-Identifier: GPL-2.0-or-later

use serde_json::{Value, json};

use super::is_same;
use crate::answer::Answer;
use crate::cause::Cause;
use crate::decision::{Advice, SipReply, Treatment};
use crate::failure::Failure;
use crate::number::Number;
use crate::text::Text;

fn answer() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/allow.json")).expect("a vector")
}

fn parse(body: &[u8]) -> Result<Answer, Failure> {
    let asked = Number::new(b"+14155550123", None).expect("a global number");
    super::parse(body, &asked).map_err(|unusable| unusable.failure)
}

fn parsed(change: impl FnOnce(&mut Value)) -> Result<Treatment, Failure> {
    let mut value = answer();
    change(&mut value);
    parse(value.to_string().as_bytes()).map(|answer| answer.treatment)
}

#[test]
fn the_documented_answer_is_read_whole() {
    let answer = parse(include_bytes!("../../../tests/vectors/allow.json")).expect("an answer");
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
fn a_deciding_field_of_another_type_breaks_the_contract() {
    for (pointer, wrong) in [
        ("/decision", json!(1)),
        ("/decision", json!(null)),
        ("/sip", json!("503")),
        ("/sip/code", json!("503")),
        ("/sip/code", json!(503.5)),
        ("/sip/code", json!(-503)),
        ("/valid", json!("true")),
        ("/valid", json!(1)),
        ("/e164", json!(14_155_550_123_u64)),
    ] {
        let got = parsed(|value| *value.pointer_mut(pointer).expect("documented") = wrong.clone());
        assert_eq!(got, Err(Failure::Schema), "{pointer} {wrong}");
    }
    for missing in ["decision", "sip"] {
        let got = parsed(|value| drop(value.as_object_mut().expect("an object").remove(missing)));
        assert_eq!(got, Err(Failure::Schema), "{missing}");
    }
}

#[test]
fn an_advisory_field_that_cannot_be_read_is_absent_and_spoils_nothing() {
    let expected = parse(include_bytes!("../../../tests/vectors/allow.json")).expect("an answer");
    let blank = |pointer: &str| {
        let mut answer = expected;
        let advice = &mut answer.advice;
        match pointer {
            "/sip/reason" => answer.reply.phrase = SipReply::standard(503).phrase,
            "/reason" => answer.reason = Text::EMPTY,
            "/advisory" => {
                *advice = Advice {
                    valid: advice.valid,
                    receipt: advice.receipt,
                    balance_low: advice.balance_low,
                    ..Advice::default()
                }
            }
            "/advisory/spam_score" => advice.spam_score = None,
            "/advisory/risk" | "/advisory/risk/level" => advice.risk_level = Text::EMPTY,
            "/advisory/line_type" => advice.line_type = Text::EMPTY,
            "/advisory/verstat" => advice.verstat = Text::EMPTY,
            "/advisory/dnc_status" => advice.dnc = Text::EMPTY,
            "/advisory/reassigned_status" => advice.reassigned = Text::EMPTY,
            "/receipt_id" => advice.receipt = Text::EMPTY,
            _ => advice.balance_low = None,
        }
        answer
    };
    for (pointer, odd) in [
        ("/sip/reason", "[]"),
        ("/reason", "1"),
        ("/reason", r#""\ud800""#),
        ("/advisory", "[1]"),
        ("/advisory", r#""low""#),
        ("/advisory", "null"),
        ("/advisory/spam_score", "0"),
        ("/advisory/spam_score", "100"),
        ("/advisory/spam_score", "10.0"),
        ("/advisory/spam_score", "1e999"),
        ("/advisory/spam_score", r#""12""#),
        ("/advisory/spam_score", "-12"),
        ("/advisory/risk", r#""low""#),
        ("/advisory/risk", "[]"),
        ("/advisory/risk/level", "1"),
        ("/advisory/risk/level", r#""enormous""#),
        ("/advisory/line_type", "5"),
        ("/advisory/line_type", r#""\udc00\ud800""#),
        ("/advisory/verstat", "true"),
        ("/advisory/verstat", r#""perhaps""#),
        ("/advisory/dnc_status", "{}"),
        ("/advisory/dnc_status", r#""LISTED""#),
        ("/advisory/reassigned_status", "0"),
        ("/receipt_id", "7"),
        ("/insufficient_balance", "1"),
        ("/insufficient_balance", r#""false""#),
    ] {
        let mut value = answer();
        *value.pointer_mut(pointer).expect("documented") = json!("@");
        let body = value.to_string().replace(r#""@""#, odd);
        let got = parse(body.as_bytes());
        assert_eq!(got, Ok(blank(pointer)), "{pointer} {odd}");
    }
}

#[test]
fn an_answer_about_another_number_is_refused() {
    let asked = Number::new(b"+14155550123", None).expect("a global number");
    for (e164, outcome) in [
        (json!("+14155550123"), Ok(())),
        (json!(null), Ok(())),
        (json!("+442079460101"), Err(Some(Cause::OtherNumber))),
        (json!("+14155550124"), Err(Some(Cause::OtherNumber))),
        (json!(""), Err(Some(Cause::OtherNumber))),
        (json!("14155550123"), Err(Some(Cause::OtherNumber))),
        (json!(["+14155550123"]), Err(None)),
    ] {
        let mut value = answer();
        value["e164"] = e164.clone();
        let got = super::parse(value.to_string().as_bytes(), &asked);
        let got = got.map(drop).map_err(|unusable| {
            assert_eq!(unusable.failure, Failure::Schema);
            unusable.cause
        });
        assert_eq!(got, outcome, "{e164}");
    }
}

#[test]
fn a_number_in_canonical_form_is_the_same() {
    assert!(is_same("+4402079460101", "+442079460101"));
    assert!(is_same("+10415555012", "+1415555012"));
    assert!(is_same("+78005550123", "+7005550123"));
    assert!(is_same("+3530155501234", "+353155501234"));
    for (asked, about) in [
        ("+442079460101", "+44207946010"),
        ("+442079460101", "+4402079460101"),
        ("+4402079460101", "+442079460102"),
        ("+14155550123", "+24155550123"),
        // Not a trunk prefix, or not behind the country code.
        ("+14155550123", "+1155550123"),
        ("+14155550123", "+1415550123"),
        ("+442079460101", "+44079460101"),
        ("+49301234567", "+4931234567"),
        ("+", ""),
    ] {
        assert!(!is_same(asked, about), "{asked} {about}");
    }
}

#[test]
fn a_number_is_not_valid_and_invalid_at_once() {
    for (valid, outcome) in [
        (json!(false), Ok(Treatment::Block)),
        (json!(null), Ok(Treatment::Block)),
        (json!(true), Err(Failure::Schema)),
    ] {
        let got = parsed(|value| {
            value["decision"] = json!("block");
            value["sip"]["code"] = json!(603);
            value["reason"] = json!("invalid_number");
            value["valid"] = valid;
        });
        assert_eq!(got, outcome);
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
        let got = parsed(|value| *value.pointer_mut(pointer).expect("documented") = Value::Null);
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
        (b"{\"decision\":1,\"sip\":{\"code\":603}} x", Failure::Parse),
        (b"{\"decision\":1,\"x\":[}", Failure::Parse),
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
