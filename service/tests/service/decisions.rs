// SPDX-License-Identifier: GPL-2.0-or-later

//! Decisions, whole: every field of the answer.

use numbers_online_service::lists::Lists;
use serde_json::{Value, json};

use crate::peer::{KEY, PATH, Peer, Reply, agent, post};

const STRICT: &str = r#""spam_threshold":80,"redirect_threshold":90,"block_reassigned":true"#;

/// Takes what differs from answer to answer out of it, after a look at its form.
fn stable(mut reply: Reply) -> Value {
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let as_of = reply.json["as_of"].take();
    let as_of = as_of.as_str().expect("a time");
    assert_eq!(
        (as_of.len(), &as_of[10..11], &as_of[19..20], &as_of[23..]),
        (24, "T", ".", "Z")
    );
    if let Some(receipt) = reply.json["receipt_id"].as_str() {
        let random = receipt.strip_prefix("nol_rec_").expect("the prefix");
        assert!(random.len() >= 12 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        reply.json["receipt_id"] = json!("random");
    }
    reply.json
}

#[test]
fn an_answer_has_every_field_of_the_interface_in_its_order() {
    let peer = Peer::start(|_| {});
    let reply = peer.ask(r#"{"number":"+61491570156","verstat":"TN-Validation-Passed"}"#);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let expected =
        r#"{"schema_version":"2026-06-06","e164":"+61491570156","valid":true,"decision":"flag","#
            .to_owned()
            + r#""reason":"risk_over_flag_threshold","sip":{"code":503,"reason":"Service Unavailable"},"#
            + r#""redirect_target":null,"advisory":{"spam_score":91,"risk":{"score":91,"level":"high","#
            + r#""model":"first_party_plus_restricted_sources"},"confidence":"low","line_type":"mobile","#
            + r#""verstat":"verified","dnc_status":"not_listed","reassigned_status":"no"},"#
            + r#""signal":"supplementary","provider":"numbers.online","receipt_id":"random","#
            + r#""insufficient_balance":false,"as_of":null}"#;
    assert_eq!(stable(reply).to_string(), expected);
}

#[test]
fn an_invalid_number_gets_the_same_shape_without_a_receipt() {
    let peer = Peer::start(|_| {});
    let blocked = json!({
        "schema_version": "2026-06-06", "e164": null, "valid": false, "decision": "block",
        "reason": "invalid_number", "sip": {"code": 603, "reason": "Decline"}, "redirect_target": null,
        "advisory": {
            "spam_score": null, "risk": {"score": null, "level": "unknown", "model": null},
            "confidence": "low", "line_type": null, "verstat": "unknown", "dnc_status": "unknown",
            "reassigned_status": "unknown",
        },
        "signal": "supplementary", "provider": "numbers.online", "receipt_id": null,
        "insufficient_balance": false, "as_of": null,
    });
    assert_eq!(stable(peer.ask(r#"{"number":"anonymous"}"#)), blocked);
    let allowed =
        stable(peer.ask(r#"{"number":"anonymous","block_invalid":false,"allow_code":404}"#));
    assert_eq!(allowed["decision"], "allow");
    assert_eq!(allowed["reason"], "no_actionable_signal");
    assert_eq!(allowed["sip"], json!({"code": 404, "reason": "Not Found"}));
    assert_eq!(allowed["receipt_id"], Value::Null);
}

#[test]
fn each_decision_comes_with_its_sip_code() {
    let peer = Peer::start(|_| {});
    for (number, decision, code, reason) in [
        ("+14155550123", "allow", 503, "no_actionable_signal"),
        ("+14155550122", "flag", 503, "risk_over_flag_threshold"),
        (
            "+14155550125",
            "redirect",
            302,
            "risk_over_redirect_threshold",
        ),
        ("+14155550101", "block", 603, "dnc_listed"),
        ("+33199001111", "block", 603, "reassigned"),
        ("+999123456789", "block", 603, "invalid_number"),
    ] {
        let answer = stable(peer.ask(&format!(r#"{{"number":"{number}",{STRICT}}}"#)));
        let found = (
            &answer["decision"],
            &answer["sip"]["code"],
            &answer["reason"],
        );
        assert_eq!(
            found,
            (&json!(decision), &json!(code), &json!(reason)),
            "{number}"
        );
    }
}

#[test]
fn without_lists_every_status_is_unknown() {
    let peer = Peer::start(|config| config.lists = Lists::default());
    let answer = stable(peer.ask(&format!(r#"{{"number":"+14155550102",{STRICT}}}"#)));
    assert_eq!(answer["decision"], "allow");
    assert_eq!(answer["advisory"]["dnc_status"], "unknown");
    assert_eq!(answer["advisory"]["reassigned_status"], "unknown");
    assert_eq!(answer["advisory"]["spam_score"], Value::Null);
    assert_eq!(answer["receipt_id"], "random");
}

#[test]
fn a_national_number_needs_a_default_country() {
    let body = r#"{"number":"020 7946 0101"}"#;
    assert_eq!(
        stable(Peer::start(|_| {}).ask(body))["reason"],
        "invalid_number"
    );
    let british = Peer::start(|config| config.default_country = "GB".parse().ok());
    let answer = stable(british.ask(body));
    assert_eq!(
        (&answer["e164"], &answer["reason"]),
        (&json!("+442079460101"), &json!("dnc_listed"))
    );
}

#[test]
fn the_key_and_the_path_may_come_in_each_accepted_form() {
    let peer = Peer::start(|_| {});
    let body = r#"{"number":"+14155550123","later":[1]}"#;
    let bearer = format!("bearer {KEY}");
    let query = format!("{PATH}?key={KEY}");
    for (path, headers) in [
        (
            PATH,
            vec![
                ("Authorization", bearer.as_str()),
                ("Idempotency-Key", "one"),
            ],
        ),
        (
            PATH,
            vec![("X-API-Key", KEY), ("Content-Type", "application/json")],
        ),
        ("/v1/sbc/redirect", vec![("X-API-Key", KEY)]),
        (query.as_str(), vec![]),
    ] {
        let reply = post(&agent(None), &peer.url(path), &headers, body).expect("a reply");
        assert_eq!(stable(reply)["decision"], "allow", "{path}");
    }
}

#[test]
fn receipts_differ_even_for_the_same_idempotency_key() {
    let peer = Peer::start(|_| {});
    let headers = [("X-API-Key", KEY), ("Idempotency-Key", "one")];
    let [first, second] = [(); 2].map(|()| {
        peer.ask_with(&headers, r#"{"number":"+14155550123"}"#).json["receipt_id"].take()
    });
    assert!(first.is_string());
    assert_ne!(first, second);
}

#[test]
fn health_needs_no_key() {
    let peer = Peer::start(|_| {});
    let reply = Reply::read(
        agent(None)
            .get(peer.url("/api/health"))
            .call()
            .expect("a reply"),
    );
    assert_eq!(
        (reply.status, &reply.json["status"], &reply.json["db"]),
        (200, &json!("ok"), &json!("up"))
    );
    assert_eq!(reply.json["version"], env!("CARGO_PKG_VERSION"));
    assert!(reply.json["time"].is_string());
}
