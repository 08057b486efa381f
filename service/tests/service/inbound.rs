// SPDX-License-Identifier: GPL-2.0-or-later

//! Inbound lookups, whole: every field of the answer.

use std::time::{Duration, Instant};

use numbers_online_service::lists::Lists;
use serde_json::{Value, json};

use crate::peer::{INBOUND, KEY, Peer, Reply, agent, post};

/// Takes what differs from answer to answer out of it, after a look at its form.
fn stable(mut reply: Reply) -> Value {
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let receipt = reply.json["receipt_id"].as_str().expect("a receipt");
    let random = receipt.strip_prefix("nol_rec_").expect("the prefix");
    assert!(random.len() >= 12 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let signature = reply.json["response_signature"].as_str().expect("text");
    // 64 bytes in base64.
    assert_eq!(signature.strip_prefix("ed25519:").map(str::len), Some(88));
    reply.json["receipt_id"] = json!("random");
    reply.json["response_signature"] = json!("ed25519");
    reply.json
}

fn ask(peer: &Peer, number: &str) -> Value {
    stable(peer.inbound(&format!(r#"{{"number":"{number}"}}"#)))
}

fn no_record(number: &str) -> Value {
    json!({
        "schema_version": "2026-05-31", "result": "no_record", "number": number, "identity_type": "unknown",
        "display_label": "", "profile_url": null, "personal_details_exposed": false, "risk_score": null,
        "risk_level": "unknown", "risk": {"score": null, "level": "unknown", "model": null}, "signals": [],
        "recommended_action": "allow_with_default_policy", "ttl_seconds": 60, "receipt_id": "random",
        "response_signature": "ed25519",
    })
}

#[test]
fn an_answer_has_every_field_of_the_interface_in_its_order() {
    let peer = Peer::start(|_| {});
    let reply = peer.inbound(
        r#"{"number":"+14155550130","context":"inbound_voice","to":"+442079460123","attestation":"A",
            "verstat":"TN-Validation-Failed","destination_number":1,"client_type":2,"client_name":3,
            "call_id_hash":4,"timestamp":5,"stir_shaken":{"verstat":6},"later":[7]}"#,
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let expected = r#"{"schema_version":"2026-05-31","result":"found","number":"+14155550130","#
        .to_owned()
        + r#""identity_type":"verified_business","display_label":"Acme Support","#
        + r#""profile_url":"https://acme.example/support","personal_details_exposed":false,"#
        + r#""risk_score":8,"risk_level":"low","risk":{"score":8,"level":"low","#
        + r#""model":"first_party_plus_external"},"#
        + r#""signals":["verified business","on the spam list","caller authentication passed"],"#
        + r#""recommended_action":"allow","ttl_seconds":600,"receipt_id":"random","#
        + r#""response_signature":"ed25519"}"#;
    assert_eq!(stable(reply).to_string(), expected);
}

#[test]
fn a_number_on_no_list_gets_the_same_shape_and_implies_nothing() {
    let peer = Peer::start(|_| {});
    for number in [
        "+14155550123",
        "+442079460123",
        "+999123456789",
        "+10005550123",
    ] {
        assert_eq!(ask(&peer, number), no_record(number));
    }
    let without = Peer::start(|config| config.lists = Lists::default());
    assert_eq!(ask(&without, "+14155550130"), no_record("+14155550130"));
}

/// Compares identity type, label, score (0 is none), level, recommendation and lifetime.
fn assert_found(answer: &Value, expected: (&str, &str, u8, &str, &str, u16)) {
    let (identity, label, score, level, action, ttl) = expected;
    let (score, model) = match score {
        0 => (Value::Null, Value::Null),
        score => (json!(score), json!("first_party_plus_external")),
    };
    for (field, value) in [
        ("result", json!("found")),
        ("identity_type", json!(identity)),
        ("display_label", json!(label)),
        ("personal_details_exposed", json!(false)),
        ("risk_score", score.clone()),
        ("risk_level", json!(level)),
        (
            "risk",
            json!({"score": score, "level": level, "model": model}),
        ),
        ("recommended_action", json!(action)),
        ("ttl_seconds", json!(ttl)),
    ] {
        assert_eq!(answer[field], value, "{field}: {answer}");
    }
}

#[test]
fn each_identity_has_its_label_risk_and_recommendation() {
    let peer = Peer::start(|_| {});
    let (business, individual) = ("verified_business", "verified_individual");
    let accents = "Caf\u{e9} \u{dc}n\u{ef} & S\u{f6}hne";
    let person = "Verified & online";
    for (number, expected) in [
        (
            "+14155550130",
            (business, "Acme Support", 8, "low", "allow", 600),
        ),
        (
            "+442079460130",
            (business, accents, 0, "unknown", "allow", 600),
        ),
        (
            "+14155550131",
            (individual, person, 0, "unknown", "allow", 600),
        ),
        (
            "+14155550132",
            ("unverified", "Parcel notices", 45, "medium", "label", 300),
        ),
        (
            "+14155550133",
            (
                business,
                "Acme Surveys",
                75,
                "high",
                "challenge_or_route",
                600,
            ),
        ),
    ] {
        let answer = ask(&peer, number);
        assert_eq!(answer["number"], number);
        assert_found(&answer, expected);
        let page = (number == "+14155550130").then_some("https://acme.example/support");
        assert_eq!(answer["profile_url"], json!(page), "{number}");
    }
}

#[test]
fn a_number_that_is_on_other_lists_alone_is_unverified() {
    let peer = Peer::start(|_| {});
    for (number, score, level, action) in [
        ("+14155550120", 12, "low", "label"),
        ("+14155550121", 79, "high", "challenge_or_route"),
        ("+14155550124", 89, "high", "challenge_or_route"),
        ("+14155550125", 90, "high", "block_candidate"),
        ("+14155550101", 0, "unknown", "block_candidate"),
        ("+14155550111", 0, "unknown", "challenge_or_route"),
    ] {
        let answer = ask(&peer, number);
        assert_eq!(
            (&answer["number"], &answer["profile_url"]),
            (&json!(number), &Value::Null)
        );
        assert_found(&answer, ("unverified", "", score, level, action, 300));
    }
}

#[test]
fn evidence_is_named() {
    let peer = Peer::start(|_| {});
    for (number, signals) in [
        ("+14155550131", json!(["verified individual"])),
        (
            "+14155550102",
            json!(["on the spam list", "on the do-not-call list"]),
        ),
        (
            "+14155550112",
            json!(["on the spam list", "number reassigned"]),
        ),
    ] {
        assert_eq!(ask(&peer, number)["signals"], signals, "{number}");
    }
}

#[test]
fn a_failed_caller_authentication_is_a_reason_for_a_challenge() {
    let peer = Peer::start(|_| {});
    let failed = r#""verstat":"TN-Validation-Failed""#;
    let vouched = r#""verstat":"TN-Validation-Failed","attestation":"A""#;
    let header = r#""verstat":"<tel:+14155550130;verstat=TN-Validation-Failed>;tag=1""#;
    let none = r#""verstat":"No-TN-Validation""#;
    for (number, fields, action, signal) in [
        (
            "+14155550130",
            failed,
            "challenge_or_route",
            Some("caller authentication failed"),
        ),
        (
            "+14155550130",
            header,
            "challenge_or_route",
            Some("caller authentication failed"),
        ),
        (
            "+14155550130",
            vouched,
            "allow",
            Some("caller authentication passed"),
        ),
        ("+14155550130", none, "allow", None),
        (
            "+14155550120",
            failed,
            "challenge_or_route",
            Some("caller authentication failed"),
        ),
        (
            "+14155550125",
            failed,
            "block_candidate",
            Some("caller authentication failed"),
        ),
        (
            "+14155550123",
            failed,
            "allow_with_default_policy",
            Some("caller authentication failed"),
        ),
    ] {
        let answer = stable(peer.inbound(&format!(r#"{{"number":"{number}",{fields}}}"#)));
        assert_eq!(answer["recommended_action"], action, "{number} {fields}");
        let signals = answer["signals"].as_array().expect("an array");
        let found = signals
            .iter()
            .filter_map(Value::as_str)
            .find(|label| label.starts_with("caller"));
        assert_eq!(found, signal, "{number} {fields}");
    }
}

#[test]
fn the_number_of_an_answer_is_canonical() {
    let british = Peer::start(|config| config.default_country = "GB".parse().ok());
    for text in [
        "020 7946 0130",
        "tel:+44-20-7946-0130",
        "+4402079460130",
        " +442079460130 ",
    ] {
        let answer = ask(&british, text);
        assert_eq!(answer["number"], "+442079460130", "{text}");
        assert_eq!(answer["result"], "found", "{text}");
    }
}

#[test]
fn text_that_is_no_number_is_refused() {
    let peer = Peer::start(|_| {});
    for text in [
        "anonymous",
        "020 7946 0130",
        "+1415",
        "sip:+14155550130@example.net",
    ] {
        let reply = peer.inbound(&format!(r#"{{"number":"{text}"}}"#));
        assert_eq!(
            (reply.status, &reply.json["code"]),
            (400, &json!("invalid_request"))
        );
        let error = reply.json["error"].as_str().expect("prose");
        assert!(
            error.starts_with(&format!("number is \"{text}\"; allowed: ")),
            "{error}"
        );
    }
}

#[test]
fn the_key_and_the_path_may_come_in_each_accepted_form() {
    let peer = Peer::start(|_| {});
    let bearer = format!("Bearer {KEY}");
    for (path, header) in [
        (INBOUND, ("Authorization", bearer.as_str())),
        (INBOUND, ("X-API-Key", KEY)),
        ("/v1/inbound/lookup", ("X-API-Key", KEY)),
    ] {
        let body = r#"{"number":"+14155550123"}"#;
        let reply = post(&agent(None), &peer.url(path), &[header], body).expect("a reply");
        assert_eq!(stable(reply), no_record("+14155550123"), "{path}");
    }
}

#[test]
fn each_answer_has_its_own_receipt() {
    let peer = Peer::start(|_| {});
    let [first, second] =
        [(); 2].map(|()| peer.inbound(r#"{"number":"+14155550130"}"#).json["receipt_id"].take());
    assert!(first.is_string());
    assert_ne!(first, second);
}

/// An answer that fails is the same, only sooner.
#[test]
fn an_answer_that_is_not_ready_in_time_is_neutral_and_unsigned() {
    let peer = Peer::start(|config| config.delay = Duration::from_secs(8));
    let start = Instant::now();
    let reply = peer.inbound(r#"{"number":"+14155550101"}"#);
    let took = start.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_secs(8),
        "{took:?}"
    );
    let mut neutral = no_record("+14155550101");
    neutral["receipt_id"] = json!("");
    neutral["response_signature"] = json!("unsigned");
    assert_eq!((reply.status, reply.json), (200, neutral));
}
