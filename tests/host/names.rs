// SPDX-License-Identifier: GPL-2.0-or-later
//! Name servers with different faults. Each trial runs in its own network namespace.
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    thread,
    time::Duration,
};

use libtest_mimic::Trial;
use testbed::{
    Api, Dns, Flaw, Form, Manner, Plan, Result, Zone,
    answer::{decision, ok},
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// The name of the API in these trials.
pub(crate) const HOST: &str = "api.nol.test";

pub(crate) const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another address of the same machine.
pub(crate) const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 66));

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        netns: true,
        ..Needs::default()
    };
    let trial =
        |name: &str, body: Body| suite.trial(subject, &format!("names/{name}"), needs, body);
    let mut trials = Vec::new();
    for (name, manner, failure) in [
        (
            "a name server that never answers",
            Manner::Silence,
            "timeout_dns",
        ),
        (
            "a name server that answers after 2 s",
            Manner::Late(Duration::from_secs(2)),
            "timeout_dns",
        ),
        (
            "a name server that sends no DNS message",
            Manner::Garbage,
            "timeout_dns",
        ),
        (
            "an answer to another question",
            Manner::WrongId,
            "timeout_dns",
        ),
        ("NXDOMAIN", Manner::NxDomain, "dns"),
        ("SERVFAIL", Manner::ServFail, "dns"),
        ("REFUSED", Manner::Refuse, "dns"),
    ] {
        trials.push(trial(
            name,
            Box::new(move |bench| unresolved(bench, Some(Zone::of(&[V4]).with(manner)), failure)),
        ));
    }
    trials.push(trial(
        "a name without an address",
        Box::new(|bench| unresolved(bench, Some(Zone::of(&[])), "dns")),
    ));
    trials.push(trial(
        "no name server at all",
        Box::new(|bench| unresolved(bench, None, "dns")),
    ));
    trials.push(trial(
        "an answer holds for its time",
        Box::new(an_answer_holds),
    ));
    trials.push(trial(
        "an answer holds no longer",
        Box::new(an_answer_expires),
    ));
    trials.push(trial(
        "the last good addresses serve while the name server is down",
        Box::new(the_last_good_serve),
    ));
    let many = Needs {
        parameter: Some("breaker_errors"),
        ..needs
    };
    trials.push(suite.trial(
        subject,
        "names/a slow name server leaves no thread behind",
        many,
        no_thread_is_left,
    ));
    trials
}

/// What a trial does in its namespace.
type Body = Box<dyn Fn(&Bench) -> Result<()> + Send + Sync>;

pub(crate) fn name_server(zone: Zone) -> Result<Dns> {
    Dns::start((V4, 53).into(), zone)
}

pub(crate) fn api(bench: &Bench, ip: IpAddr) -> Result<Api> {
    let identity = bench.suite.identity(Flaw::None)?;
    Api::start(
        (ip, 0).into(),
        Some(identity),
        Plan::always(ok(&decision("block", 603))),
    )
}

pub(crate) fn start(bench: &Bench, port: u16, timeout: i64) -> Result<Running> {
    let mut setup = bench
        .setup(&format!("https://{HOST}:{port}"))
        .param("timeout", timeout);
    setup.children = 1;
    bench.start(&setup)
}

pub(crate) fn call(server: &Running, expected: &Expected) -> Result<()> {
    expected.check(&server.call(
        Transport::Udp,
        &Request::invite(&callers::sip(callers::CALLER)),
    )?)
}

fn unresolved(bench: &Bench, zone: Option<Zone>, failure: &'static str) -> Result<()> {
    let dns = zone.map(name_server).transpose()?;
    let api = api(bench, V4)?;
    let timeout = if failure == "timeout_dns" {
        SHORT
    } else {
        LONG
    };
    let server = start(bench, api.address().port(), timeout)?;
    call(&server, &Expected::fail_open(failure))?;
    same("requests", api.requests().len(), 0)?;
    let asked = dns.as_ref().is_none_or(|dns| !dns.queries().is_empty());
    holds("the name server was asked", asked)?;
    server.finish()
}

/// A call on a new connection, so that the addresses are needed.
fn call_anew(server: &Running, api: &Api) -> Result<()> {
    api.hang_up();
    thread::sleep(Duration::from_millis(20));
    call(server, &Expected::block())
}

fn an_answer_holds(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(60))?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), LONG)?;
    call(&server, &Expected::block())?;
    let asked = dns.queries();
    for _ in 0..3 {
        call_anew(&server, &api)?;
    }
    same("queries", dns.queries(), asked)?;
    server.finish()
}

fn an_answer_expires(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(1))?;
    let first = api(bench, V4)?;
    let port = first.address().port();
    let second = Api::start(
        (OTHER, port).into(),
        Some(bench.suite.identity(Flaw::None)?),
        Plan::always(ok(&decision("block", 603))),
    )?;
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::block())?;
    same("requests to the old address", first.requests().len(), 1)?;
    dns.play(Zone::of(&[OTHER]).ttl(1));
    // The API moves: within some calls after the time to live, the new address is the one that is asked.
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(300));
        call_anew(&server, &first)?;
        if !second.requests().is_empty() {
            return server.finish();
        }
    }
    Err("the old address is still in use six seconds after a time to live of one".into())
}

fn the_last_good_serve(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(1))?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), LONG)?;
    call(&server, &Expected::block())?;
    for manner in [
        Manner::Silence,
        Manner::ServFail,
        Manner::Late(Duration::from_secs(3)),
    ] {
        dns.play(Zone::of(&[V4]).ttl(1).with(manner));
        thread::sleep(Duration::from_millis(1200));
        call_anew(&server, &api).map_err(|e| format!("{manner:?}: {e}"))?;
    }
    server.finish()
}

fn no_thread_is_left(bench: &Bench) -> Result<()> {
    let _dns = name_server(Zone::of(&[V4]).with(Manner::Silence))?;
    let mut setup = bench
        .setup(&format!("https://{HOST}:1"))
        .param("timeout", 100)
        .param("breaker_errors", 0);
    setup.children = 1;
    let server = bench.start(&setup)?;
    let before = server.host.threads()?;
    for _ in 0..10 {
        call(&server, &Expected::fail_open("timeout_dns"))?;
    }
    let after = server.host.threads()?;
    // One thread that resolves for all calls is allowed; one per call is not. If threads make the lookups, one more waits.
    let fair = match bench.form {
        Form::Sync => 2,
        Form::Async => 4,
    };
    holds(
        &format!("threads of all processes: {before} before, {after} after"),
        after <= before + fair,
    )?;
    server.finish()
}
