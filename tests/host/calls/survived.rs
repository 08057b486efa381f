// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults of the module that a call and the server survive: a panic, a missing key.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Build, Plan, Result, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers::{self, CALLER},
    calls::SOON,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let panic = Needs {
        build: Build::Panic,
        ..Needs::default()
    };
    let mut trials = vec![
        suite.trial(subject, "survived/a panic", panic, a_panic),
        suite.trial(
            subject,
            "survived/a Call-ID that means nothing to users",
            Needs::default(),
            no_panic,
        ),
    ];
    for (name, key) in [
        ("a key that is not set", "env:NOL_TEST_NO_SUCH_VARIABLE"),
        ("an empty key", "env:NOL_TEST_EMPTY"),
        (
            "a key file that is not there",
            "file:/nonexistent/nol-api-key",
        ),
    ] {
        trials.push(suite.trial(
            subject,
            &format!("survived/{name}"),
            Needs::default(),
            move |bench| no_key(bench, key),
        ));
    }
    trials
}

fn a_panic(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let mut setup = bench.setup(&api.url());
    setup.build = Build::Panic;
    setup.children = 1;
    let server = bench.start(&setup)?;
    let call = || Request::invite(&callers::sip(CALLER));
    for (number, transport) in Transport::ALL.into_iter().chain(Transport::ALL).enumerate() {
        let bad = call().call_id(&format!("panic-{}-{number}", call().call_id));
        Expected::fail_open("internal").check(&server.call(transport, &bad)?)?;
        Expected::block().check(&server.call(transport, &call())?)?;
    }
    let is_one = |line: &str| line.contains("ERROR") && line.contains("numbers_online");
    let lines = server.host.log().wait_for_lines(4, SOON, is_one);
    holds(
        &format!(
            "one line for each of four panics, not {lines}:\n{}",
            server.host.log().tail()
        ),
        lines == 4,
    )?;
    server.finish()
}

fn no_panic(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let call = Request::invite(&callers::sip(CALLER));
    let call = call.clone().call_id(&format!("panic-{}", call.call_id));
    Expected::block().check(&server.call(Transport::Udp, &call)?)?;
    server.finish()
}

fn no_key(bench: &Bench, key: &str) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(
        &bench
            .setup(&api.url())
            .env("NOL_TEST_EMPTY", "")
            .param("api_key", key),
    )?;
    for transport in Transport::ALL {
        let reply = server.call(transport, &Request::invite(&callers::sip(CALLER)))?;
        Expected::fail_open("no_key").check(&reply)?;
    }
    same("requests", api.requests().len(), 0)?;
    let named = server
        .host
        .log()
        .text()
        .lines()
        .any(|line| line.contains("numbers_online") && line.contains("api_key"));
    holds("the log says that the key is missing", named)?;
    server.finish()
}
