// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists of calling numbers decide before any question, without the API.
mod reloads;

use std::{fs, path::PathBuf, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, Setup, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    operator::shows,
    subject::Subject,
    suite::{Needs, Suite},
};

/// A line that is none, and what the log says about it.
const BAD_LINES: [(&str, &str); 12] = [
    ("12025550123", "a number begins with + and its country code"),
    (
        "0012025550123",
        "a number begins with + and its country code",
    ),
    ("1900*", "a number begins with + and its country code"),
    ("+02025550123", "no country code begins with 0"),
    ("+1202555012312345", "a number has at most 15 digits"),
    ("+1900**", "a * is the last character of a prefix"),
    ("+*", "there is no digit"),
    (
        "+1202555O123",
        "a number has digits, and - . ( ) or spaces between them",
    ),
    (
        "+12025550123, +12025550124",
        "a number has digits, and - . ( ) or spaces between them",
    ),
    (
        "+1202555..+12025559",
        "the ends of a range need the same number of digits",
    ),
    ("+1202559..+1202555", "the lower end of a range comes first"),
    (
        "+1202*..+1203*",
        "a range covers longer numbers too, without a *",
    ),
];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("lists/{name}"), needs(), body)
    };
    vec![
        trial("each list decides, and an allow beats all", precedence),
        trial("a withheld number is no way around a list", withheld),
        trial("lists need no key, no API and no cache", alone),
        trial("an emergency call from a denied number passes", emergency),
        trial("a reload under load loses no call", reloads::under_load),
    ]
}

/// The trials that do not depend on the form.
pub(crate) fn server_trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("lists/{name}"), needs(), body)
    };
    vec![
        trial("a bad line stops the start and is named", bad_lines),
        trial("a file that cannot be used stops the start", bad_files),
        trial("status and check show the lists", shown),
        trial("an old list of numbers that never call is warned of", old),
        trial("a reload replaces the lists", reloads::replaced),
        trial("a reload with a bad line changes nothing", reloads::refused),
        trial("a million entries", reloads::million),
    ]
}

fn needs() -> Needs {
    Needs {
        parameter: Some("deny_list"),
        ..Needs::default()
    }
}

fn allowing() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("allow", 503))))
}

/// Where a list of this trial is.
fn path(bench: &Bench, parameter: &str) -> PathBuf {
    let trial = bench.name.replace(['/', ' '], "-");
    bench.suite.file(&format!("{trial}-{parameter}"))
}

/// Writes a list.
fn write(bench: &Bench, parameter: &str, text: &str) -> Result<PathBuf> {
    let path = path(bench, parameter);
    fs::write(&path, text)?;
    Ok(path)
}

/// The module with these lists.
fn setup(bench: &Bench, url: &str, lists: &[(&str, &str)]) -> Result<Setup> {
    let mut setup = bench.setup(url);
    for (parameter, text) in lists {
        let path = write(bench, parameter, text)?;
        setup = setup.param(parameter, path.display().to_string());
    }
    Ok(setup)
}

fn listed(number: &str, status: u16, ret: i32, decision: &str, reason: &str) -> Expected {
    Expected::api(status, ret, decision)
        .and("source", "list")
        .and("reason", reason)
        .and("e164", number)
        .and("receipt", "")
}

fn denied(number: &str, reason: &str) -> Expected {
    listed(number, 603, -1, "block", reason)
}

