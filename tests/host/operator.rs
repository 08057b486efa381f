// SPDX-License-Identifier: GPL-2.0-or-later
//! The operator's commands while the server runs.
mod observed;

use std::{fs, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Refused, Result, Setup,
    answer::{self, decision, ok},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("cache_ttl"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("operator/{name}"), needs, body)
    };
    let mut trials = vec![
        trial("status shows the key, the breaker and the cache", status),
        trial("check makes a real decision and shows it whole", check),
        trial(
            "probe shows how long each phase takes, or what failed",
            probe,
        ),
        trial(
            "a breaker can be forced open, and set to automatic again",
            forced,
        ),
        trial("a new key is used by all workers after a reload", reload),
        trial("a reload of an unreadable file changes nothing", bad_reload),
        trial(
            "a command with a bad argument says what is allowed",
            bad_arguments,
        ),
    ];
    for (name, body) in observed::bodies() {
        trials.push(trial(name, body));
    }
    trials
}

/// Runs a command, written as one line.
fn command(server: &Running, words: &str) -> Result<String> {
    let words: Vec<_> = words.split_whitespace().collect();
    let (name, arguments) = words.split_first().ok_or("no command")?;
    server.host.command(name, arguments)
}

pub(crate) fn shows(server: &Running, words: &str, lines: &[&str]) -> Result<()> {
    let answer = command(server, words)?;
    lines.iter().try_for_each(|line| {
        holds(
            &format!("{words} shows {line:?}:\n{answer}"),
            answer.contains(line),
        )
    })
}

fn status(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![
        ok(&decision("block", 603)),
        answer::refusal("401 Unauthorized", "invalid_key", &[]),
    ]))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    server.expect(callers::CALLER, &Expected::block())?;
    shows(
        &server,
        "status",
        &[
            "key: present",
            "breaker: no",
            "key_refused: no",
            "dns: ok",
            "reloads: 0",
        ],
    )?;
    server.expect(callers::CALLER, &Expected::fail_open("http_401"))?;
    shows(&server, "status", &["key_refused: yes", "key_trial_s: "])?;
    server.finish()
}

fn check(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let lines = [
        "decision: block",
        "code: 603",
        "reason: dnc_listed",
        "source: api",
        "line_type: mobile",
        "e164: +12025550123",
    ];
    shows(&server, &format!("check {}", callers::CALLER), &lines)?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn probe(bench: &Bench) -> Result<()> {
    let api = bench.https(
        testbed::Flaw::None,
        Plan::always(answer::raw_ok(b"{\"status\":\"ok\"}")),
    )?;
    let url = api.url();
    let server = bench.start(&bench.setup(&url))?;
    shows(
        &server,
        "probe",
        &[
            "outcome: http_200",
            "dns_us: ",
            "connect_us: ",
            "tls_us: ",
            "response_us: ",
        ],
    )?;
    let request = api.health_requests().pop().ok_or("no request")?;
    same("path", request.path.as_str(), "/api/health")?;
    holds("no key is sent", request.header("authorization").is_none())?;
    server.finish()?;
    let refused = Refused::at(([127, 0, 0, 1], 0).into())?;
    let url = format!("https://localhost:{}", refused.address().port());
    let server = bench.start(&bench.setup(&url))?;
    shows(&server, "probe", &["outcome: connect", "dns_us: "])?;
    server.finish()
}

fn forced(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    shows(&server, "breaker open", &["breaker_mode: open"])?;
    server.expect(callers::CALLER, &Expected::fail_open("breaker_open"))?;
    shows(&server, "breaker auto", &["breaker_mode: auto"])?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.finish()
}

fn keyed(bench: &Bench, api: &Api, name: &str) -> Result<(Running, std::path::PathBuf)> {
    let file = bench.suite.file(name);
    fs::write(&file, callers::KEY)?;
    let setup = bench
        .setup(&api.url())
        .param("api_key", format!("file:{}", file.display()));
    Ok((
        bench.start(&Setup {
            children: 4,
            ..setup
        })?,
        file,
    ))
}

fn reload(bench: &Bench) -> Result<()> {
    let refused = answer::refusal("401 Unauthorized", "invalid_key", &[]);
    let api = Api::http(Plan::in_turn(vec![refused, ok(&decision("block", 603))]))?;
    let (server, file) = keyed(bench, &api, "reloaded-key")?;
    server.expect(callers::CALLER, &Expected::fail_open("http_401"))?;
    server.expect(callers::CALLER, &Expected::fail_open("breaker_open"))?;
    fs::write(&file, callers::FILE_KEY)?;
    shows(&server, "reload", &["reloads: 1"])?;
    for _ in 0..8 {
        server.expect(callers::CALLER, &Expected::block())?;
    }
    let wanted = format!("Bearer {}", callers::FILE_KEY);
    let requests = api.requests();
    let keys: Vec<_> = requests
        .iter()
        .skip(1)
        .filter_map(|request| request.header("authorization"))
        .collect();
    same(
        "requests with the new key",
        keys.iter().filter(|key| **key == wanted).count(),
        8,
    )?;
    server.finish()
}

fn bad_reload(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let file = bench.suite.file("reloaded-ca.pem");
    fs::copy(bench.suite.file("ca.pem"), &file)?;
    let setup = bench
        .setup(&api.url())
        .param("ca_file", file.display().to_string());
    let server = bench.start(&setup)?;
    fs::write(&file, "no certificate")?;
    let refused = command(&server, "reload").unwrap_or_else(|e| e.to_string());
    holds(
        &refused,
        refused.contains("ca_file") && refused.contains("everything stays as it is"),
    )?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.finish()
}

fn bad_arguments(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    for words in [
        "check",
        "check 123",
        "breaker",
        "breaker half",
        "cache_purge x",
    ] {
        let answer = command(&server, words).unwrap_or_else(|e| e.to_string());
        holds(&format!("{words}: {answer}"), answer.contains("allowed: "))?;
    }
    same("requests", api.requests().len(), 0)?;
    server.finish()
}
