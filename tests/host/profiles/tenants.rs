// SPDX-License-Identifier: GPL-2.0-or-later
//! What becomes of one tenant's key, balance or proxy concerns no other tenant.
use std::fs;

use testbed::{Api, Plan, Refused, Result, Setup, answer};

use super::{Row, asked, block, call, expect, setup};
use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    operator::shows,
};

pub(super) const ROWS: &[Row] = &[
    ("a refused key of one tenant stops no other", |bench| {
        refused(
            bench,
            "401 Unauthorized",
            "invalid_key",
            "http_401",
            "key_refused",
        )
    }),
    ("a used-up balance of one tenant stops no other", |bench| {
        refused(
            bench,
            "402 Payment Required",
            "insufficient_balance",
            "http_402",
            "account_refused",
        )
    }),
    (
        "profiles with the same key are stopped together",
        shared_key,
    ),
    ("a broken proxy of one tenant stops no other", proxied),
    (
        "a reload reads all keys, and a bad file keeps its tenant's old one",
        reload,
    ),
];

/// Two tenants with keys of their own, and one that has the key of the module.
fn tenants(bench: &Bench, api: &Api) -> Result<Running> {
    let setup = setup(bench, api)
        .env("TENANT_KEY", callers::FILE_KEY)
        .env("OTHER_KEY", "nol_test_other_11e2")
        .profile("tenant=>api_key=env:TENANT_KEY")
        .profile("other=>api_key=env:OTHER_KEY")
        .profile("same=>spam_threshold=50");
    bench.start(&Setup {
        children: 4,
        ..setup
    })
}

fn refused(bench: &Bench, status: &str, code: &str, failure: &str, latch: &str) -> Result<()> {
    let api = Api::http(Plan::always(answer::refusal(status, code, &[])))?;
    let server = tenants(bench, &api)?;
    let fails = Expected::fail_open(failure);
    expect(&server, callers::CALLER, "tenant", &fails)?;
    api.play(block());
    for number in callers::several(4) {
        let stopped = Expected::fail_open("breaker_open").and("profile", "tenant");
        expect(&server, &number, "tenant", &stopped)?;
        for other in ["", "other", "same"] {
            expect(&server, &number, other, &Expected::block())?;
        }
    }
    let status = server.host.command("status", &[])?;
    let after = |name: &str| {
        let (_, rest) = status
            .split_once(&format!("profile: {name}"))
            .unwrap_or_default();
        rest.split("profile: ")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let yes = format!("{latch}: yes");
    holds(&format!("{yes}:\n{status}"), after("tenant").contains(&yes))?;
    for other in ["other", "same"] {
        let no = format!("{latch}: no");
        holds(
            &format!("{other}, {no}:\n{status}"),
            after(other).contains(&no),
        )?;
    }
    let line = "profile \"tenant\": api_url";
    let is_one = |text: &str| text.contains("numbers_online") && text.contains(line);
    same(
        "lines",
        server
            .host
            .log()
            .wait_for_lines(1, crate::calls::SOON, is_one),
        1,
    )?;
    server.finish()
}

fn shared_key(bench: &Bench) -> Result<()> {
    let refusal = answer::refusal("401 Unauthorized", "invalid_key", &[]);
    let api = Api::http(Plan::always(refusal))?;
    let server = tenants(bench, &api)?;
    expect(
        &server,
        callers::CALLER,
        "same",
        &Expected::fail_open("http_401"),
    )?;
    api.play(block());
    let stopped = Expected::fail_open("breaker_open");
    for number in callers::several(3) {
        expect(&server, &number, "", &stopped)?;
        expect(&server, &number, "same", &stopped)?;
        expect(&server, &number, "tenant", &Expected::block())?;
    }
    shows(&server, "breaker auto", &["breaker_mode: auto"])?;
    expect(&server, callers::CALLER, "", &Expected::block())?;
    server.finish()
}

fn proxied(bench: &Bench) -> Result<()> {
    let api = bench.https(testbed::Flaw::None, block())?;
    let nobody = Refused::at(([127, 0, 0, 1], 0).into())?;
    let setup = setup(bench, &api)
        .profile(format!("proxied=>http_proxy=http://{}", nobody.address()))
        .param("breaker_errors", 2);
    let server = bench.start(&setup)?;
    let mut numbers = callers::several(40);
    let mut is_open = false;
    for number in numbers.by_ref().take(12) {
        let reply = call(&server, &number, "proxied")?;
        is_open |= reply.avp("failure") == "breaker_open";
    }
    holds("its breaker opens", is_open)?;
    for number in numbers.take(4) {
        expect(&server, &number, "", &Expected::block())?;
    }
    server.finish()
}

fn reload(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let file = |name: &str, key: &str| -> Result<std::path::PathBuf> {
        let file = bench
            .suite
            .file(&format!("{}-{name}", bench.name.replace('/', "-")));
        fs::write(&file, key)?;
        Ok(file)
    };
    let (first, second) = (
        file("first", "nol_test_first_1")?,
        file("second", "nol_test_second_1")?,
    );
    let setup = setup(bench, &api)
        .profile(format!("first=>api_key=file:{}", first.display()))
        .profile(format!("second=>api_key=file:{}", second.display()));
    let server = bench.start(&Setup {
        children: 4,
        ..setup
    })?;
    let key = |profile: &str, wanted: &str| -> Result<()> {
        for number in callers::several(6) {
            expect(&server, &number, profile, &Expected::block())?;
            same(profile, asked(&api)?.0, format!("Bearer {wanted}"))?;
        }
        Ok(())
    };
    key("first", "nol_test_first_1")?;
    key("second", "nol_test_second_1")?;
    fs::write(&first, "no key, for it has\nmore lines")?;
    fs::write(&second, "nol_test_second_2")?;
    shows(
        &server,
        "reload",
        &["reloads: 1", "kept: profile \"first\": parameter api_key"],
    )?;
    key("first", "nol_test_first_1")?;
    key("second", "nol_test_second_2")?;
    key("", callers::KEY)?;
    let words = "reload: profile \"first\": parameter api_key";
    let is_one = |text: &str| text.contains("numbers_online") && text.contains(words);
    same(
        "lines",
        server
            .host
            .log()
            .wait_for_lines(1, crate::calls::SOON, is_one),
        1,
    )?;
    fs::write(&first, "nol_test_first_3")?;
    shows(&server, "reload", &["reloads: 2"])?;
    key("first", "nol_test_first_3")?;
    server.finish()
}
