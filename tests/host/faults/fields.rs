// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults in one field of the JSON. Every body would block the call if it were accepted.
use serde_json::json;
use testbed::answer::{decision, ok};

use super::{
    Fault,
    json::{at, schema, with},
};

pub(super) fn faults() -> Vec<Fault> {
    [missing(), mistyped(), unknown(), contradictory()]
        .into_iter()
        .flatten()
        .collect()
}

fn missing() -> Vec<Fault> {
    let without = |field: &str| {
        let mut body = decision("block", 603);
        body.as_object_mut()
            .into_iter()
            .for_each(|object| drop(object.remove(field)));
        body
    };
    let mut faults = vec![schema(
        "no sip.code",
        &with("sip", json!({ "reason": "Decline" })),
    )];
    faults.extend(
        ["decision", "sip"].map(|field| schema(format!("no {field}"), &without(field)).everyday()),
    );
    // Only the fields that decide are required.
    let optional = [
        "schema_version",
        "e164",
        "valid",
        "reason",
        "redirect_target",
        "advisory",
        "signal",
        "provider",
    ];
    for field in optional
        .into_iter()
        .chain(["receipt_id", "insufficient_balance", "as_of"])
    {
        faults.push(Fault::tolerated(format!("no {field}"), ok(&without(field))));
    }
    faults
}

fn mistyped() -> Vec<Fault> {
    let decides = [
        ("/decision", json!(603)),
        ("/decision", json!(null)),
        ("/decision", json!(["block"])),
        ("/sip", json!(603)),
        ("/sip", json!("603")),
        ("/sip", json!(null)),
        ("/sip/code", json!("603")),
        ("/sip/code", json!(603.0)),
        ("/sip/code", json!(null)),
        ("/sip/code", json!(true)),
        ("/sip/code", json!({ "code": 603 })),
        ("/valid", json!("true")),
        ("/valid", json!(1)),
        ("/e164", json!(12_025_550_123_u64)),
        ("/e164", json!("+447700900123")),
    ];
    let advises = [
        ("/sip/reason", json!(603)),
        ("/reason", json!(["dnc_listed"])),
        ("/advisory", json!("low")),
        ("/advisory", json!([])),
        ("/advisory/spam_score", json!("12")),
        ("/advisory/spam_score", json!(10.0)),
        ("/advisory/spam_score", json!(-12)),
        ("/advisory/spam_score", json!(0)),
        ("/advisory/spam_score", json!(100)),
        ("/advisory/risk", json!("low")),
        ("/advisory/risk/level", json!(1)),
        ("/advisory/risk/level", json!("enormous")),
        ("/advisory/line_type", json!(5)),
        ("/advisory/verstat", json!(true)),
        ("/advisory/dnc_status", json!({})),
        ("/advisory/reassigned_status", json!(0)),
        ("/receipt_id", json!(8)),
        ("/insufficient_balance", json!(1)),
    ];
    let mut faults: Vec<_> = decides
        .map(|(field, value)| schema(format!("{field} is {value}"), &at(field, value)))
        .into();
    faults.extend(advises.map(|(field, value)| {
        Fault::tolerated(format!("{field} is {value}"), ok(&at(field, value)))
    }));
    faults
}

fn unknown() -> Vec<Fault> {
    let mut faults = Vec::new();
    for value in [
        "quarantine",
        "",
        "BLOCK",
        "block ",
        "blo\u{441}k",
        &"block".repeat(200),
    ] {
        let short: String = value.chars().take(12).collect();
        faults.push(schema(
            format!("the decision {short:?}"),
            &with("decision", json!(value)),
        ));
    }
    for code in [
        json!(200),
        json!(100),
        json!(0),
        json!(-1),
        json!(403),
        json!(486),
        json!(600),
        json!(607),
        json!(6030),
    ] {
        faults.push(schema(format!("the code {code}"), &at("/sip/code", code)));
    }
    faults.push(schema(
        "a code beyond 16 bits",
        &at("/sip/code", json!(65536 + 603)),
    ));
    faults.push(schema(
        "a code beyond 64 bits",
        &at("/sip/code", json!(18_446_744_073_709_551_615_u64)),
    ));
    faults
}

/// A decision and a code that contradict each other.
fn contradictory() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, code) in [
        ("block", 503),
        ("block", 404),
        ("block", 302),
        ("redirect", 603),
        ("redirect", 503),
        ("flag", 603),
        ("flag", 302),
        ("allow", 603),
        ("allow", 302),
    ] {
        faults.push(schema(format!("{name} with {code}"), &decision(name, code)));
    }
    for reason in ["error", "latency_budget"] {
        let mut body = decision("allow", 503);
        body["reason"] = json!(reason);
        faults.push(
            Fault::answer(
                format!("an allow for {reason}"),
                ok(&body),
                "server_failopen",
            )
            .everyday(),
        );
    }
    faults
}
