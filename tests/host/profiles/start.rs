// SPDX-License-Identifier: GPL-2.0-or-later
//! Profiles that cannot be used stop the start with one line; many that can do not.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Form, Product, Result, Setup,
    sip::{Client, Request, Transport},
};

use super::{block, expect, setup};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Profiles, what the line names, and what it may not show.
const BAD: &[(&str, &[&str], &[&str])] = &[
    (
        "no arrow",
        &["trunk spam_threshold=60"],
        &[
            "parameter profile: \"trunk spam_threshold\"",
            "NAME=>KEY=VALUE",
        ],
    ),
    (
        "no name",
        &["=>timeout=60"],
        &["parameter profile: \"\"", "1..128 letters"],
    ),
    (
        "a bad name",
        &["a b=>timeout=60"],
        &["parameter profile: \"a b\"", "1..128 letters"],
    ),
    (
        "a name twice",
        &["one=>", "ONE=>"],
        &["parameter profile: \"one\"", "each name once"],
    ),
    (
        "no value",
        &["one=>timeout"],
        &["profile \"one\": ", "\"timeout\"", "KEY=VALUE"],
    ),
    (
        "a key twice",
        &["one=>timeout=100;timeout=200"],
        &["profile \"one\": ", "\"timeout\"", "each key once"],
    ),
    (
        "an open quote",
        &["one=>mode='inline"],
        &["profile \"one\": ", "\"mode\"", "quote"],
    ),
    (
        "an unknown key",
        &["one=>spam_treshold=50"],
        &["profile \"one\": ", "\"spam_treshold\"", "spam_threshold, "],
    ),
    (
        "a key of the whole server",
        &["one=>cache_size=128"],
        &[
            "profile \"one\": ",
            "\"cache_size\" holds for the whole server",
        ],
    ),
    (
        "avps",
        &["one=>avps=core"],
        &["profile \"one\": ", "\"avps\" holds for the whole server"],
    ),
    (
        "a list that is not there",
        &["one=>deny_list=/nonexistent/list"],
        &[
            "profile \"one\": parameter deny_list: /nonexistent/list",
            "No such file",
        ],
    ),
    (
        "a word for a number",
        &["one=>timeout=fast"],
        &[
            "profile \"one\": parameter timeout: \"fast\"",
            "whole number",
        ],
    ),
    (
        "a value with a semicolon",
        &["one=>redirect_contact=sip:a@b;transport=tcp"],
        &["profile \"one\": ", "\"transport\"", "in quotes"],
    ),
    (
        "a value out of range",
        &["good=>timeout=100", "bad=>spam_threshold=100"],
        &[
            "profile \"bad\": parameter spam_threshold: \"100\"",
            "1..99",
        ],
    ),
    (
        "a bad contact",
        &["one=>redirect_contact=http://ivr.example"],
        &[
            "profile \"one\": parameter redirect_contact: \"http://ivr.example\"",
            "sip:",
        ],
    ),
    (
        "a bad mode",
        &["one=>mode=proxy"],
        &[
            "profile \"one\": parameter mode: \"proxy\"",
            "redirect or inline",
        ],
    ),
    (
        "a literal key",
        &["one=>api_key=nol_test_literal_5f77c0"],
        &["profile \"one\": parameter api_key: \"***\"", "env:"],
    ),
    (
        "a key at a wrong place",
        &["one=>api_kye=nol_test_literal_5f77c0"],
        &["profile \"one\": ", "\"api_kye\"", "api_key, "],
    ),
    (
        "no certificates",
        &["one=>ca_file=/etc/hostname"],
        &[
            "profile \"one\": parameter ca_file: \"/etc/hostname\"",
            "PEM",
        ],
    ),
];

pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let bad = BAD.iter().map(|(name, profiles, wanted)| {
        let name = format!("profiles/refused/{name}");
        suite.trial(subject, &name, Needs::default(), move |bench| {
            refused(bench, profiles, wanted)
        })
    });
    let trial = |(name, body): (&str, fn(&Bench) -> Result<()>)| {
        suite.trial(subject, &format!("profiles/{name}"), Needs::default(), body)
    };
    let mut trials: Vec<_> = bad.collect();
    trials.extend(
        [
            (
                "refused/a constant name that does not exist",
                constant as fn(&Bench) -> Result<()>,
            ),
            ("refused/a bare variable (OpenSIPS)", bare),
            ("two hundred are there at once", many),
        ]
        .map(trial),
    );
    trials
}

/// The lines of our module that stop the start.
fn lines(bench: &Bench, setup: &Setup) -> Result<Vec<String>> {
    let log = bench.server.refuse(setup)?;
    let text = log.text();
    let is_ours = |line: &&str| {
        line.contains("numbers_online") && (line.contains("ERROR") || line.contains("CRITICAL"))
    };
    Ok(text.lines().filter(is_ours).map(str::to_owned).collect())
}

fn refused(bench: &Bench, profiles: &[&str], wanted: &[&str]) -> Result<()> {
    let mut setup = bench.setup("http://127.0.0.1:1");
    setup.profiles = profiles
        .iter()
        .map(|profile| (*profile).to_owned())
        .collect();
    let lines = lines(bench, &setup)?;
    let naming = lines
        .iter()
        .filter(|line| wanted.iter().all(|part| line.contains(part)));
    same(
        &format!("lines that name {wanted:?}: {lines:#?}"),
        naming.count(),
        1,
    )?;
    let secret = lines.iter().any(|line| line.contains(callers::LITERAL_KEY));
    holds("the key is not repeated", !secret)
}

fn constant(bench: &Bench) -> Result<()> {
    for form in [Form::Sync, Form::Async] {
        let mut setup = bench
            .setup("http://127.0.0.1:1")
            .profile("tenant=>timeout=300");
        setup.form = form;
        setup.profile = Some("tenan".to_owned());
        let lines = lines(bench, &setup)?;
        let naming = lines.iter().filter(|line| {
            line.contains("there is no profile \"tenan\"") && line.contains("allowed")
        });
        same(&format!("{form:?}: {lines:#?}"), naming.count(), 1)?;
    }
    Ok(())
}

/// `OpenSIPS` would not call the function if the variable is not set, and go on as after a block.
fn bare(bench: &Bench) -> Result<()> {
    if bench.server.product() == Product::Kamailio {
        return Ok(());
    }
    let mut setup = bench.setup("http://127.0.0.1:1");
    setup.routes = Some("route { numbers_online_decide($avp(tenant)); exit; }\n".to_owned());
    let log = bench.server.refuse(&setup)?;
    holds(
        &log.tail(),
        log.text().contains("does not support variables"),
    )
}

fn many(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let mut setup = setup(bench, &api).env("TENANT_KEY", callers::FILE_KEY);
    for number in 0..200 {
        let key = if number % 2 == 0 {
            "TENANT_KEY"
        } else {
            "NUMBERS_ONLINE_API_KEY"
        };
        let profile = format!(
            "tenant-{number}.example=>api_key=env:{key};spam_threshold={};timeout={}",
            number % 99 + 1,
            1000 + number
        );
        setup = setup.profile(profile);
    }
    let server = bench.start(&setup)?;
    for number in [0, 7, 100, 199] {
        let name = format!("tenant-{number}.example");
        let expected = Expected::block().and("profile", &name);
        expect(&server, callers::CALLER, &name, &expected)?;
    }
    let status = server.host.command("status", &[])?;
    let shown =
        (0..200).filter(|number| status.contains(&format!("profile: tenant-{number}.example")));
    same(
        &format!("profiles in the status:\n{status}"),
        shown.count(),
        200,
    )?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let reply = client.call(&Request::invite(&callers::sip(callers::CALLER)))?;
    same("without one", reply.status, 603)?;
    server.finish()
}
