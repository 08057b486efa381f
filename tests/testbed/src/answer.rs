// SPDX-License-Identifier: GPL-2.0-or-later
//! Answers of the API: correct ones, and ones that tests change into incorrect ones.
use serde_json::{Value, json};

use crate::Step;

/// The receipt in the body of [`decision`].
pub const RECEIPT: &str = "nol_rec_8sd91kfh20aJ";

/// The number that [`decision`] is about.
pub const CALLER: &str = "+12025550123";

/// A complete body of `POST /api/v1/sbc/redirect`.
#[must_use]
pub fn decision(decision: &str, code: u16) -> Value {
    let (phrase, reason) = match (decision, code) {
        ("block", _) => ("Decline", "dnc_listed"),
        ("redirect", _) => ("Moved Temporarily", "risk_over_redirect_threshold"),
        ("flag", 404) => ("Not Found", "risk_over_flag_threshold"),
        ("flag", _) => ("Service Unavailable", "risk_over_flag_threshold"),
        (_, 404) => ("Not Found", "no_actionable_signal"),
        _ => ("Service Unavailable", "no_actionable_signal"),
    };
    json!({
        "schema_version": "2026-06-06",
        "e164": CALLER,
        "valid": true,
        "decision": decision,
        "reason": reason,
        "sip": { "code": code, "reason": phrase },
        "redirect_target": null,
        "advisory": {
            "spam_score": 12,
            "risk": { "score": 12, "level": "low", "model": "first_party_plus_restricted_sources" },
            "confidence": "low",
            "line_type": "mobile",
            "verstat": "unknown",
            "dnc_status": "not_listed",
            "reassigned_status": "no"
        },
        "signal": "supplementary",
        "provider": "numbers.online",
        "receipt_id": RECEIPT,
        "insufficient_balance": false,
        "as_of": "2026-06-06T00:00:00.000Z"
    })
}

/// The flat error body.
#[must_use]
pub fn error(code: &str) -> Value {
    json!({ "error": "Refused.", "code": code })
}

/// The head of an HTTP response.
#[must_use]
pub fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A whole HTTP response with a JSON body. A header given here replaces the usual one of that name.
#[must_use]
pub fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let length = body.len().to_string();
    let usual = [
        ("Content-Type", "application/json"),
        ("Content-Length", length.as_str()),
    ];
    let mut all: Vec<(&str, &str)> = usual
        .into_iter()
        .filter(|(name, _)| {
            !headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        })
        .collect();
    all.extend_from_slice(headers);
    let mut bytes = head(status, &all);
    bytes.extend_from_slice(body);
    bytes
}

/// Sends a 200 with this body.
#[must_use]
pub fn ok(body: &Value) -> Vec<Step> {
    vec![Step::Ok(body.clone())]
}

/// Sends a 200 with a body that need not be JSON.
#[must_use]
pub fn raw_ok(body: &[u8]) -> Vec<Step> {
    vec![Step::Send(response("200 OK", &[], body))]
}

/// Sends an error with the API's flat body.
#[must_use]
pub fn refusal(status: &str, code: &str, headers: &[(&str, &str)]) -> Vec<Step> {
    vec![Step::Send(response(
        status,
        headers,
        error(code).to_string().as_bytes(),
    ))]
}

/// The health answer of an API that works.
#[must_use]
pub fn healthy() -> Vec<Step> {
    raw_ok(br#"{"status":"ok","db":"up","version":"1","time":"2026-06-06T00:00:00.000Z"}"#)
}

/// The health answer of an API that does not work.
#[must_use]
pub fn degraded() -> Vec<Step> {
    vec![Step::Send(response(
        "503 Service Unavailable",
        &[],
        br#"{"status":"degraded","db":"down"}"#,
    ))]
}

/// One chunk of a chunked body.
#[must_use]
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
