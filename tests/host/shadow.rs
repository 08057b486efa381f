// SPDX-License-Identifier: GPL-2.0-or-later
//! Shadow mode, `enforce_percent`, the audit line, and the warning that no call has a number.
use std::{fs, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Host, Plan, Product, Result, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

const CONTACT: &str = "sip:ivr@192.0.2.50";

/// How long a line may take to the log of the server.
const SOON: Duration = Duration::from_secs(5);

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("shadow/{name}"), Needs::default(), body)
    };
    vec![
        trial("a would-be block is allowed, counted and logged", |bench| {
            allowed(bench, "block", 603, "would_block")
        }),
        trial(
            "a would-be redirect is allowed, counted and logged",
            |bench| allowed(bench, "redirect", 302, "would_redirect"),
        ),
        trial("a flag stays a flag", flagged),
        trial("an answer from the cache is not enforced either", cached),
        trial("one profile is in shadow mode and no other", profile),
        trial("a block without a lookup is not enforced either", anonymous),
        trial(
            "a block by a list or a local fact is not enforced either",
            local,
        ),
        trial("a percentage chooses the same calls everywhere", percentage),
        trial("an enforced block is logged in the same form", enforced),
        trial("the whole number is logged on request", whole_number),
        trial("a hostile Call-ID stays in its place", hostile),
        trial("calls without a number are warned of once", no_number),
    ]
}

fn api(decision: &str, code: u16) -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision(decision, code))))
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}

/// The audit line about a request, without what the server writes before it.
fn audit(host: &Host, request: &Request) -> Result<String> {
    let call = format!(" call={}", request.call_id);
    let line = host
        .log()
        .wait_for(&call, SOON)
        .ok_or_else(|| format!("no line about {call}\n{}", host.log().tail()))?;
    let start = line.find("audit ").ok_or_else(|| line.clone())?;
    Ok(line[start..].to_owned())
}

fn count(host: &Host, name: &str) -> Result<i64> {
    Ok(*host.statistics()?.get(name).ok_or(name.to_owned())?)
}

fn allowed(bench: &Bench, decision: &str, code: u16, counter: &str) -> Result<()> {
    let api = api(decision, code)?;
    let setup = bench
        .setup(&api.url())
        .param("shadow", 1)
        .param("allow_code", 404)
        .param("redirect_threshold", 90)
        .param("redirect_contact", CONTACT);
    let server = bench.start(&setup)?;
    let request = invite();
    let reply = server.call(Transport::Udp, &request)?;
    Expected::api(404, 1, "allow")
        .and("would", decision)
        .and("enforced", "0")
        .and("phrase", "Not Found")
        .and("contact", "")
        .and("receipt", answer::RECEIPT)
        .check(&reply)?;
    same("Contact", reply.header("Contact"), None)?;
    for (name, value) in [
        (counter, 1),
        ("allow", 1),
        ("block", 0),
        ("redirect", 0),
        ("decisions", 1),
    ] {
        same(name, count(&server.host, name)?, value)?;
    }
    let line = audit(&server.host, &request)?;
    let reason = reply.avp("reason");
    let start = format!(
        "audit enforced=0 would={decision} decision=allow code=404 reason={reason} source=api failure=none \
         number=+1********23 number_from=from authentication=- attestation=- score=12 risk=low verstat=unknown "
    );
    let end = format!(
        " receipt={} profile=- call={}",
        answer::RECEIPT,
        request.call_id
    );
    holds(&line, line.starts_with(&start) && line.ends_with(&end))?;
    server.finish()
}

fn flagged(bench: &Bench) -> Result<()> {
    let api = api("flag", 503)?;
    let server = bench.start(&bench.setup(&api.url()).param("shadow", 1))?;
    let reply = server.call(Transport::Udp, &invite())?;
    Expected::api(503, 2, "flag")
        .and("enforced", "1")
        .check(&reply)?;
    same(
        "lines",
        server.host.log().text().matches("audit enforced=").count(),
        0,
    )?;
    server.finish()
}

