// SPDX-License-Identifier: GPL-2.0-or-later
//! A number for which the API fails is not screened. Other numbers are not affected.
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::{
    Api, Plan, Result, Step,
    answer::{self, decision, ok},
};

use super::{Row, block, breaker, calls, checks, error, page, start};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
    operator::shows,
};

pub(super) const ROWS: &[Row] = &[
    (
        "a number whose lookup failed is not asked about again for a while",
        "breaker_errors",
        asked_once,
    ),
    (
        "answers of the API about single numbers do not open the breaker",
        "breaker_errors",
        signs_of_life,
    ),
    (
        "a lack of balance, a refused key and a silent port are not remembered with the number",
        "breaker_errors",
        not_about_the_number,
    ),
    (
        "an answer about another number blocks no call and ends its connection",
        "cache_ttl",
        another_number,
    ),
    (
        "an unrequested second response blocks no call",
        "cache_ttl",
        unasked,
    ),
];

fn failures() -> Vec<(&'static str, Vec<Step>)> {
    let mut budget = decision("allow", 503);
    budget["reason"] = json!("latency_budget");
    vec![
        ("http_5xx", error()),
        ("http_400", answer::refusal("400 Bad Request", "", &[])),
        ("http_404", answer::refusal("404 Not Found", "", &[])),
        ("http_4xx", page("403 Forbidden")),
        ("schema", ok(&json!({ "decision": "perhaps" }))),
        ("parse", answer::raw_ok(b"{")),
        ("server_failopen", ok(&budget)),
        ("reset", vec![Step::Cut]),
    ]
}

fn asked_once(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(error()))?;
    let server = start(bench, breaker(bench, &api))?;
    for ((failure, reply), number) in failures().into_iter().zip(callers::several(20)) {
        api.play(Plan::always(reply));
        let failed = Instant::now();
        server.expect(&number, &Expected::fail_open(failure))?;
        let asked = api.requests().len();
        api.play(Plan::always(block()));
        for _ in 0..4 {
            // If the machine delayed the call for longer, it proves nothing.
            if failed.elapsed() < Duration::from_secs(3) {
                server.expect(&number, &Expected::fail_open(failure))?;
            }
        }
        same(failure, api.requests().len(), asked)?;
        // Every other number is asked about.
        server.expect(callers::BRITISH, &Expected::block())?;
        shows(&server, "cache_purge", &["purged: "])?;
        server.expect(&number, &Expected::block())?;
    }
    server.finish()
}

fn signs_of_life(bench: &Bench) -> Result<()> {
    for failure in ["http_400", "http_404", "schema", "server_failopen"] {
        let reply = failures().into_iter().find(|(name, _)| *name == failure);
        let (_, reply) = reply.ok_or("no such failure")?;
        let api = Api::http(Plan::always(reply).health(answer::degraded()))?;
        let server = start(bench, breaker(bench, &api))?;
        calls(&server, 20, &Expected::fail_open(failure))?;
        same("requests", api.requests().len(), 20)?;
        same("checks", checks(&api), 0)?;
        server.finish()?;
    }
    Ok(())
}

fn not_about_the_number(bench: &Bench) -> Result<()> {
    for (status, code, failure) in [
        ("401 Unauthorized", "invalid_key", "http_401"),
        ("402 Payment Required", "insufficient_balance", "http_402"),
        ("429 Too Many Requests", "rate_limited_key", "http_429"),
    ] {
        let api = Api::http(Plan::in_turn(vec![
            answer::refusal(status, code, &[]),
            block(),
        ]))?;
        let server = start(bench, breaker(bench, &api))?;
        server.expect(callers::CALLER, &Expected::fail_open(failure))?;
        shows(&server, "breaker closed", &["breaker_mode: closed"])?;
        server.expect(callers::CALLER, &Expected::block())?;
        server.finish()?;
    }
    Ok(())
}

fn another_number(bench: &Bench) -> Result<()> {
    let mut wrong = decision("block", 603);
    wrong["e164"] = json!(callers::BRITISH);
    let api = Api::http(Plan::in_turn(vec![ok(&wrong), ok(&decision("flag", 503))]))?;
    let server = bench.start(&breaker(bench, &api).param("cache_ttl", 60))?;
    server.expect(callers::CALLER, &Expected::fail_open("schema"))?;
    server.expect(callers::SECOND, &Expected::api(503, 2, "flag"))?;
    // It was not stored for either number.
    server.expect(callers::BRITISH, &Expected::api(503, 2, "flag"))?;
    let requests = api.requests();
    same(
        "connection reused",
        requests[1].connection == requests[0].connection,
        false,
    )?;
    server.finish()
}

fn unasked(bench: &Bench) -> Result<()> {
    // The first answer is followed by one that arrives only when the next request is on its way.
    let first = ok(&decision("flag", 503));
    let mut stray = decision("block", 603);
    stray["e164"] = json!("+13105550100");
    let second = [ok(&stray), ok(&decision("flag", 503))].concat();
    let api = Api::http(Plan::in_turn(vec![
        first,
        second,
        ok(&decision("flag", 503)),
    ]))?;
    let server = bench.start(&breaker(bench, &api))?;
    server.expect(callers::CALLER, &Expected::api(503, 2, "flag"))?;
    server.expect(callers::SECOND, &Expected::fail_open("schema"))?;
    server.expect(callers::BRITISH, &Expected::api(503, 2, "flag"))?;
    server.finish()
}
