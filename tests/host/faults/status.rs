// SPDX-License-Identifier: GPL-2.0-or-later
//! Statuses other than 200, each with a body that would block.
use testbed::{Step, answer};

use super::Fault;

pub(super) fn faults() -> Vec<Fault> {
    let retry = [("Retry-After", "30")];
    let mut faults = vec![
        refusal(
            "401 missing_key",
            "401 Unauthorized",
            "missing_key",
            &[],
            "http_401",
        )
        .everyday(),
        refusal(
            "401 invalid_key",
            "401 Unauthorized",
            "invalid_key",
            &[],
            "http_401",
        )
        .everyday(),
        refusal(
            "401 signature_invalid",
            "401 Unauthorized",
            "signature_invalid",
            &[],
            "signature",
        ),
        // Without a signature the clock cannot be the cause.
        refusal(
            "401 signature_invalid an hour ahead",
            "401 Unauthorized",
            "signature_invalid",
            &HOUR_AHEAD,
            "signature",
        ),
        refusal(
            "402 insufficient_balance",
            "402 Payment Required",
            "insufficient_balance",
            &[],
            "http_402",
        ),
        refusal(
            "403 use_case_forbidden",
            "403 Forbidden",
            "use_case_forbidden",
            &[],
            "http_403",
        ),
        refusal(
            "403 account_suspended",
            "403 Forbidden",
            "account_suspended",
            &[],
            "http_403",
        ),
        refusal("404", "404 Not Found", "", &[], "http_404").everyday(),
        refusal(
            "429",
            "429 Too Many Requests",
            "rate_limited_key",
            &[],
            "http_429",
        ),
        refusal(
            "429 with Retry-After",
            "429 Too Many Requests",
            "rate_limited_pool",
            &retry,
            "http_429",
        ),
        refusal("500", "500 Internal Server Error", "", &[], "http_5xx").everyday(),
        refusal("503", "503 Service Unavailable", "", &retry, "http_5xx"),
    ];
    faults.extend(with_a_block());
    faults.extend(with_odd_bodies());
    faults
}

/// Statuses that always mean a failure.
fn with_a_block() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (status, failure) in [
        ("400 Bad Request", "http_400"),
        ("405 Method Not Allowed", "http_4xx"),
        ("418 I'm a teapot", "http_4xx"),
        ("499 Gone", "http_4xx"),
        ("502 Bad Gateway", "http_5xx"),
        ("599 Whatever", "http_5xx"),
        ("201 Created", "http_other"),
        ("206 Partial Content", "http_other"),
        ("300 Multiple Choices", "http_other"),
        ("600 Beyond", "http_other"),
    ] {
        let body = answer::decision("block", 603).to_string();
        let reply = answer::response(status, &[], body.as_bytes());
        faults.push(Fault::answer(
            format!("{status} with a block"),
            vec![Step::Send(reply)],
            failure,
        ));
    }
    faults
}

fn with_odd_bodies() -> Vec<Fault> {
    let mut faults = Vec::new();
    for status in ["204 No Content", "304 Not Modified"] {
        faults.push(Fault::answer(
            status,
            vec![Step::Send(answer::head(status, &[]))],
            "http_other",
        ));
    }
    let html = answer::response(
        "404 Not Found",
        &[("Content-Type", "text/html")],
        b"<html><h1>Not Found</h1></html>",
    );
    faults.push(Fault::answer(
        "404 in HTML",
        vec![Step::Send(html)],
        "http_404",
    ));
    let text = answer::response(
        "401 Unauthorized",
        &[("Content-Type", "text/plain")],
        b"UNAVAILABLE",
    );
    faults.push(Fault::answer(
        "401 in plain text",
        vec![Step::Send(text)],
        "http_4xx",
    ));
    // The status is sufficient, so a missing body is not waited for.
    let bodiless = answer::head("500 Internal Server Error", &[("Content-Length", "100")]);
    faults.push(Fault::answer(
        "500 whose body does not come",
        vec![Step::Send(bodiless), Step::Cut],
        "http_5xx",
    ));
    faults
}

/// A date far from today.
pub(crate) const HOUR_AHEAD: [(&str, &str); 1] = [("Date", "Fri, 01 Jan 2038 00:00:00 GMT")];

fn refusal(
    name: &str,
    status: &str,
    code: &str,
    headers: &[(&str, &str)],
    failure: &'static str,
) -> Fault {
    Fault::answer(name, answer::refusal(status, code, headers), failure)
}
