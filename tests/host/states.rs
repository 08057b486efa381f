// SPDX-License-Identifier: GPL-2.0-or-later
//! States that stop useless requests, shared by all workers: each is reached, noticed once, and left again.
use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use serde_json::json;
use testbed::{
    Api, Flaw, Plan, Refused, Result, Setup, Step,
    answer::{self, decision, ok},
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, parameter: &'static str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some(parameter),
            ..Needs::default()
        };
        suite.trial(subject, &format!("states/{name}"), needs, body)
    };
    let mut trials = vec![
        trial(
            "errors in a row open the breaker, and a trial closes it",
            "breaker_errors",
            the_breaker,
        ),
        trial(
            "an answer between errors keeps the breaker closed",
            "breaker_errors",
            no_errors_in_a_row,
        ),
        trial(
            "a breaker that is off never opens",
            "breaker_errors",
            a_breaker_that_is_off,
        ),
        trial(
            "errors of the request itself do not open the breaker",
            "breaker_errors",
            about_the_request,
        ),
        trial(
            "the backup is asked while the breaker is open",
            "api_url_backup",
            the_backup,
        ),
        trial("a local limit on the rate", "rate_limit", the_rate_limit),
        trial("429 holds for its Retry-After", "rate_limit", |bench| {
            throttled(bench, &[("Retry-After", "1")], &json!({}))
        }),
        trial(
            "429 holds for its retry_after_seconds",
            "rate_limit",
            |bench| {
                throttled(
                    bench,
                    &[],
                    &json!({ "error": "x", "code": "rate_limited_key", "retry_after_seconds": 1 }),
                )
            },
        ),
        trial(
            "any certificate is accepted if the operator insists, and the log says so",
            "tls_insecure",
            insecure,
        ),
    ];
    for (status, code, failure) in [
        ("401 Unauthorized", "invalid_key", "http_401"),
        ("401 Unauthorized", "signature_invalid", "signature"),
        ("403 Forbidden", "use_case_forbidden", "http_403"),
        ("402 Payment Required", "insufficient_balance", "http_402"),
    ] {
        let needs = Needs {
            parameter: Some("breaker_errors"),
            ..Needs::default()
        };
        let name = format!("states/no call after {code} is asked about");
        trials.push(suite.trial(subject, &name, needs, move |bench| {
            latched(bench, status, code, failure)
        }));
    }
    trials
}

/// Four workers, so that what one of them learns has to reach the others.
fn start(bench: &Bench, setup: Setup) -> Result<Running> {
    bench.start(&Setup {
        children: 4,
        ..setup
    })
}

fn calls(server: &Running, count: usize, expected: &Expected) -> Result<()> {
    (0..count).try_for_each(|n| {
        server
            .expect(callers::CALLER, expected)
            .map_err(|e| format!("call {n}: {e}").into())
    })
}

fn block() -> Vec<Step> {
    ok(&decision("block", 603))
}

fn error() -> Vec<Step> {
    answer::refusal("500 Internal Server Error", "", &[])
}

/// Lines of our module with these words in them, once there is one.
fn lines(server: &Running, words: &str) -> usize {
    let is_one = |line: &str| line.contains("numbers_online") && line.contains(words);
    server.host.log().wait_for_lines(1, SOON, is_one)
}

fn breaker(bench: &Bench, api: &Api) -> Setup {
    bench
        .setup(&api.url())
        .param("breaker_errors", 5)
        .param("breaker_window", 10)
        .param("breaker_retry", 1)
}

fn the_breaker(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(error()))?;
    let server = start(bench, breaker(bench, &api))?;
    calls(&server, 5, &Expected::fail_open("http_5xx"))?;
    calls(&server, 10, &Expected::fail_open("breaker_open"))?;
    same("requests", api.requests().len(), 5)?;
    same("lines about it", lines(&server, "breaker open"), 1)?;
    // The trial fails, and the breaker stays open.
    thread::sleep(Duration::from_millis(1100));
    server.expect(callers::CALLER, &Expected::fail_open("http_5xx"))?;
    calls(&server, 4, &Expected::fail_open("breaker_open"))?;
    same("requests", api.requests().len(), 6)?;
    // The trial succeeds.
    api.play(Plan::always(block()));
    thread::sleep(Duration::from_millis(1100));
    calls(&server, 5, &Expected::block())?;
    same("lines about its end", lines(&server, "breaker closed"), 1)?;
    server.finish()
}

