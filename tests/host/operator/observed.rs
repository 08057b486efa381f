// SPDX-License-Identifier: GPL-2.0-or-later
//! Output of the module: statistics, the state event, the AVPs.
use testbed::{
    Api, Plan, Refused, Result,
    answer::{self, decision, ok},
    sip::{Client, Request, Transport},
};

use super::shows;
use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{Expected, holds, same},
};

type Body = fn(&Bench) -> Result<()>;

/// The trials of this file.
pub(super) fn bodies() -> [(&'static str, Body); 3] {
    [
        ("statistics count in the server's own framework", statistics),
        ("a change of state runs the event route once", state_event),
        ("only the AVPs that the operator wants are written", avps),
    ]
}

fn statistics(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![
        ok(&decision("block", 603)),
        answer::refusal("500 Internal Server Error", "", &[]),
    ]))?;
    let server = bench.start(&bench.setup(&api.url()).param("cache_ttl", 60))?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::block().and("source", "cache"))?;
    let other = Request::invite(&callers::sip(callers::BRITISH));
    Expected::fail_open("http_5xx").check(&server.call(Transport::Tcp, &other)?)?;
    let counted = server.host.statistics()?;
    for (name, count) in [
        ("decisions", 3),
        ("block", 2),
        ("allow", 1),
        ("cache_hit", 1),
        ("cache_miss", 2),
        ("api_requests", 2),
        ("failopen", 1),
        ("fail_http_5xx", 1),
        ("latency_le_5000", 3),
    ] {
        same(name, counted.get(name), Some(&count))?;
    }
    shows(&server, "stats", &["decisions: 3", "fail_http_5xx: 1"])?;
    server.finish()
}

fn state_event(bench: &Bench) -> Result<()> {
    let refused = Refused::at(([127, 0, 0, 1], 0).into())?;
    let url = format!("http://{}", refused.address());
    let mut setup = bench.setup(&url).param("breaker_errors", 2);
    setup.hears_state = true;
    let server = bench.start(&setup)?;
    for _ in 0..4 {
        server.call(
            Transport::Udp,
            &Request::invite(&callers::sip(callers::CALLER)),
        )?;
    }
    let log = server.host.log();
    holds(
        "the route has run",
        log.wait_for("state is ", SOON).is_some(),
    )?;
    let log = log.text();
    let events: Vec<_> = log
        .lines()
        .filter(|line| line.contains("state is "))
        .collect();
    same("events", events.len(), 1)?;
    holds(
        &log,
        events
            .iter()
            .all(|line| line.contains("state is breaker_opened, call is <null>")),
    )?;
    server.finish()
}

fn avps(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    for (wanted, reason, failure) in [
        ("core", "<null>", "none"),
        (
            "nol_code nol_failure,nol_phrase nol_latency_us",
            "<null>",
            "none",
        ),
    ] {
        let server = bench.start(
            &bench
                .setup(&api.url())
                .param("avps", wanted)
                .param("cache_ttl", 0),
        )?;
        let request = Request::invite(&callers::sip(callers::CALLER));
        let reply = Client::connect(Transport::Udp, server.host.address())?.call(&request)?;
        same("reply", reply.status, 603)?;
        same(
            "AVPs",
            ["reason", "failure", "rc"].map(|name| reply.avp(name)),
            [reason, failure, "-1"],
        )?;
        server.finish()?;
    }
    let refused = bench
        .server
        .refuse(&bench.setup(&api.url()).param("avps", "nol_code nol_cod"))?;
    holds(
        "the log says what is allowed",
        refused.text().contains("parameter avps: "),
    )
}
