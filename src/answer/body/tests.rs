// SPDX-License-Identifier: GPL-2.0-or-later

use serde_json::{Value, json};

use super::parse;
use crate::decision::Treatment;
use crate::failure::Failure;

fn answer() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/allow.json")).expect("a vector")
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
        let got = parsed(|value| *value.pointer_mut(pointer).expect("documented") = wrong.clone());
        assert_eq!(got, Err(Failure::Schema), "{pointer} {wrong}");
    }
    for missing in ["decision", "sip"] {
        let got = parsed(|value| drop(value.as_object_mut().expect("an object").remove(missing)));
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
