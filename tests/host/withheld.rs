// SPDX-License-Identifier: GPL-2.0-or-later
//! Callers who want their number withheld are not asked about.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, answer,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Headers that withhold the number.
const WITHHELD: [(&str, &str); 11] = [
    ("Privacy", "id"),
    ("PRIVACY", "User"),
    ("Privacy", "header"),
    ("Privacy", "user;id"),
    ("Privacy", "id; critical"),
    ("Privacy", "session;\r\n id"),
    ("Privacy", "none;id"),
    (
        "Remote-Party-ID",
        "\"A\" <sip:+12025550123@192.0.2.1>;party=calling;privacy=full;screen=yes",
    ),
    (
        "remote-party-id",
        "<sip:+12025550123@192.0.2.1>;privacy=URI",
    ),
    (
        "Remote-Party-ID",
        "<sip:+12025550123@192.0.2.1>;privacy=yes",
    ),
    (
        "Remote-Party-ID",
        "<sip:+12025550123@192.0.2.1>;privacy=\"name,uri-network\"",
    ),
];

/// Headers that do not.
const OPEN: [(&str, &str); 7] = [
    ("Privacy", "none"),
    ("Privacy", "session"),
    ("Privacy", "history;critical"),
    (
        "Remote-Party-ID",
        "<sip:+12025550123@192.0.2.1>;privacy=off",
    ),
    (
        "Remote-Party-ID",
        "<sip:+12025550123@192.0.2.1>;privacy=name",
    ),
    (
        "Remote-Party-ID",
        "<sip:+12025550199@192.0.2.1>;party=called;privacy=full",
    ),
    (
        "Remote-Party-ID",
        "\"privacy=full\" <sip:+12025550123@192.0.2.1;privacy=full>",
    ),
];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs::default();
        suite.trial(subject, &format!("withheld/{name}"), needs, body)
    };
    vec![
        trial("a withheld number is not sent", withheld),
        trial("the cache is not searched for it either", cached),
        trial("any other number is asked about", open),
        trial("also by a header after a line that is no header", unread),
        trial("also by a header after more headers than are read", crowded),
    ]
}

fn blocking() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}

fn withheld(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    // The source need not be trusted.
    let setup = bench
        .setup(&api.url())
        .param("trusted_sources", "192.0.2.1");
    let server = bench.start(&setup)?;
    for (name, value) in WITHHELD {
        for transport in Transport::ALL {
            let reply = server.call(transport, &invite().header(name, value))?;
            Expected::bypass("anonymous")
                .check(&reply)
                .map_err(|e| format!("{name}: {value}: {e}"))?;
        }
    }
    let several = invite().header("Privacy", "none").header("Privacy", "id");
    Expected::bypass("anonymous").check(&server.call(Transport::Udp, &several)?)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn cached(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()).param("cache_ttl", 60))?;
    server.expect(callers::CALLER, &Expected::block())?;
    let request = invite().header("Privacy", "id");
    Expected::bypass("anonymous").check(&server.call(Transport::Udp, &request)?)?;
    server.finish()
}

fn open(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    for (name, value) in OPEN {
        let reply = server.call(Transport::Udp, &invite().header(name, value))?;
        Expected::block()
            .check(&reply)
            .map_err(|e| format!("{name}: {value}: {e}"))?;
    }
    same("requests", api.requests().len(), OPEN.len())?;
    server.finish()
}

/// The module reads a limited number of such headers.
fn crowded(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let many = || (0..30).fold(invite(), |request, _| request.header("Priority", "normal"));
    Expected::block().check(&server.call(Transport::Udp, &many())?)?;
    let hidden = many().header("Privacy", "id");
    Expected::bypass("anonymous").check(&server.call(Transport::Udp, &hidden)?)?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

/// A server cannot parse the headers after a line that is no header.
fn unread(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    // The server's core logs what it cannot read, so the number is not one that no log may have.
    let caller = callers::several(1).next().ok_or("no number")?;
    let request = Request::invite(&callers::sip(&caller))
        .header("X-Broken", "yes\r\nthis is no header")
        .header("Privacy", "id");
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    // Some servers answer such a request, and some do not.
    let _ = client.final_reply(&request, std::time::Duration::from_millis(500));
    same("requests", api.requests().len(), 0)?;
    server.finish()
}