fn cached(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let setup = bench
        .setup(&api.url())
        .param("shadow", 1)
        .param("cache_ttl", 60);
    let server = bench.start(&setup)?;
    for source in ["api", "cache"] {
        let reply = server.call(Transport::Udp, &invite())?;
        Expected::api(503, 1, "allow")
            .and("source", source)
            .and("would", "block")
            .and("enforced", "0")
            .check(&reply)?;
    }
    same("requests", api.requests().len(), 1)?;
    same("would_block", count(&server.host, "would_block")?, 2)?;
    server.finish()
}

fn profile(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let mut setup = bench.setup(&api.url()).param("profile", "new=>shadow=1");
    setup.profile = Some("$hdr(X-Profile)".to_owned());
    let server = bench.start(&setup)?;
    for (profile, expected) in [
        ("new", Expected::api(503, 1, "allow").and("would", "block")),
        ("", Expected::block()),
    ] {
        let mut request = invite();
        if !profile.is_empty() {
            request = request.header("X-Profile", profile);
        }
        expected.check(&server.call(Transport::Udp, &request)?)?;
        let line = audit(&server.host, &request)?;
        let shown = if profile.is_empty() { "-" } else { profile };
        holds(&line, line.contains(&format!(" profile={shown} ")))?;
    }
    same("would_block", count(&server.host, "would_block")?, 1)?;
    server.finish()
}

