// SPDX-License-Identifier: GPL-2.0-or-later
//! A parameter that cannot be used stops the start, with one line that names it, its value and what is allowed.
use std::{fs, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, Value, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// A parameter, a bad value, and a word of what is allowed.
fn bad_values() -> Vec<(&'static str, Value, &'static str)> {
    let mut cases: Vec<(&'static str, Value, &'static str)> = Vec::new();
    for value in [-1, 0, 19, 5001, 70_000] {
        cases.push(("timeout", value.into(), "20..5000"));
    }
    cases.push(("timeout", "400".into(), "a whole number, without quotes"));
    cases.push(("timeout", "4\r\nNOTICE: 00".into(), "a whole number"));
    for name in ["api_key", "mode", "emergency", "profile"] {
        cases.push((name, 1.into(), TEXT));
    }
    for value in [0, 200, 403, 603] {
        cases.push(("allow_code", value.into(), "503 or 404"));
    }
    for value in [-1, 0, 100, 336] {
        cases.push(("spam_threshold", value.into(), "1..99"));
    }
    for value in [-1, 100] {
        cases.push(("redirect_threshold", value.into(), "1..99"));
    }
    for name in ["block_invalid", "block_reassigned"] {
        for value in [-1, 2] {
            cases.push((name, value.into(), "0 or 1"));
        }
    }
    for url in [
        "http://numbers.example",
        "http://192.0.2.7:8080",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@numbers.example/",
        "https://user:word@numbers.example",
        "https://numbers.example/?tenant=7",
        "ftp://127.0.0.1",
        "numbers.example",
        "https://",
    ] {
        cases.push(("api_url", url.into(), "http"));
    }
    for contact in [
        "ivr",
        "http://ivr.example",
        "sip:",
        "sip:a@b\r\nX-Injected: yes",
        "sip:a b@c",
        "sip:$rU@192.0.2.20",
        "sip:{caller}@192.0.2.20",
        "sip:{called}@{called}",
        "sip:{called@192.0.2.20",
    ] {
        cases.push(("redirect_contact", contact.into(), "sip"));
    }
    for mode in ["", "Inline", "proxy"] {
        cases.push(("mode", mode.into(), "redirect or inline"));
    }
    cases.push(("ca_file", "/nonexistent/ca.pem".into(), "PEM"));
    cases.push(("ca_file", "/etc/hostname".into(), "PEM"));
    cases.push(("api_key", callers::LITERAL_KEY.into(), "env:"));
    cases.push(("api_key", "env:".into(), "env:"));
    cases
}

/// The same for parameters that not every build knows.
fn later_bad_values() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("api_url_backup", "http://numbers.example".into(), "http"),
        ("shadow", 2.into(), "0 or 1"),
        ("shadow", (-1).into(), "0 or 1"),
        ("enforce_percent", (-1).into(), "0..100"),
        ("enforce_percent", 101.into(), "0..100"),
        ("log_numbers", 2.into(), "0 or 1"),
        ("signing_secret", callers::SECRET.into(), "env:"),
        ("rate_limit", (-1).into(), "1..1000000"),
        ("breaker_window", 0.into(), "1..300"),
        ("breaker_errors", (-1).into(), "1..1000"),
        ("breaker_retry", 901.into(), "1..900"),
        ("default_country", "UK".into(), "ISO 3166-1"),
        ("default_country", "USA".into(), "ISO 3166-1"),
        ("local_check", 2.into(), "0 or 1"),
        ("emergency_window", (-1).into(), "1..604800"),
        ("emergency_window", 604_801.into(), "1..604800"),
        ("dno_max_age", (-1).into(), "1..3650"),
        ("dno_max_age", 3651.into(), "1..3650"),
        ("tls_insecure", 2.into(), "0 or 1"),
        ("number_source", "to".into(), "rpid"),
        ("number_source", "".into(), "rpid"),
        ("number_source", "$avp(nol_e164)".into(), "rpid"),
        ("verstat_source", "identity".into(), "attestation-info"),
        ("ask_withheld", 2.into(), "0 or 1"),
        ("anonymous", "reject".into(), "allow, flag or block"),
        ("async_lookups", 0.into(), "1..4096"),
        ("async_lookups", 4097.into(), "1..4096"),
        ("async_queue", (-1).into(), "0..65536"),
        ("async_queue", 65537.into(), "0..65536"),
        ("http_proxy", "https://proxy.example:3128".into(), "http://"),
        (
            "http_proxy",
            "http://user:word@proxy.example:3128".into(),
            "http://",
        ),
    ]
}

