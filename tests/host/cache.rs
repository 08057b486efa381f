// SPDX-License-Identifier: GPL-2.0-or-later
//! One cache for all workers: which answers are stored, for how long, and which are never stored.
use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use serde_json::json;
use testbed::{
    Api, Plan, Result, Setup, Step,
    answer::{self, decision, ok},
    sip::{Client, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// After how long a request without a reply is sent again.
const T1: Duration = Duration::from_millis(500);

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("cache_ttl"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("cache/{name}"), needs, body)
    };
    vec![
        trial("what one worker asked no other asks again", asked_once),
        trial("a burst from one number makes one request", a_burst),
        trial(
            "a burst whose request fails makes one more and no third",
            a_burst_that_fails,
        ),
        trial(
            "an answer that no longer holds allows but never blocks",
            stale,
        ),
        trial(
            "an answer of a server that failed itself is not kept",
            not_kept_failopen,
        ),
        trial("an answer without balance is not kept", not_kept_balance),
        trial("what is purged is asked again", purged),
    ]
}

fn start(bench: &Bench, api: &Api, ttl: i64) -> Result<Running> {
    bench.start(&Setup {
        children: 8,
        ..bench
            .setup(&api.url())
            .param("cache_ttl", ttl)
            .param("breaker_errors", 0)
    })
}

fn cached(expected: Expected) -> Expected {
    expected
        .and("source", "cache")
        .and("receipt", answer::RECEIPT)
}

fn asked_once(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = start(bench, &api, 60)?;
    server.expect(callers::CALLER, &Expected::block())?;
    for _ in 0..20 {
        server.expect(callers::CALLER, &cached(Expected::block()))?;
    }
    server.expect(callers::BRITISH, &Expected::block())?;
    same("requests", api.requests().len(), 2)?;
    server.finish()
}

/// The replies to so many INVITEs from one number, sent at once.
fn burst(server: &Running, calls: usize) -> Result<Vec<(String, String)>> {
    let address = server.host.address();
    let workers: Vec<_> = (0..calls)
        .map(|_| {
            thread::spawn(move || -> std::result::Result<_, String> {
                let request = Request::invite(&callers::sip(callers::CALLER));
                let mut client =
                    Client::connect(Transport::Udp, address).map_err(|e| e.to_string())?;
                let mut reply = Err("never sent".to_owned());
                // If the server's socket buffer was full the request is sent again, as a SIP client does (RFC 3261 T1).
                for _ in 0..10 {
                    client.send(&request).map_err(|e| e.to_string())?;
                    reply = client.final_reply(&request, T1).map_err(|e| e.to_string());
                    if reply.is_ok() {
                        break;
                    }
                }
                let reply = reply?;
                Ok((
                    reply.avp("decision").to_owned(),
                    reply.avp("failure").to_owned(),
                ))
            })
        })
        .collect();
    workers
        .into_iter()
        .map(|worker| Ok(worker.join().map_err(|_| "a caller panicked")??))
        .collect()
}

fn a_burst(bench: &Bench) -> Result<()> {
    let mut slow = vec![Step::Wait(Duration::from_millis(150))];
    slow.extend(ok(&decision("block", 603)));
    let api = Api::http(Plan::always(slow))?;
    let server = start(bench, &api, 60)?;
    let replies = burst(&server, 1000)?;
    holds(
        "all are blocked",
        replies.iter().all(|(decision, _)| decision == "block"),
    )?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn a_burst_that_fails(bench: &Bench) -> Result<()> {
    let mut slow = vec![Step::Wait(Duration::from_millis(150))];
    slow.extend(answer::refusal("500 Internal Server Error", "", &[]));
    let api = Api::http(Plan::always(slow))?;
    let server = start(bench, &api, 60)?;
    // One call for each worker: all of them are under way before the first answer.
    let replies = burst(&server, 8)?;
    holds(
        "all are allowed",
        replies
            .iter()
            .all(|(decision, failure)| decision == "allow" && failure == "http_5xx"),
    )?;
    let requests = api.requests().len();
    holds(
        &format!("one request and another, not {requests}"),
        requests <= 2,
    )?;
    server.finish()
}

fn stale(bench: &Bench) -> Result<()> {
    for (kept, code, late) in [
        (
            "allow",
            503,
            Expected::fail_open("http_5xx")
                .and("source", "cache")
                .and("reason", "no_actionable_signal")
                .and("receipt", answer::RECEIPT),
        ),
        ("block", 603, Expected::fail_open("http_5xx")),
    ] {
        let api = Api::http(Plan::in_turn(vec![
            ok(&decision(kept, code)),
            answer::refusal("500 Internal Server Error", "", &[]),
        ]))?;
        let server = start(bench, &api, 2)?;
        let ret = if kept == "block" { -1 } else { 1 };
        server.expect(callers::CALLER, &Expected::api(code, ret, kept))?;
        // Beyond the TTL and its jitter, within the one further TTL.
        thread::sleep(Duration::from_millis(2400));
        server.expect(callers::CALLER, &late)?;
        thread::sleep(Duration::from_millis(2200));
        server.expect(callers::CALLER, &Expected::fail_open("http_5xx"))?;
        server.finish()?;
    }
    Ok(())
}

fn not_kept_failopen(bench: &Bench) -> Result<()> {
    let mut body = decision("allow", 503);
    body["reason"] = json!("latency_budget");
    let api = Api::http(Plan::always(ok(&body)))?;
    let server = start(bench, &api, 60)?;
    for n in 1..=2 {
        server.expect(callers::CALLER, &Expected::fail_open("server_failopen"))?;
        same("requests", api.requests().len(), n)?;
        // Otherwise the failure itself would still be stored.
        server.host.command("cache_purge", &[callers::CALLER])?;
    }
    server.finish()
}

fn not_kept_balance(bench: &Bench) -> Result<()> {
    let mut body = decision("allow", 503);
    body["insufficient_balance"] = json!(true);
    let api = Api::http(Plan::always(ok(&body)))?;
    let server = start(bench, &api, 60)?;
    for _ in 0..3 {
        server.expect(
            callers::CALLER,
            &Expected::api(503, 1, "allow").and("balance_low", "1"),
        )?;
    }
    same("requests", api.requests().len(), 3)?;
    server.finish()
}

fn purged(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = start(bench, &api, 60)?;
    for number in [callers::CALLER, callers::BRITISH] {
        server.expect(number, &Expected::block())?;
    }
    let one = server.host.command("cache_purge", &[callers::CALLER])?;
    holds(&one, one.contains("purged: 1"))?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::BRITISH, &cached(Expected::block()))?;
    let all = server.host.command("cache_purge", &[])?;
    holds(&all, all.contains("purged: 2"))?;
    server.expect(callers::BRITISH, &Expected::block())?;
    same("requests", api.requests().len(), 4)?;
    server.finish()
}
