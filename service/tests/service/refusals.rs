// SPDX-License-Identifier: GPL-2.0-or-later

//! Requests that are not answered: the flat error body.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::{Value, json};

use crate::peer::{INBOUND, KEY, LOOKUP, PATH, Peer, Reply, SCRUB_KEY, agent, get, post};
use numbers_online_service::use_case::UseCase;

const BODY: &str = r#"{"number":"+14155550123"}"#;

fn assert_flat(reply: &Reply, status: u16, code: &str) {
    assert_eq!(
        (reply.status, &reply.json["code"]),
        (status, &json!(code)),
        "{:?}",
        reply.json
    );
    assert!(
        reply.json["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
    assert_eq!(reply.json.as_object().map(serde_json::Map::len), Some(2));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// Sends bytes as they are and reads until the connection ends.
fn raw(peer: &Peer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    stream.write_all(bytes).expect("a request");
    stream.shutdown(Shutdown::Write).expect("an end");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a reply");
    text
}

#[test]
fn a_request_without_a_good_key_is_refused() {
    let peer = Peer::start(|_| {});
    for (headers, status, code) in [
        (vec![], 401, "missing_key"),
        (
            vec![("Authorization", "Basic dXNlcjpwYXNz")],
            401,
            "missing_key",
        ),
        (
            vec![("Authorization", "Bearer nol_wrong")],
            401,
            "invalid_key",
        ),
        (vec![("X-API-Key", "nol_wrong")], 401, "invalid_key"),
        (vec![("X-API-Key", SCRUB_KEY)], 403, "use_case_forbidden"),
    ] {
        let reply = peer.ask_with(&headers, BODY);
        assert_flat(&reply, status, code);
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
    }
    let reply = post(
        &agent(None),
        &peer.url(&format!("{PATH}?key=nol_wrong")),
        &[],
        BODY,
    );
    assert_flat(&reply.expect("a reply"), 401, "invalid_key");
}

#[test]
fn a_key_of_the_query_is_for_decisions_alone() {
    let peer = Peer::start(|_| {});
    let query = format!("?key={KEY}");
    let url = peer.url(&format!("{INBOUND}{query}"));
    assert_flat(
        &post(&agent(None), &url, &[], BODY).expect("a reply"),
        401,
        "missing_key",
    );
    let url = peer.url(&format!("{LOOKUP}/+14155550123{query}"));
    assert_flat(&get(&agent(None), &url, &[]), 401, "missing_key");
}

#[test]
fn each_endpoint_needs_its_own_use_case() {
    for (use_case, [decision, inbound, lookup]) in [
        (UseCase::SbcRedirect, [200, 403, 403]),
        (UseCase::InboundLookup, [403, 200, 403]),
        // Every key for lookups may ask for decisions (SBC guide 3).
        (UseCase::Lookup, [200, 403, 200]),
        (UseCase::Scrub, [403, 403, 403]),
    ] {
        let peer = Peer::start(|config| {
            config
                .keys
                .add("one", "nol_one", &[use_case])
                .expect("a key");
        });
        let headers = [("X-API-Key", "nol_one")];
        for (reply, status, code) in [
            (
                post(&agent(None), &peer.url(PATH), &headers, BODY).expect("a reply"),
                decision,
                "sbc_redirect",
            ),
            (
                post(&agent(None), &peer.url(INBOUND), &headers, BODY).expect("a reply"),
                inbound,
                "inbound_lookup",
            ),
            (
                get(
                    &agent(None),
                    &peer.url(&format!("{LOOKUP}/+14155550123")),
                    &headers,
                ),
                lookup,
                "lookup",
            ),
        ] {
            assert_eq!(reply.status, status, "{} {code}", use_case.name());
            if status == 403 {
                assert_flat(&reply, 403, "use_case_forbidden");
                let error = reply.json["error"].as_str().expect("prose");
                assert!(
                    error.ends_with(&format!(" the use case {code}.")),
                    "{error}"
                );
            }
        }
    }
}

/// The module believes a 401 or 403 only with this body, so none may be without it.
#[test]
fn every_refusal_is_the_documented_json() {
    let peer = Peer::start(|_| {});
    let large = " ".repeat(20_000);
    let number = format!("{LOOKUP}/+14155550123");
    let (number, letters) = (number.as_str(), format!("{LOOKUP}/batch"));
    for (status, code, method, path, key, body) in [
        (400, "invalid_request", "POST", PATH, KEY, "{}"),
        (401, "missing_key", "POST", PATH, "", BODY),
        (401, "invalid_key", "POST", PATH, "nol_wrong", BODY),
        (401, "invalid_key", "POST", "/v1/sbc/redirect", "x", BODY),
        (403, "use_case_forbidden", "POST", PATH, SCRUB_KEY, BODY),
        (404, "not_found", "POST", "/api/v1/other", KEY, BODY),
        (404, "not_found", "OPTIONS", "*", KEY, ""),
        (405, "method_not_allowed", "GET", PATH, KEY, ""),
        (405, "method_not_allowed", "BREW", PATH, KEY, ""),
        (413, "request_too_large", "POST", PATH, KEY, &large),
        (400, "invalid_request", "POST", INBOUND, KEY, "{}"),
        (401, "missing_key", "POST", INBOUND, "", BODY),
        (401, "invalid_key", "POST", "/v1/inbound/lookup", "x", BODY),
        (403, "use_case_forbidden", "POST", INBOUND, SCRUB_KEY, BODY),
        (405, "method_not_allowed", "GET", INBOUND, KEY, ""),
        (413, "request_too_large", "POST", INBOUND, KEY, &large),
        (400, "invalid_request", "GET", &letters, KEY, ""),
        (401, "missing_key", "GET", number, "", ""),
        (401, "invalid_key", "GET", number, "nol_wrong", ""),
        (403, "use_case_forbidden", "GET", number, SCRUB_KEY, ""),
        (405, "method_not_allowed", "POST", number, KEY, ""),
        (
            405,
            "method_not_allowed",
            "POST",
            "/api/v1/publickey",
            KEY,
            "",
        ),
    ] {
        let length = body.len();
        let reply = raw(
            &peer,
            format!(
                "{method} {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        );
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("content-type: application/json"), "{head}");
        let json: Value = serde_json::from_str(body).expect(code);
        assert_eq!(json["code"], code, "{json}");
        assert!(
            json["error"]
                .as_str()
                .is_some_and(|error| !error.is_empty())
        );
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(2));
    }
}

#[test]
fn a_body_that_does_not_arrive_is_refused_with_408() {
    let peer = Peer::start(|_| {});
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    let head = format!("POST {PATH} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\n");
    stream
        .write_all(format!("{head}Content-Length: 99\r\n\r\n{{").as_bytes())
        .expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains(r#""code":"request_timeout""#), "{reply}");
}

#[test]
fn the_key_is_looked_at_before_the_body() {
    let peer = Peer::start(|_| {});
    assert_flat(&peer.ask_with(&[], "not JSON"), 401, "missing_key");
}

#[test]
fn the_refusal_of_a_malformed_request_names_field_value_and_range() {
    let peer = Peer::start(|_| {});
    for (body, error) in [
        ("not JSON", "body is not JSON ("),
        ("", "body is not JSON ("),
        ("{}", "number is missing or empty; allowed: "),
        (r#"{"number":""}"#, "number is missing or empty; allowed: "),
        (
            r#"{"number":"+14155550123","spam_threshold":100}"#,
            "spam_threshold is 100; allowed: a whole number from 1 to 99",
        ),
        (
            r#"{"number":"+14155550123","block_invalid":"no"}"#,
            "block_invalid is \"no\"; allowed: true or false",
        ),
    ] {
        let reply = peer.ask(body);
        assert_flat(&reply, 400, "invalid_request");
        let found = reply.json["error"].as_str().expect("prose");
        assert!(found.starts_with(error), "{found}");
    }
}

#[test]
fn the_refusal_of_a_malformed_inbound_lookup_names_field_value_and_range() {
    let peer = Peer::start(|_| {});
    for (body, error) in [
        ("not JSON", "body is not JSON ("),
        ("[]", "body is an array; allowed: a JSON object"),
        (
            r#"{"to":"+14155550123"}"#,
            "number is missing or empty; allowed: ",
        ),
        (r#"{"number":7}"#, "number is 7; allowed: a string"),
        (
            r#"{"number":"+14155550123","context":"outbound_voice"}"#,
            "context is \"outbound_voice\"; allowed: \"inbound_voice\", \"inbound_sms\" or \"inbound_waba\"",
        ),
        (
            r#"{"number":"+14155550123","attestation":"D"}"#,
            "attestation is \"D\"; allowed: \"A\", \"B\" or \"C\"",
        ),
        (
            r#"{"number":"+14155550123","verstat":[]}"#,
            "verstat is an array; allowed: a string",
        ),
        (
            r#"{"number":"+14155550123","to":7}"#,
            "to is 7; allowed: a string",
        ),
    ] {
        let reply = peer.inbound(body);
        assert_flat(&reply, 400, "invalid_request");
        let found = reply.json["error"].as_str().expect("prose");
        assert!(found.starts_with(error), "{found}");
    }
}

#[test]
fn a_budget_header_that_is_no_number_is_malformed() {
    let peer = Peer::start(|_| {});
    for value in ["soon", "0", "-1", "1.5", ""] {
        let reply = peer.ask_with(&[("X-API-Key", KEY), ("X-SBC-Budget-Ms", value)], BODY);
        assert_flat(&reply, 400, "invalid_request");
        let error = reply.json["error"].as_str().expect("prose");
        assert!(
            error.starts_with(&format!("X-SBC-Budget-Ms is \"{value}\"; allowed: ")),
            "{error}"
        );
    }
}

#[test]
fn an_oversized_body_is_refused() {
    let peer = Peer::start(|_| {});
    for length in [16 * 1024 + 1, 900 * 1024] {
        assert_flat(&peer.ask(&" ".repeat(length)), 413, "request_too_large");
    }
    let fits = format!("{BODY}{}", " ".repeat(16 * 1024 - BODY.len()));
    assert_eq!(peer.ask(&fits).status, 200);
}

#[test]
fn an_oversized_body_of_unknown_length_is_refused() {
    let peer = Peer::start(|_| {});
    let head =
        format!("POST {PATH} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nConnection: close\r\n");
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    let reply = raw(
        &peer,
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n").as_bytes(),
    );
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
}

#[test]
fn a_body_that_ends_early_does_no_harm() {
    let peer = Peer::start(|_| {});
    raw(
        &peer,
        format!(
            "POST {PATH} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nContent-Length: 99\r\n\r\n{{"
        )
        .as_bytes(),
    );
    raw(&peer, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03");
    assert_eq!(peer.ask(BODY).status, 200);
}

#[test]
fn other_paths_and_methods_are_refused() {
    let peer = Peer::start(|_| {});
    let client = agent(None);
    for path in [
        "/",
        "/api/v1/lookup",
        "/api/v1/lookup/",
        "/api/v1/lookup/+14155550123/x",
        "/api/v1/inbound",
        "/api/v1/sbc/redirect/",
        "/api/v1/sbc/redirect/x",
    ] {
        assert_flat(
            &Reply::read(client.get(peer.url(path)).call().expect("a reply")),
            404,
            "not_found",
        );
    }
    let reply = Reply::read(client.get(peer.url(PATH)).call().expect("a reply"));
    assert_flat(&reply, 405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
    let reply = post(&client, &peer.url("/api/health"), &[], "").expect("a reply");
    assert_flat(&reply, 405, "method_not_allowed");
}