/// The same for parameters of the replies.
fn bad_replies() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("block_reply", "302".into(), "a reply is 603, 603+, 607"),
        ("block_reply", "spam=603".into(), "analytics= dno= invalid="),
        ("block_reply", "403 'Not Here".into(), "perhaps a phrase"),
        ("block_reply", "499".into(), "only with a phrase"),
        ("avps", "nol_rc nol_no_such".into(), "names of AVPs"),
        ("block_reply", "603+".into(), "only with redress_url"),
        ("block_reply", "608".into(), "only with redress_url"),
        ("block_reply", "503".into(), "another code than allow_code"),
        ("block_location", "U".into(), "RLN, RPN, LN or TN"),
        ("regulation", "eu".into(), "us, or empty"),
        ("regulation", "us".into(), "redress_tel or redress_email"),
        ("reply_reason", 2.into(), "0 or 1"),
        ("redress_url", "http://example.com/".into(), "https://"),
        ("redress_url", "https://a.example/\"".into(), "https://"),
        ("redress_tel", "12155550123".into(), "+ and 7..15 digits"),
        ("redress_email", "nobody".into(), "e-mail address"),
    ]
}

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials: Vec<Trial> = bad_values()
        .into_iter()
        .chain(later_bad_values())
        .chain(bad_replies())
        .map(|(name, value, allowed)| {
            let title = match &value {
                Value::Number(number) => format!("refused/{name}={number}"),
                Value::Text(text) if callers::PRIVATE.contains(&text.as_str()) => {
                    format!("refused/{name} as a literal")
                }
                Value::Text(text) => format!("refused/{name}={}", text.escape_debug()),
            };
            let needs = Needs {
                // It has no row in the list of parameters, because it may be repeated.
                parameter: Some(name).filter(|name| *name != "profile"),
                ..Needs::default()
            };
            suite.trial(subject, &title, needs, move |bench| {
                refused(bench, name, &value, allowed)
            })
        })
        .collect();
    trials.push(suite.trial(
        subject,
        "refused/unlawful replies with regulation=us",
        Needs {
            parameter: Some("regulation"),
            ..Needs::default()
        },
        unlawful,
    ));
    trials.push(suite.trial(
        subject,
        "accepted/the edges of every range",
        Needs::default(),
        edges,
    ));
    trials.push(suite.trial(
        subject,
        "accepted/plain HTTP to this machine by any of its names",
        Needs::default(),
        loopback,
    ));
    trials
}

/// What is allowed in the place of a number, which is not shown.
const TEXT: &str = "text in quotes";

fn refused(bench: &Bench, name: &str, value: &Value, allowed: &str) -> Result<()> {
    let setup = bench.setup("http://127.0.0.1:1").param(name, value.clone());
    let log = bench.server.refuse(&setup)?;
    let text = log.text();
    let ours: Vec<&str> = text
        .lines()
        .filter(|line| {
            line.contains("numbers_online") && (line.contains("ERROR") || line.contains("CRITICAL"))
        })
        .collect();
    let naming: Vec<&&str> = ours
        .iter()
        .filter(|line| line.contains(name) && line.contains(allowed))
        .collect();
    holds(
        &format!("one line about {name}:\n{}", log.tail()),
        naming.len() == 1,
    )?;
    let shown = match value {
        Value::Number(_) if allowed == TEXT => return Ok(()),
        Value::Number(number) => number.to_string(),
        // Of a URL with a user, all but the user.
        Value::Text(text) if text.contains("://") && text.contains('@') => {
            let (start, shown) = text.rsplit_once('@').unwrap_or_default();
            holds("the user is not shown", !naming[0].contains(start))?;
            format!("***@{shown}")
        }
        // The first line of it; a key is not shown, and a control character neither.
        Value::Text(text) if ["api_key", "signing_secret"].contains(&name) => {
            return holds(
                "the key is not repeated",
                !log.text().contains(text.as_str()) || text.len() < 5,
            );
        }
        Value::Text(text) => text.lines().next().unwrap_or_default().to_owned(),
    };
    holds(
        &format!("the value {shown:?} is named: {}", naming[0]),
        naming[0].contains(&shown),
    )
}

/// One line says which reply, and why.
fn unlawful(bench: &Bench) -> Result<()> {
    for (block_reply, why) in [
        (
            "603",
            "with regulation=us analytics=603+ and nothing else, by 47 CFR 64.1200(k)(9); not 603",
        ),
        (
            "analytics=608",
            "with regulation=us analytics=603+ and nothing else",
        ),
        ("dno=607", "with regulation=us dno=603 or 4xx"),
        ("list=603+", "with regulation=us list=603, 607 or 4xx"),
    ] {
        let setup = bench
            .setup("http://127.0.0.1:1")
            .param("regulation", "us")
            .param("redress_url", "https://example.com/redress")
            .param("block_reply", block_reply);
        let log = bench.server.refuse(&setup)?;
        let text = log.text();
        let lines = text.lines().filter(|line| line.contains("parameter "));
        let lines: Vec<&str> = lines.collect();
        same("lines", lines.len(), 1)?;
        let given = format!("parameter block_reply: \"{block_reply}\"");
        holds(
            lines[0],
            lines[0].contains(&given) && lines[0].contains(why),
        )?;
    }
    Ok(())
}

fn edges(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let base = || bench.setup(&api.url());
    let low = base()
        .param("spam_threshold", 1)
        .param("redirect_threshold", 1)
        .param("timeout", 5000);
    let high = base()
        .param("spam_threshold", 99)
        .param("redirect_threshold", 99)
        .param("timeout", 20);
    bench.start(&low)?.finish()?;
    bench.start(&high)?.finish()
}

fn loopback(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let port = api.address().port();
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let by_name = hosts
        .lines()
        .any(|line| line.starts_with("127.0.0.1") && line.contains("localhost"));
    let mut urls = vec![
        format!("http://127.0.0.1:{port}/"),
        format!("HTTP://127.0.0.1:{port}"),
    ];
    if by_name {
        urls.push(format!("http://localhost:{port}"));
    }
    for url in urls {
        let server = bench.start(&bench.setup(&url))?;
        let reply = server.call(
            Transport::Udp,
            &Request::invite(&callers::sip(callers::CALLER)),
        )?;
        Expected::block()
            .check(&reply)
            .map_err(|e| format!("{url}: {e}"))?;
        server.finish()?;
    }
    Ok(())
}
