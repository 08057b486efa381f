// SPDX-License-Identifier: GPL-2.0-or-later
//! The operator's commands about profiles.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{Api, Plan, Result, answer};

use super::{block, expect, setup};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    operator::shows,
    subject::Subject,
    suite::{Needs, Suite},
};

pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    [
        ("check asks as a profile", check as fn(&Bench) -> Result<()>),
        ("status shows each profile", status),
        ("cache_purge removes a number for all profiles", purge),
    ]
    .map(|(name, body)| suite.trial(subject, &format!("profiles/{name}"), Needs::default(), body))
    .into()
}

fn check(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let setup = setup(bench, &api).profile("tenant.example=>spam_threshold=31");
    let server = bench.start(&setup)?;
    for (words, threshold) in [
        (format!("check {}", callers::CALLER), 80),
        (format!("check {} tenant.example", callers::CALLER), 31),
    ] {
        shows(&server, &words, &["decision: block", "source: api"])?;
        let body = api.requests().pop().ok_or("no request")?.json();
        same(&words, body["spam_threshold"].as_i64(), Some(threshold))?;
    }
    let unknown = server.host.command("check", &[callers::CALLER, "tenant"]);
    let answer = unknown.unwrap_or_else(|e| e.to_string());
    holds(
        &answer,
        answer.contains("allowed: tenant.example, or no profile"),
    )?;
    same("requests", api.requests().len(), 2)?;
    server.finish()
}

fn status(bench: &Bench) -> Result<()> {
    let refusal = answer::refusal("402 Payment Required", "insufficient_balance", &[]);
    let api = Api::http(Plan::always(refusal))?;
    let setup = setup(bench, &api)
        .env("TENANT_KEY", callers::FILE_KEY)
        .profile("poor=>api_key=env:TENANT_KEY;timeout=1234")
        .profile("keyless=>api_key=env:A_VARIABLE_THAT_IS_NOT_SET");
    let server = bench.start(&setup)?;
    expect(
        &server,
        callers::CALLER,
        "poor",
        &Expected::fail_open("http_402"),
    )?;
    expect(
        &server,
        callers::CALLER,
        "keyless",
        &Expected::fail_open("no_key"),
    )?;
    let status = server.host.command("status", &[])?;
    let parts: Vec<_> = status.split("profile: ").collect();
    let [base, poor, keyless] = parts.as_slice() else {
        return Err(format!("not two profiles:\n{status}").into());
    };
    for (part, wanted) in [
        (base, ["key: present", "account_refused: no", "reloads: 0"]),
        (
            poor,
            ["key: present", "account_refused: yes", "timeout_ms: 1234"],
        ),
        (
            keyless,
            [
                "key: parameter api_key: the environment variable A_VARIABLE_THAT_IS_NOT_SET",
                "account_refused: no",
                "breaker: no",
            ],
        ),
    ] {
        for line in wanted {
            holds(&format!("{line}:\n{part}"), part.contains(line))?;
        }
    }
    server.finish()
}

fn purge(bench: &Bench) -> Result<()> {
    let api = Api::http(block())?;
    let setup = setup(bench, &api)
        .profile("strict=>spam_threshold=40")
        .param("cache_ttl", 60);
    let server = bench.start(&setup)?;
    for _ in 0..2 {
        expect(&server, callers::CALLER, "", &Expected::block())?;
        expect(&server, callers::CALLER, "strict", &Expected::block())?;
        shows(
            &server,
            &format!("cache_purge {}", callers::CALLER),
            &["purged: 2"],
        )?;
    }
    server.finish()
}