fn anonymous(bench: &Bench) -> Result<()> {
    let api = api("allow", 503)?;
    let setup = bench
        .setup(&api.url())
        .param("shadow", 1)
        .param("anonymous", "block");
    let server = bench.start(&setup)?;
    let request = invite().header("Privacy", "id");
    let reply = server.call(Transport::Udp, &request)?;
    Expected::bypass("anonymous")
        .and("source", "local")
        .and("would", "block")
        .and("enforced", "0")
        .check(&reply)?;
    let line = audit(&server.host, &request)?;
    holds(
        &line,
        line.contains(" reason=anonymous source=local failure=anonymous number=- "),
    )?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn local(bench: &Bench) -> Result<()> {
    let api = api("allow", 503)?;
    let list = bench
        .suite
        .file(&format!("{}.list", bench.name.replace('/', "-")));
    fs::write(&list, format!("{}\n", callers::CALLER))?;
    let setup = bench
        .setup(&api.url())
        .param("shadow", 1)
        .param("deny_list", list.display().to_string());
    let server = bench.start(&setup)?;
    // No country has the code 999.
    for (number, source, reason) in [
        (callers::CALLER, "list", "deny_list"),
        ("+999555010", "local", "invalid_number"),
    ] {
        let request = Request::invite(&callers::sip(number));
        let reply = server.call(Transport::Udp, &request)?;
        for (avp, wanted) in [
            ("decision", "allow"),
            ("code", "503"),
            ("would", "block"),
            ("enforced", "0"),
            ("source", source),
            ("reason", reason),
        ] {
            same(&format!("{number}: {avp}"), reply.avp(avp), wanted)?;
        }
        let line = audit(&server.host, &request)?;
        let said = format!(
            "audit enforced=0 would=block decision=allow code=503 reason={reason} source={source} "
        );
        holds(&line, line.starts_with(&said))?;
    }
    same("would_block", count(&server.host, "would_block")?, 2)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn percentage(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    // The second server has another timeout and a cache: neither is part of the choice.
    let first = bench.setup(&api.url()).param("enforce_percent", 50);
    let second = first.clone().param("cache_ttl", 60).param("timeout", 1500);
    let (first, second) = (bench.start(&first)?, bench.start(&second)?);
    let mut blocked = 0;
    let calls = 24;
    for _ in 0..calls {
        let request = invite();
        let reply = first.call(Transport::Udp, &request)?;
        let is_blocked = reply.avp("enforced") == "1";
        let expected = if is_blocked {
            Expected::block()
        } else {
            Expected::api(503, 1, "allow").and("would", "block")
        };
        expected.check(&reply)?;
        blocked += usize::from(is_blocked);
        // As a serial fork, and as a call that another server of the same operator gets.
        for server in [&first, &second] {
            let again = Request {
                cseq: 2,
                ..invite().call_id(&request.call_id)
            };
            let again = server.call(Transport::Tcp, &again)?;
            same("again", again.avp("enforced"), reply.avp("enforced"))?;
        }
    }
    // 24 fair coins show the same side once in eight million times.
    holds(
        &format!("{blocked} of {calls} calls are blocked"),
        blocked > 0 && blocked < calls,
    )?;
    second.finish()?;
    first.finish()
}

fn enforced(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let request = invite();
    let reply = server.call(Transport::Udp, &request)?;
    Expected::block().and("enforced", "1").check(&reply)?;
    let line = audit(&server.host, &request)?;
    holds(
        &line,
        line.starts_with(
            "audit enforced=1 would=block decision=block code=603 reason=dnc_listed source=api ",
        ),
    )?;
    same("block", count(&server.host, "block")?, 1)?;
    same("would_block", count(&server.host, "would_block")?, 0)?;
    server.finish()
}

fn whole_number(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let server = bench.start(&bench.setup(&api.url()).param("log_numbers", 1))?;
    // Not one of those that no log may contain.
    let number = callers::several(1).next().unwrap_or_default();
    let request = Request::invite(&callers::sip(&number));
    server.call(Transport::Udp, &request)?;
    let line = audit(&server.host, &request)?;
    holds(&line, line.contains(&format!(" number={number} ")))?;
    server.finish()
}

fn hostile(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let server = bench.start(&bench.setup(&api.url()).param("shadow", 1))?;
    let long = "x".repeat(500);
    for (call_id, shown) in [
        ("1;enforced=1@h".to_owned(), "1%3Benforced%3D1@h".to_owned()),
        ("%n%s%d%x".to_owned(), "%25n%25s%25d%25x".to_owned()),
        ("a\"b\\c<d>".to_owned(), "a%22b%5Cc%3Cd%3E".to_owned()),
        (long.clone(), format!("{}...", &long[..96])),
    ] {
        let reply = server.call(Transport::Tcp, &invite().call_id(&call_id))?;
        same("would", reply.avp("would"), "block")?;
        let needle = format!(" call={shown}");
        let line = server.host.log().wait_for(&needle, SOON);
        holds(
            &format!("a line ends in {needle}: {line:?}"),
            line.is_some_and(|line| line.ends_with(&needle)),
        )?;
    }
    server.finish()
}

fn no_number(bench: &Bench) -> Result<()> {
    let api = api("allow", 503)?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let warnings = || {
        let text = server.host.log().text();
        let is_one = |line: &&str| line.contains("had no telephone number that can be looked up");
        text.lines().filter(is_one).count()
    };
    for call in 0..45 {
        // A minute may end meanwhile; then there are two.
        if call == 19 {
            same("warnings after 19 calls", warnings(), 0)?;
        }
        let reply = server.call(
            Transport::Udp,
            &Request::invite("sip:alice@carrier.example"),
        )?;
        Expected::bypass("no_number").check(&reply)?;
    }
    let is_one = |line: &str| line.contains("default_country") && line.contains("number_source");
    let found = server.host.log().wait_for_lines(1, SOON, is_one);
    holds(&format!("{found} warnings"), (1..=2).contains(&found))?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

/// Trials that do not depend on the form.
pub(crate) fn server_trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let name = "shadow/a log level that leaves out the audit lines is warned of";
    vec![suite.trial(subject, name, Needs::default(), quiet)]
}

fn quiet(bench: &Bench) -> Result<()> {
    let api = api("block", 603)?;
    let warned = |log_level: i64, name: &str, value: i64| -> Result<bool> {
        let mut setup = bench.setup(&api.url()).param(name, value);
        match bench.server.product() {
            Product::Kamailio => {
                setup.globals = format!("debug={}\n", log_level - 1);
                // The level of the testbed for our module alone does not count then.
                let own = ("debugger".to_owned(), "mod_level_mode".to_owned());
                setup.foreign.push((own.0, own.1, 0.into()));
            }
            Product::OpenSips => setup.globals = format!("log_level={log_level}\n"),
        }
        let server = bench.start(&setup)?;
        let found = server.host.log().text().contains("the log leaves out");
        server.finish()?;
        Ok(found)
    };
    same("shadow", warned(1, "shadow", 1)?, true)?;
    same("a percentage", warned(1, "enforce_percent", 5)?, true)?;
    same("a level that writes them", warned(2, "shadow", 1)?, false)?;
    same("no roll-out", warned(1, "shadow", 0)?, false)
}
