// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that a profile decides: with its own key, thresholds, deadline, contact and replies. What becomes of one tenant's key concerns no
//! other. A name that does not exist allows the call.
mod commands;
mod start;
mod tenants;
mod unknown;

use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use serde_json::Value as Json;
use testbed::{
    Api, Plan, Result, Setup, answer,
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, same},
    subject::Subject,
    suite::{LONG, Needs, Suite},
};

/// The trials of calls, for both forms of the script function.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |(name, body): &Row| {
        suite.trial(
            subject,
            &format!("profiles/{name}"),
            Needs::default(),
            *body,
        )
    };
    let rows = [ROWS, tenants::ROWS, unknown::ROWS];
    rows.into_iter().flatten().map(trial).collect()
}

/// The trials that do not depend on the form.
pub(crate) fn server_trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = start::trials(suite, subject);
    trials.extend(commands::trials(suite, subject));
    trials
}

/// A trial's name, and what it does.
type Row = (&'static str, fn(&Bench) -> Result<()>);

const ROWS: &[Row] = &[
    (
        "each asks with its own key, URL and thresholds",
        own_question,
    ),
    ("each has its own deadline", own_deadline),
    ("each has its own contact, allow_code and mode", own_reply),
    ("each has its own cached answers", own_answers),
    ("each has its own rate limit", own_rate),
    ("a constant name decides", constant),
];

/// The script takes the profile from a header of the call.
fn setup(bench: &Bench, api: &Api) -> Setup {
    Setup {
        profile: Some("$hdr(X-Profile)".to_owned()),
        ..bench.setup(&api.url())
    }
}

/// A call for a profile; for none if the name is empty.
fn invite(number: &str, profile: &str) -> Request {
    let request = Request::invite(&callers::sip(number));
    if profile.is_empty() {
        return request;
    }
    request.header("X-Profile", profile)
}

fn call(server: &Running, number: &str, profile: &str) -> Result<Reply> {
    server
        .call(Transport::Udp, &invite(number, profile))
        .map_err(|e| format!("profile {profile:?}: {e}").into())
}

fn expect(server: &Running, number: &str, profile: &str, expected: &Expected) -> Result<()> {
    let reply = call(server, number, profile)?;
    expected
        .check(&reply)
        .map_err(|e| format!("profile {profile:?}: {e}").into())
}

fn block() -> Plan {
    Plan::always(answer::ok(&answer::decision("block", 603)))
}

/// The key and the body of the last request.
fn asked(api: &Api) -> Result<(String, Json)> {
    let request = api.requests().pop().ok_or("no request")?;
    let key = request.header("authorization").unwrap_or_default();
    Ok((key.to_owned(), request.json()))
}

fn own_question(bench: &Bench) -> Result<()> {
    let (api, other) = (Api::http(block())?, Api::http(block())?);
    let setup = setup(bench, &api)
        .env("TENANT_KEY", callers::FILE_KEY)
        .profile("tenant=>api_key=env:TENANT_KEY;spam_threshold=55;redirect_threshold=66;block_invalid=0")
        .profile(format!("elsewhere=>api_url={};block_reassigned=1", other.url()))
        .param("spam_threshold", 77);
    let server = bench.start(&setup)?;
    let key = |key: &str| format!("Bearer {key}");
    for (profile, api, wanted_key, spam, redirect, invalid) in [
        ("", &api, key(callers::KEY), 77, Json::Null, true),
        (
            "tenant",
            &api,
            key(callers::FILE_KEY),
            55,
            Json::from(66),
            false,
        ),
        (
            "TENANT",
            &api,
            key(callers::FILE_KEY),
            55,
            Json::from(66),
            false,
        ),
        ("elsewhere", &other, key(callers::KEY), 77, Json::Null, true),
        ("", &api, key(callers::KEY), 77, Json::Null, true),
    ] {
        let shown = profile.to_ascii_lowercase();
        let expected = Expected::block().and("profile", &shown);
        expect(&server, callers::CALLER, profile, &expected)?;
        let (key, body) = asked(api)?;
        same("key", key, wanted_key)?;
        same("spam_threshold", &body["spam_threshold"], &Json::from(spam))?;
        same("redirect_threshold", &body["redirect_threshold"], &redirect)?;
        same(
            "block_invalid",
            &body["block_invalid"],
            &Json::from(invalid),
        )?;
    }
    same(
        "requests",
        (api.requests().len(), other.requests().len()),
        (4, 1),
    )?;
    server.finish()
}

fn own_deadline(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(vec![testbed::Step::Hold]))?;
    let (short, long) = (200, 900);
    let setup = setup(bench, &api)
        .profile(format!("short=>timeout={short}"))
        .param("timeout", long);
    let server = bench.start(&setup)?;
    for (number, (profile, timeout)) in
        callers::several(4).zip([("short", short), ("", long), ("short", short), ("", long)])
    {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let reply = client.call(&invite(&number, profile))?;
        let reply = server.examine_within(reply, timeout)?;
        Expected::fail_open("timeout_response").check(&reply)?;
    }
    server.finish()
}

