// SPDX-License-Identifier: GPL-2.0-or-later
//! Persistent connections: reuse, their end while idle, and redirections.
use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Flaw, Plan, Result, Step,
    answer::{self, decision, ok},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

type Body = fn(&Bench, Door) -> Result<()>;

/// Opens an API with or without TLS.
type Door = fn(&Bench, Plan) -> Result<Api>;

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let doors: [(&str, Door); 2] = [
        ("http", |_, plan| Api::http(plan)),
        ("https", |bench, plan| bench.https(Flaw::None, plan)),
    ];
    let bodies: [(&str, Body); 10] = [
        ("one connection serves many calls", kept),
        (
            "a connection that the server closed meanwhile costs nothing",
            closed_meanwhile,
        ),
        (
            "a FIN that crosses the next request is retried once",
            |b, d| crossed(b, d, Step::Cut),
        ),
        (
            "a RST that crosses the next request is retried once",
            |b, d| crossed(b, d, Step::Reset),
        ),
        ("a retry is not retried", no_second_retry),
        (
            "nothing is retried once the answer has begun",
            no_retry_in_an_answer,
        ),
        (
            "nothing is retried because of a status",
            no_retry_for_a_status,
        ),
        (
            "a connection that missed a deadline is not used again",
            not_reused,
        ),
        ("a redirection is not followed", not_followed),
        (
            "an idle connection is closed before the server's idle limit",
            given_up,
        ),
    ];
    let mut trials = Vec::new();
    for (scheme, door) in doors {
        for (name, body) in bodies {
            let name = format!("connections/{scheme}/{name}");
            trials.push(suite.trial(subject, &name, Needs::default(), move |bench| {
                body(bench, door)
            }));
        }
    }
    trials
}

/// One worker, so that all calls share its connection.
fn start(bench: &Bench, api: &Api, timeout: i64) -> Result<Running> {
    let mut setup = bench.setup(&api.url()).param("timeout", timeout);
    setup.children = 1;
    bench.start(&setup)
}

fn block() -> Vec<Step> {
    ok(&decision("block", 603))
}

fn keys(api: &Api) -> Vec<String> {
    let key = |request: &testbed::Request| {
        request
            .header("Idempotency-Key")
            .unwrap_or_default()
            .to_owned()
    };
    api.requests().iter().map(key).collect()
}

fn kept(bench: &Bench, door: Door) -> Result<()> {
    let api = door(bench, Plan::always(block()))?;
    let server = start(bench, &api, 2000)?;
    for _ in 0..5 {
        server.expect(callers::CALLER, &Expected::block())?;
    }
    let mut used: Vec<usize> = api
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    used.dedup();
    same("connections used", used.len(), 1)?;
    server.finish()
}

fn closed_meanwhile(bench: &Bench, door: Door) -> Result<()> {
    let api = door(bench, Plan::always(block()))?;
    let server = start(bench, &api, 2000)?;
    for asked in 1..4 {
        server.expect(callers::CALLER, &Expected::block())?;
        same("requests", api.requests().len(), asked)?;
        api.hang_up();
        thread::sleep(Duration::from_millis(50));
    }
    server.finish()
}

fn crossed(bench: &Bench, door: Door, end: Step) -> Result<()> {
    let api = door(bench, Plan::in_turn(vec![block(), vec![end], block()]))?;
    let server = start(bench, &api, 2000)?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::block())?;
    let keys = keys(&api);
    same("requests", keys.len(), 3)?;
    same("the key of the retry", &keys[2], &keys[1])?;
    server.finish()
}

fn no_second_retry(bench: &Bench, door: Door) -> Result<()> {
    let api = door(bench, Plan::in_turn(vec![block(), vec![Step::Cut]]))?;
    let server = start(bench, &api, 2000)?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::fail_open("reset"))?;
    same("requests", api.requests().len(), 3)?;
    server.finish()
}

fn no_retry_in_an_answer(bench: &Bench, door: Door) -> Result<()> {
    let half = vec![
        Step::Send(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec()),
        Step::Wait(Duration::from_millis(50)),
        Step::Reset,
    ];
    let api = door(bench, Plan::in_turn(vec![block(), half, block()]))?;
    let server = start(bench, &api, 2000)?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::fail_open("reset"))?;
    same("requests", api.requests().len(), 2)?;
    server.finish()
}

fn no_retry_for_a_status(bench: &Bench, door: Door) -> Result<()> {
    let api = door(
        bench,
        Plan::in_turn(vec![
            block(),
            answer::refusal("503 Service Unavailable", "", &[]),
            block(),
        ]),
    )?;
    let server = start(bench, &api, 2000)?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::fail_open("http_5xx"))?;
    same("requests", api.requests().len(), 2)?;
    server.finish()
}

/// The late answer would be taken for the answer to the next question, and block a call that is to be flagged.
fn not_reused(bench: &Bench, door: Door) -> Result<()> {
    let late = [vec![Step::Wait(Duration::from_millis(450))], block()].concat();
    let api = door(
        bench,
        Plan::in_turn(vec![
            ok(&decision("flag", 503)),
            late,
            ok(&decision("flag", 503)),
        ]),
    )?;
    let server = start(bench, &api, 300)?;
    server.expect(callers::CALLER, &Expected::api(503, 2, "flag"))?;
    server.expect(callers::SECOND, &Expected::fail_open("timeout_response"))?;
    thread::sleep(Duration::from_millis(250));
    server.expect(callers::CALLER, &Expected::api(503, 2, "flag"))?;
    let requests = api.requests();
    same("requests", requests.len(), 3)?;
    same(
        "connection reused",
        requests[2].connection == requests[1].connection,
        false,
    )?;
    server.finish()
}

fn given_up(bench: &Bench, door: Door) -> Result<()> {
    let body = decision("block", 603).to_string();
    let reply = answer::response(
        "200 OK",
        &[("Keep-Alive", "timeout=1, max=100")],
        body.as_bytes(),
    );
    let api = door(bench, Plan::always(vec![Step::Send(reply)]))?;
    let server = start(bench, &api, 2000)?;
    for wait in [20, 950, 0] {
        server.expect(callers::CALLER, &Expected::block())?;
        thread::sleep(Duration::from_millis(wait));
    }
    let used: Vec<usize> = api
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    holds(
        &format!("kept for a moment, not for a second: {used:?}"),
        used[0] == used[1] && used[1] != used[2],
    )?;
    server.finish()
}

fn not_followed(bench: &Bench, door: Door) -> Result<()> {
    let elsewhere = door(bench, Plan::always(block()))?;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("{}/api/v1/sbc/redirect", elsewhere.url());
        let body = decision("block", 603).to_string();
        let reply = vec![Step::Send(answer::response(
            status,
            &[("Location", &location)],
            body.as_bytes(),
        ))];
        let api = door(bench, Plan::always(reply))?;
        let server = start(bench, &api, 2000)?;
        server
            .expect(callers::CALLER, &Expected::fail_open("http_other"))
            .map_err(|e| format!("{status}: {e}"))?;
        server.finish()?;
    }
    same("connections elsewhere", elsewhere.connections(), 0)
}
