// SPDX-License-Identifier: GPL-2.0-or-later

//! Lookups, whole: every field of the answer.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::peer::{KEY, LOOKUP, Peer, Reply, agent, get};

/// Takes the time out of an answer, after a look at its form.
fn stable(mut reply: Reply) -> Value {
    assert_eq!(reply.status, 200, "{:?}", reply.json);
    let as_of = reply.json["as_of"].take();
    let as_of = as_of.as_str().expect("a time");
    assert_eq!((as_of.len(), &as_of[10..11], &as_of[23..]), (24, "T", "Z"));
    reply.json
}

#[test]
fn an_answer_has_every_field_of_the_interface_in_its_order() {
    let peer = Peer::start(|_| {});
    let reply = peer.lookup("+14155550130?verstat=TN-Validation-Passed&max_cache_age=0");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let expected = r#"{"schema_version":"2026-06-03","e164":"+14155550130","valid":true,"#
        .to_owned()
        + r#""formatted":{"national":"(415) 555-0130","international":"+1 415-555-0130"},"#
        + r#""line_type":"fixed_line_or_mobile","carrier":null,"country":"US","cnam":"Acme Support","#
        + r#""verstat":"verified","spam_score":8,"risk":{"score":8,"level":"low","#
        + r#""model":"first_party_plus_restricted_sources"},"confidence":"low","cached":true,"#
        + r#""sources":{"carrier":null,"cnam":"cache","spam_score":"operator_list"},"as_of":null}"#;
    assert_eq!(stable(reply).to_string(), expected);
}

#[test]
fn an_unknown_number_gets_the_same_shape() {
    let peer = Peer::start(|_| {});
    let expected = json!({
        "schema_version": "2026-06-03", "e164": "+442079460123", "valid": true,
        "formatted": {"national": "020 7946 0123", "international": "+44 20 7946 0123"},
        "line_type": "fixed_line", "carrier": null, "country": "GB", "cnam": null, "verstat": "unknown",
        "spam_score": null, "risk": {"score": null, "level": "unknown", "model": null}, "confidence": "low",
        "cached": false, "sources": {"carrier": null, "cnam": null, "spam_score": null}, "as_of": null,
    });
    assert_eq!(stable(peer.lookup("+442079460123")), expected);
}

#[test]
fn an_invalid_number_gets_the_same_shape() {
    let peer = Peer::start(|_| {});
    let expected = json!({
        "schema_version": "2026-06-03", "e164": null, "valid": false,
        "formatted": {"national": null, "international": null},
        "line_type": null, "carrier": null, "country": null, "cnam": null, "verstat": "unverified",
        "spam_score": null, "risk": {"score": null, "level": "unknown", "model": null}, "confidence": "low",
        "cached": false, "sources": {"carrier": null, "cnam": null, "spam_score": null}, "as_of": null,
    });
    let long = "1".repeat(1000);
    for number in ["+999123456789", "+10005550123", "1", "0", &long] {
        let reply = peer.lookup(&format!("{number}?verstat=TN-Validation-Failed"));
        assert_eq!(stable(reply), expected, "{number}");
    }
}

#[test]
fn the_number_and_the_path_may_come_in_each_accepted_form() {
    let peer = Peer::start(|config| config.default_country = "GB".parse().ok());
    for number in [
        "+14155550121",
        "%2B14155550121",
        "%2b14155550121",
        "14155550121",
    ] {
        for base in [LOOKUP, "/v1/lookup"] {
            let headers = [("X-API-Key", KEY), ("Idempotency-Key", "one")];
            let reply = get(
                &agent(None),
                &peer.url(&format!("{base}/{number}")),
                &headers,
            );
            let answer = stable(reply);
            assert_eq!(
                (&answer["e164"], &answer["spam_score"]),
                (&json!("+14155550121"), &json!(79))
            );
        }
    }
}

#[test]
fn the_name_of_a_person_is_not_an_answer_but_that_of_a_business_is() {
    let peer = Peer::start(|_| {});
    for (number, cnam, cached) in [
        (
            "+442079460130",
            json!("Caf\u{e9} \u{dc}n\u{ef} & S\u{f6}hne"),
            true,
        ),
        ("+14155550131", Value::Null, false),
        ("+14155550132", Value::Null, false),
    ] {
        let answer = stable(peer.lookup(number));
        assert_eq!(
            (&answer["cnam"], &answer["cached"]),
            (&cnam, &json!(cached)),
            "{number}"
        );
    }
}

#[test]
fn a_malformed_path_or_query_is_refused() {
    let peer = Peer::start(|_| {});
    for (target, error) in [
        ("+", "e164 is \"+\"; allowed: a number in E.164 "),
        ("%2B", "e164 is \"%2B\"; allowed: a number in E.164 "),
        (
            "anonymous",
            "e164 is \"anonymous\"; allowed: a number in E.164 ",
        ),
        ("+1-415-555-0123", "e164 is \"+1-415-555-0123\"; allowed: "),
        ("%FF", "e164 is \"%FF\"; allowed: "),
        (
            "+14155550123?max_cache_age=-1",
            "max_cache_age is \"-1\"; allowed: a whole number of seconds from 0",
        ),
        (
            "+14155550123?max_cache_age=day",
            "max_cache_age is \"day\"; allowed: ",
        ),
    ] {
        let reply = peer.lookup(target);
        assert_eq!(
            (reply.status, &reply.json["code"]),
            (400, &json!("invalid_request")),
            "{target}"
        );
        let found = reply.json["error"].as_str().expect("prose");
        assert!(found.starts_with(error), "{found}");
    }
}

#[test]
fn what_is_not_ready_in_time_is_null() {
    let peer = Peer::start(|config| config.delay = Duration::from_secs(8));
    let start = Instant::now();
    let answer = stable(peer.lookup("+14155550130"));
    let took = start.elapsed();
    assert!(
        took >= Duration::from_secs(5) && took < Duration::from_secs(8),
        "{took:?}"
    );
    assert_eq!(
        (&answer["valid"], &answer["country"]),
        (&json!(true), &json!("US"))
    );
    assert_eq!(
        (&answer["cnam"], &answer["spam_score"]),
        (&Value::Null, &Value::Null)
    );
}