fn no_errors_in_a_row(bench: &Bench) -> Result<()> {
    let replies = (0..16)
        .map(|n| if n % 5 == 4 { block() } else { error() })
        .collect();
    let api = Api::http(Plan::in_turn(replies))?;
    let server = start(bench, breaker(bench, &api))?;
    for _ in 0..3 {
        calls(&server, 4, &Expected::fail_open("http_5xx"))?;
        server.expect(callers::CALLER, &Expected::block())?;
    }
    same("requests", api.requests().len(), 15)?;
    server.finish()
}

fn a_breaker_that_is_off(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(error()))?;
    let server = start(bench, breaker(bench, &api).param("breaker_errors", 0))?;
    calls(&server, 20, &Expected::fail_open("http_5xx"))?;
    same("requests", api.requests().len(), 20)?;
    server.finish()
}

fn about_the_request(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::refusal("400 Bad Request", "", &[])))?;
    let server = start(bench, breaker(bench, &api))?;
    calls(&server, 10, &Expected::fail_open("http_400"))?;
    same("requests", api.requests().len(), 10)?;
    server.finish()
}

fn the_backup(bench: &Bench) -> Result<()> {
    let dead = Refused::at(([127, 0, 0, 1], 0).into())?;
    let backup = Api::http(Plan::always(block()))?;
    let setup = bench
        .setup(&format!("http://{}", dead.address()))
        .param("api_url_backup", backup.url())
        .param("breaker_errors", 3)
        .param("breaker_retry", 900);
    let server = start(bench, setup)?;
    calls(&server, 3, &Expected::fail_open("connect"))?;
    calls(&server, 5, &Expected::block())?;
    same("requests to the backup", backup.requests().len(), 5)?;
    backup.play(Plan::always(error()));
    calls(&server, 3, &Expected::fail_open("http_5xx"))?;
    calls(&server, 3, &Expected::fail_open("breaker_open"))?;
    same("requests to the backup", backup.requests().len(), 8)?;
    server.finish()
}

fn the_rate_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = start(bench, bench.setup(&api.url()).param("rate_limit", 30))?;
    let mut passed = 0;
    for _ in 0..15 {
        let reply = server.call(
            Transport::Udp,
            &Request::invite(&callers::sip(callers::CALLER)),
        )?;
        if reply.avp("failure") == "none" {
            passed += 1;
        } else {
            Expected::fail_open("rate_limited").check(&reply)?;
        }
    }
    same("requests", api.requests().len(), passed)?;
    holds(
        &format!("a burst passes and no more, not {passed} of 15"),
        (1..=10).contains(&passed),
    )?;
    // Two seconds are one call's share of the minute.
    thread::sleep(Duration::from_millis(2100));
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::fail_open("rate_limited"))?;
    server.finish()
}

fn throttled(bench: &Bench, headers: &[(&str, &str)], body: &serde_json::Value) -> Result<()> {
    let reply = answer::response(
        "429 Too Many Requests",
        headers,
        body.to_string().as_bytes(),
    );
    let api = Api::http(Plan::in_turn(vec![vec![Step::Send(reply)], block()]))?;
    let server = start(bench, bench.setup(&api.url()))?;
    server.expect(callers::CALLER, &Expected::fail_open("http_429"))?;
    calls(&server, 4, &Expected::fail_open("rate_limited"))?;
    same("requests", api.requests().len(), 1)?;
    thread::sleep(Duration::from_millis(1200));
    calls(&server, 4, &Expected::block())?;
    server.finish()
}

fn latched(bench: &Bench, status: &str, code: &str, failure: &str) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![
        answer::refusal(status, code, &[]),
        block(),
    ]))?;
    let server = start(bench, bench.setup(&api.url()).param("breaker_retry", 1))?;
    server.expect(callers::CALLER, &Expected::fail_open(failure))?;
    // Longer than the breaker's own pause: this is no outage that ends by itself.
    thread::sleep(Duration::from_millis(1100));
    calls(&server, 6, &Expected::fail_open("breaker_open"))?;
    same("requests", api.requests().len(), 1)?;
    same(
        "lines about it",
        lines(&server, "calls are allowed without a lookup"),
        1,
    )?;
    server.finish()
}

fn insecure(bench: &Bench) -> Result<()> {
    for flaw in [Flaw::SelfSigned, Flaw::WrongName, Flaw::Expired] {
        let api = bench.https(flaw, Plan::always(block()))?;
        let server = start(bench, bench.setup(&api.url()).param("tls_insecure", 1))?;
        server
            .expect(callers::CALLER, &Expected::block())
            .map_err(|e| format!("{flaw:?}: {e}"))?;
        same("lines about it", lines(&server, "tls_insecure"), 1)?;
        server.finish()?;
    }
    Ok(())
}
