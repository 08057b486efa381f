// SPDX-License-Identifier: GPL-2.0-or-later
//! A name of a profile that does not exist, in a variable: the call is allowed, counted and not asked about.
use testbed::{
    Api, Result,
    sip::{Request, Transport},
};

use super::{Row, block, expect, invite, setup, soon};
use crate::{
    bench::Bench,
    callers,
    calls::SOON,
    expect::{Expected, same},
};

pub(super) const ROWS: &[Row] = &[
    (
        "a name that does not exist allows the call, and is counted",
        unknown,
    ),
    (
        "a name that does not exist holds up no emergency call and no dialog",
        passed,
    ),
    (
        "a domain is a name, and other domains have none of its rules",
        domains,
    ),
];

fn allowed() -> Expected {
    Expected::fail_open("internal")
        .and("reason", "unknown_profile")
        .and("profile", "")
}

fn unknown(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let setup = setup(bench, &api)
        .profile("tenant=>spam_threshold=50")
        .param("cache_ttl", 60);
    let server = bench.start(&setup)?;
    // A cached answer is not used either.
    expect(&server, callers::CALLER, "", &Expected::block())?;
    let long = "x".repeat(300);
    let names = [
        "tenan",
        "tenant.",
        "tenant;x",
        "tenant\"'%s%n",
        "<null>",
        &long,
    ];
    for name in names {
        expect(&server, callers::CALLER, name, &allowed())?;
    }
    same("requests", api.requests().len(), 1)?;
    let wanted = i64::try_from(names.len())?;
    soon("each is counted", || {
        let counted = server.host.statistics()?;
        Ok(counted.get("unknown_profile") == Some(&wanted))
    })?;
    let is_one = |line: &str| line.contains("there is no profile \"tenan\": the call is allowed");
    same(
        "lines",
        server.host.log().wait_for_lines(1, SOON, is_one),
        1,
    )?;
    let is_any = |line: &str| line.contains("there is no profile");
    same(
        "all lines",
        server.host.log().wait_for_lines(1, SOON, is_any),
        1,
    )?;
    // An empty one is none.
    expect(
        &server,
        callers::CALLER,
        "",
        &Expected::block().and("source", "cache"),
    )?;
    server.finish()
}

fn passed(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let server = bench.start(&setup(bench, &api))?;
    let emergency = invite(callers::CALLER, "nobody").uri("urn:service:sos");
    let reply = server.call(Transport::Udp, &emergency)?;
    Expected::bypass("none")
        .and("reason", "emergency")
        .check(&reply)?;
    let in_dialog = invite(callers::CALLER, "nobody").to_tag("one");
    Expected::bypass("none").check(&server.call(Transport::Udp, &in_dialog)?)?;
    let other =
        Request::new("MESSAGE", &callers::sip(callers::CALLER)).header("X-Profile", "nobody");
    Expected::bypass("none").check(&server.call(Transport::Udp, &other)?)?;
    server.finish()
}

fn domains(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let mut setup = setup(bench, &api).profile("Tenant.Example=>timeout=1500");
    setup.profile = Some("$rd".to_owned());
    let server = bench.start(&setup)?;
    let to = |uri: &str| invite(callers::CALLER, "").uri(uri);
    for (uri, expected) in [
        (
            "sip:+442079460958@tenant.example",
            Expected::block().and("profile", "tenant.example"),
        ),
        (
            "sip:+442079460958@TENANT.EXAMPLE:5070;x=y",
            Expected::block().and("profile", "tenant.example"),
        ),
        ("sip:+442079460958@tenant.example.org", allowed()),
        ("sip:+442079460958@tenant.example.", allowed()),
        ("sip:+442079460958@192.0.2.1", allowed()),
    ] {
        let reply = server.call(Transport::Udp, &to(uri))?;
        expected.check(&reply).map_err(|e| format!("{uri}: {e}"))?;
    }
    server.finish()
}