fn own_reply(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let mut setup = setup(bench, &api)
        .profile("other=>redirect_contact=\"sip:other@192.0.2.21;transport=tcp\";allow_code=404")
        .profile("inline=>mode=inline")
        .profile("none=>redirect_contact=")
        .param("redirect_contact", "sip:ivr@192.0.2.20")
        .param("redirect_threshold", 90);
    setup.replies = true;
    let server = bench.start(&setup)?;
    api.play(Plan::always(answer::ok(&answer::decision("redirect", 302))));
    for (profile, code, contact) in [
        ("", 302, Some("<sip:ivr@192.0.2.20>")),
        ("other", 302, Some("<sip:other@192.0.2.21;transport=tcp>")),
        ("inline", 302, Some("<sip:ivr@192.0.2.20>")),
        ("none", 503, None),
    ] {
        let reply = call(&server, callers::CALLER, profile)?;
        same(profile, reply.status, code)?;
        same(profile, reply.header("Contact"), contact)?;
        let failure = if code == 503 { "no_contact" } else { "none" };
        same(profile, reply.avp("failure"), failure)?;
    }
    // The simulated API does not read the allow_code of the question.
    for (profile, asked, status, sent) in [
        ("", 503, 503, None),
        ("other", 404, 404, None),
        ("inline", 503, 200, Some("-1")),
        ("none", 503, 503, None),
    ] {
        api.play(Plan::always(answer::ok(&answer::decision("allow", asked))));
        let reply = call(&server, callers::CALLER, profile)?;
        let found = (reply.status, reply.header("X-NOL-sent"));
        same(profile, found, (status, sent))?;
    }
    // The same when something fails.
    api.play(Plan::always(answer::refusal(
        "500 Internal Server Error",
        "",
        &[],
    )));
    for (number, (profile, status, sent)) in callers::several(3).zip([
        ("other", 404, None),
        ("inline", 200, Some("-1")),
        ("", 503, None),
    ]) {
        let reply = call(&server, &number, profile)?;
        let found = (reply.status, reply.header("X-NOL-sent"));
        same(profile, found, (status, sent))?;
    }
    server.finish()
}

fn own_answers(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let setup = setup(bench, &api)
        .profile("strict=>spam_threshold=40")
        .profile("twin=>mode=inline")
        .profile("never=>cache_ttl=0")
        .param("cache_ttl", 60);
    let server = bench.start(&setup)?;
    expect(&server, callers::CALLER, "", &Expected::block())?;
    let cached = Expected::block().and("source", "cache");
    // The same question: the answer is shared.
    expect(&server, callers::CALLER, "twin", &cached)?;
    expect(&server, callers::CALLER, "strict", &Expected::block())?;
    expect(&server, callers::CALLER, "strict", &cached)?;
    expect(&server, callers::CALLER, "", &cached)?;
    for _ in 0..2 {
        expect(&server, callers::CALLER, "never", &Expected::block())?;
    }
    same("requests", api.requests().len(), 4)?;
    server.finish()
}

fn own_rate(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let setup = setup(bench, &api).profile("limited=>rate_limit=1");
    let server = bench.start(&setup)?;
    expect(&server, callers::CALLER, "limited", &Expected::block())?;
    for number in callers::several(3) {
        let limited = Expected::fail_open("rate_limited");
        expect(&server, &number, "limited", &limited)?;
        expect(&server, &number, "", &Expected::block())?;
    }
    server.finish()
}

fn constant(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let mut setup = bench
        .setup(&api.url())
        .env("TENANT_KEY", callers::FILE_KEY)
        .profile("tenant.example=>api_key=env:TENANT_KEY");
    setup.profile = Some("Tenant.Example".to_owned());
    let server = bench.start(&setup)?;
    let expected = Expected::block().and("profile", "tenant.example");
    expect(&server, callers::CALLER, "", &expected)?;
    same(
        "key",
        asked(&api)?.0,
        format!("Bearer {}", callers::FILE_KEY),
    )?;
    server.finish()
}

/// Waits until it is true.
fn soon(what: &str, mut is_true: impl FnMut() -> Result<bool>) -> Result<()> {
    for _ in 0..LONG / 10 {
        if is_true()? {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Err(what.into())
}