fn precedence(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let lists = [
        (
            "allow_list",
            "# friends\r\n+12025550123 # one\r\n\r\n+4477*\r\n",
        ),
        (
            "deny_list",
            "\u{feff}+1202*\n+14155550180..+14155550189\n+447700900123\n",
        ),
        ("dno_list", "+1202555*\n+1415555*\n"),
    ];
    let server = bench.start(&setup(bench, &api.url(), &lists)?)?;
    for number in [callers::CALLER, callers::BRITISH] {
        server.expect(number, &listed(number, 503, 1, "allow", "allow_list"))?;
    }
    for number in ["+12025550199", callers::SECOND] {
        server.expect(number, &denied(number, "deny_list"))?;
    }
    server.expect("+14155550199", &denied("+14155550199", "dno"))?;
    same("requests", api.requests().len(), 0)?;
    let counted = server.host.statistics()?;
    for (name, count) in [("list", 5), ("block", 3), ("allow", 2), ("bypass", 0)] {
        same(name, counted.get(name), Some(&count))?;
    }
    server.expect("+13105550101", &Expected::api(503, 1, "allow"))?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn withheld(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let lists = [("deny_list", "+12025550123\n"), ("dno_list", "+4477*\n")];
    let server = bench.start(&setup(bench, &api.url(), &lists)?)?;
    let call = |number: &str| {
        let request = Request::invite(&callers::sip(number)).header("Privacy", "id");
        server.call(Transport::Udp, &request)
    };
    // The number decides, and is not shown.
    let hidden = |number, reason| denied(number, reason).and("e164", "");
    hidden(callers::CALLER, "deny_list").check(&call(callers::CALLER)?)?;
    hidden(callers::BRITISH, "dno").check(&call(callers::BRITISH)?)?;
    Expected::bypass("anonymous").check(&call(callers::SECOND)?)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn alone(bench: &Bench) -> Result<()> {
    let lists = [("allow_list", "+4477*\n"), ("deny_list", "+1202*\n")];
    let setup = setup(bench, "http://127.0.0.1:1", &lists)?
        .env("NUMBERS_ONLINE_API_KEY", "")
        .param("cache_ttl", 0);
    let server = bench.start(&setup)?;
    let number = callers::BRITISH;
    server.expect(number, &listed(number, 503, 1, "allow", "allow_list"))?;
    server.expect(callers::CALLER, &denied(callers::CALLER, "deny_list"))?;
    server.expect(callers::SECOND, &Expected::fail_open("no_key"))?;
    server.finish()
}

fn emergency(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let lists = [("deny_list", "+1202*\n"), ("dno_list", "+1202*\n")];
    let server = bench.start(&setup(bench, &api.url(), &lists)?)?;
    let passed = Expected::bypass("none").and("reason", "emergency");
    for uri in ["sip:911@example.com", "urn:service:sos", "tel:112"] {
        let request = Request::invite(&callers::sip(callers::CALLER)).uri(uri);
        passed.check(&server.call(Transport::Udp, &request)?)?;
    }
    server.expect(callers::CALLER, &denied(callers::CALLER, "deny_list"))?;
    server.finish()
}

fn bad_lines(bench: &Bench) -> Result<()> {
    for (line, why) in BAD_LINES {
        let text = format!("+1900*\n# a comment\n{line}\n+1901*\n");
        let setup = setup(bench, "http://127.0.0.1:1", &[("deny_list", &text)])?;
        let log = bench.server.refuse(&setup)?.text();
        let path = path(bench, "deny_list");
        let wanted = format!("parameter deny_list: {} line 3: {why}", path.display());
        same(
            &format!("lines about {line}:\n{log}"),
            log.matches(&wanted).count(),
            1,
        )?;
        holds(&format!("{line} is not repeated"), !log.contains(line))?;
    }
    Ok(())
}

fn bad_files(bench: &Bench) -> Result<()> {
    for (parameter, path, why) in [
        (
            "allow_list",
            "allow.txt",
            "allowed: an absolute path, or empty",
        ),
        (
            "allow_list",
            "/nonexistent/allow.txt",
            "No such file or directory",
        ),
        ("dno_list", "/dev/zero", "not a regular file"),
    ] {
        let setup = bench.setup("http://127.0.0.1:1").param(parameter, path);
        let log = bench.server.refuse(&setup)?.text();
        let naming = log
            .lines()
            .filter(|line| line.contains(&format!("parameter {parameter}: ")))
            .filter(|line| line.contains(path) && line.contains(why));
        same(&format!("lines about {path}:\n{log}"), naming.count(), 1)?;
    }
    Ok(())
}

fn shown(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let lists = [
        ("allow_list", ""),
        ("deny_list", "+1202*\n\n+1202555*\n"),
        ("dno_list", "+1900*\n"),
    ];
    let server = bench.start(&setup(bench, &api.url(), &lists)?)?;
    let sizes = [
        "allow_list_entries: 0",
        "deny_list_entries: 2",
        "dno_list_entries: 1",
        "dno_age_s: ",
    ];
    shows(&server, "status", &sizes)?;
    shows(&server, "reload", &sizes)?;
    let empty = path(bench, "allow_list");
    let warned = format!("parameter allow_list: {} is empty", empty.display());
    let log = server.host.log().text();
    same(
        "warnings at start and by the reload",
        log.matches(&warned).count(),
        2,
    )?;
    let file = format!("list_file: {}", path(bench, "deny_list").display());
    let lines = [
        "decision: block",
        "code: 603",
        "source: list",
        "reason: deny_list",
        "list_line: 3",
        &file,
    ];
    shows(&server, &format!("check {}", callers::CALLER), &lines)?;
    server.finish()
}

fn age(server: &Running) -> Result<i64> {
    let found = server.host.statistics()?;
    found
        .get("dno_age_s")
        .copied()
        .ok_or_else(|| "no dno_age_s".into())
}

fn old(bench: &Bench) -> Result<()> {
    const DAY: u64 = 24 * 3600;
    let api = allowing()?;
    let setup = setup(bench, &api.url(), &[("dno_list", "+1900*\n")])?;
    let path = path(bench, "dno_list");
    let server = bench.start(&setup)?;
    let warning = format!(
        "parameter dno_list: {} is 9 days old, more than dno_max_age (7 days)",
        path.display()
    );
    let warned = || server.host.log().text().matches(&warning).count();
    same("warnings about a new list", warned(), 0)?;
    holds("it is a few seconds old", age(&server)? < 3600)?;
    let changed = std::time::SystemTime::now() - std::time::Duration::from_secs(9 * DAY);
    fs::File::options()
        .append(true)
        .open(&path)?
        .set_modified(changed)?;
    shows(&server, "reload", &["dno_list_entries: 1"])?;
    same("warnings about an old list", warned(), 1)?;
    let aged = age(&server)?;
    let nine = i64::try_from(9 * DAY)?;
    holds(&format!("{aged} s"), (nine..nine + 3600).contains(&aged))?;
    shows(&server, "stats", &[&format!("dno_age_s: {}", aged / 1000)])?;
    // It is used all the same.
    server.expect("+19005550123", &denied("+19005550123", "dno"))?;
    server.finish()
}
