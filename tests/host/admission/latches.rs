// SPDX-License-Identifier: GPL-2.0-or-later
//! Refusals of the API that further requests cannot change: refused key, no balance, too many requests.
use std::{fs, net::Ipv4Addr, sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use serde_json::json;
use testbed::{Api, Plan, Port, Result, Setup, Step, answer};

use super::{Row, block, calls, lines, page, start};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
    operator::shows,
    subject::Subject,
    suite::{Needs, Suite},
};

pub(super) const ROWS: &[Row] = &[
    ("429 holds for its Retry-After", "rate_limit", |bench| {
        throttled(
            bench,
            &[("Retry-After", "1")],
            &json!({ "error": "x", "code": "rate_limited_key" }),
        )
    }),
    (
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
    (
        "a refusal of the backup does not latch the primary",
        "api_url_backup",
        the_backup,
    ),
    (
        "a command of the operator ends every refusal",
        "breaker_errors",
        commands,
    ),
    (
        "a call that waited while the key was replaced does not latch the new one",
        "cache_ttl",
        a_replaced_key,
    ),
];

/// A trial for each documented refusal of the API, and for a page of an intermediary with the same status.
pub(super) fn each_refusal(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        parameter: Some("breaker_errors"),
        ..Needs::default()
    };
    let mut trials = Vec::new();
    for (status, code, failure) in [
        ("401 Unauthorized", "invalid_key", "http_401"),
        ("401 Unauthorized", "signature_invalid", "signature"),
        ("403 Forbidden", "use_case_forbidden", "http_403"),
        ("402 Payment Required", "insufficient_balance", "http_402"),
    ] {
        let name = format!("admission/no call after {code} is asked about");
        trials.push(suite.trial(subject, &name, needs, move |bench| {
            latched(bench, status, code, failure)
        }));
    }
    for status in [
        "401 Unauthorized",
        "402 Payment Required",
        "403 Forbidden",
        "429 Too Many Requests",
    ] {
        let name = format!("admission/the call after a page with {status} is asked about");
        trials.push(suite.trial(subject, &name, needs, move |bench| {
            not_latched(bench, status)
        }));
    }
    trials
}

fn latched(bench: &Bench, status: &str, code: &str, failure: &str) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![
        answer::refusal(status, code, &[]),
        block(),
    ]))?;
    let server = start(bench, bench.setup(&api.url()).param("breaker_retry", 1))?;
    server.expect(callers::CALLER, &Expected::fail_open(failure))?;
    // Longer than `breaker_retry`: a refusal does not end by itself.
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

fn not_latched(bench: &Bench, status: &str) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![page(status), block()]))?;
    let server = start(bench, bench.setup(&api.url()))?;
    server.expect(callers::CALLER, &Expected::fail_open("http_4xx"))?;
    calls(&server, 4, &Expected::block())?;
    same("lines", lines(&server, "http_4xx (http_intermediary)"), 1)?;
    let wanted = ["last_failure: http_4xx (http_intermediary)"];
    shows(&server, "status", &wanted)?;
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

fn the_backup(bench: &Bench) -> Result<()> {
    // A port on which nothing listens yet.
    let primary = Port::reserve(Ipv4Addr::LOCALHOST.into())?;
    let refusal = answer::refusal("401 Unauthorized", "invalid_key", &[]);
    let backup = Api::http(Plan::always(refusal))?;
    let url = format!("http://{}", primary.address());
    let setup = bench
        .setup(&url)
        .param("api_url_backup", backup.url())
        .param("breaker_errors", 2)
        .param("breaker_retry", 1);
    let server = start(bench, setup)?;
    calls(&server, 2, &Expected::fail_open("connect"))?;
    server.expect(callers::CALLER, &Expected::fail_open("http_401"))?;
    server.expect(callers::SECOND, &Expected::fail_open("breaker_open"))?;
    let _primary = Api::start(primary.address(), None, Plan::always(block()))?;
    thread::sleep(Duration::from_millis(1100));
    calls(&server, 4, &Expected::block())?;
    server.finish()
}

fn commands(bench: &Bench) -> Result<()> {
    let refused = answer::response(
        "429 Too Many Requests",
        &[("Retry-After", "3600")],
        answer::error("rate_limited_key").to_string().as_bytes(),
    );
    let api = Api::http(Plan::always(vec![Step::Send(refused.clone())]))?;
    let server = start(bench, bench.setup(&api.url()))?;
    for (command, line, number) in [
        ("reload", "reloads: 1", callers::CALLER),
        ("breaker auto", "breaker_mode: auto", callers::SECOND),
        ("breaker closed", "breaker_mode: closed", callers::BRITISH),
    ] {
        api.play(Plan::always(vec![Step::Send(refused.clone())]));
        server.expect(number, &Expected::fail_open("http_429"))?;
        server.expect(number, &Expected::fail_open("rate_limited"))?;
        api.play(Plan::always(block()));
        shows(&server, command, &[line])?;
        server.expect(number, &Expected::block())?;
        shows(&server, "cache_purge", &["purged: "])?;
    }
    server.finish()
}

fn a_replaced_key(bench: &Bench) -> Result<()> {
    let file = bench.suite.file(&format!(
        "replaced-key-{}",
        bench.name.replace(['/', ' '], "-")
    ));
    fs::write(&file, callers::KEY)?;
    let late_refusal = [
        vec![Step::Wait(Duration::from_millis(600))],
        answer::refusal("401 Unauthorized", "invalid_key", &[]),
    ]
    .concat();
    let api = Api::http(Plan::in_turn(vec![late_refusal, block()]))?;
    let setup = bench
        .setup(&api.url())
        .param("api_key", format!("file:{}", file.display()));
    let server = start(
        bench,
        Setup {
            children: 4,
            ..setup
        },
    )?;
    thread::scope(|scope| -> Result<()> {
        let waiting = scope.spawn(|| {
            server
                .expect(callers::CALLER, &Expected::fail_open("http_401"))
                .map_err(|e| e.to_string())
        });
        let asked = api.wait_for_requests(1, Duration::from_secs(5)).len();
        same("requests", asked, 1)?;
        fs::write(&file, callers::FILE_KEY)?;
        shows(&server, "reload", &["reloads: 1"])?;
        Ok(waiting.join().map_err(|_| "a caller panicked")??)
    })?;
    calls(&server, 4, &Expected::block())?;
    server.finish()
}
