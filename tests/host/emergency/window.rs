// SPDX-License-Identifier: GPL-2.0-or-later
//! Whoever called an emergency number is called back unscreened.
use std::{net::Ipv4Addr, sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Result, Setup,
    sip::{Request, Transport},
};

use super::{TRUSTED, blocking, from, passed};
use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, same},
    operator::shows,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("emergency_window"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("emergency/window: {name}"), needs, body)
    };
    vec![
        trial("an emergency caller is called back unscreened", called_back),
        trial("no list blocks a call back", listed),
        trial("it ends", ends),
        trial("0 is off", off),
        trial("an untrusted source opens none", untrusted),
        trial("a Redis that is down changes nothing", without_redis),
    ]
}

/// Somebody who may call back.
const OFFICER: &str = callers::SECOND;

fn emergency(caller: &str) -> Request {
    Request::invite(&callers::sip(caller)).uri("sip:911@example.com")
}

fn call_back(called: &str) -> Request {
    Request::invite(&callers::sip(OFFICER)).uri(&callers::sip(called))
}

fn returned() -> Expected {
    passed("emergency_callback")
}

fn expect(server: &Running, request: &Request, expected: &Expected) -> Result<()> {
    expected.check(&server.call(Transport::Udp, request)?)
}

fn called_back(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let setup = bench.setup(&api.url());
    let server = bench.start(&Setup {
        children: 4,
        ..setup
    })?;
    let caller = callers::CALLER;
    expect(&server, &call_back(caller), &Expected::block())?;
    expect(&server, &emergency(caller), &passed("emergency"))?;
    // Whoever withholds the number may be called back too.
    let withheld = emergency(callers::BRITISH).header("Privacy", "id");
    expect(&server, &withheld, &passed("emergency"))?;
    shows(&server, "status", &["emergency_callers: 2"])?;
    let counted = server.host.statistics()?;
    same("counted", counted.get("emergency_callers"), Some(&2))?;
    for _ in 0..8 {
        expect(&server, &call_back(caller), &returned())?;
        expect(&server, &call_back(callers::BRITISH), &returned())?;
    }
    let anonymous = call_back(caller).from("<sip:anonymous@anonymous.invalid>");
    expect(&server, &anonymous, &returned())?;
    // By any form of the number.
    let tel = call_back("").uri("tel:+1-202-555-0123");
    expect(&server, &tel, &returned())?;
    // Other numbers, and calls by the one who called the emergency number, are screened.
    expect(&server, &call_back("+12025550124"), &Expected::block())?;
    server.expect(caller, &Expected::block())?;
    server.finish()
}

fn deny(bench: &Bench, setup: Setup) -> Result<Setup> {
    let trial = bench.name.replace(['/', ' ', ':'], "-");
    let file = bench.suite.file(&format!("{trial}-deny"));
    std::fs::write(&file, "+1*\n")?;
    Ok(setup.param("deny_list", file.display().to_string()))
}

fn denied() -> Expected {
    Expected::block()
        .and("source", "list")
        .and("reason", "deny_list")
}

fn listed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&deny(bench, bench.setup(&api.url()))?)?;
    expect(&server, &call_back(callers::CALLER), &denied())?;
    expect(&server, &emergency(callers::CALLER), &passed("emergency"))?;
    expect(&server, &call_back(callers::CALLER), &returned())?;
    server.finish()
}

fn ends(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()).param("emergency_window", 3))?;
    expect(&server, &emergency(callers::CALLER), &passed("emergency"))?;
    expect(&server, &call_back(callers::CALLER), &returned())?;
    thread::sleep(Duration::from_millis(3100));
    expect(&server, &call_back(callers::CALLER), &Expected::block())?;
    shows(&server, "status", &["emergency_callers: 0"])?;
    server.finish()
}

fn off(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let risk = "never_bypass_i_accept_the_risk";
    for setup in [
        bench.setup(&api.url()).param("emergency_window", 0),
        bench.setup(&api.url()).param("emergency", risk),
    ] {
        let server = bench.start(&setup)?;
        server.call(Transport::Udp, &emergency(callers::CALLER))?;
        expect(&server, &call_back(callers::CALLER), &Expected::block())?;
        server.finish()?;
    }
    Ok(())
}

/// A call from elsewhere passes as an emergency call, but a forged From opens no way to its number.
fn untrusted(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let setup = bench
        .setup(&api.url())
        .param("trusted_sources", TRUSTED.to_string());
    let server = bench.start(&setup)?;
    let caller = callers::CALLER;
    let call = |address, request: &Request| from(&server, address, request);
    passed("emergency").check(&call(Ipv4Addr::LOCALHOST, &emergency(caller))?)?;
    Expected::block().check(&call(TRUSTED, &call_back(caller))?)?;
    passed("emergency").check(&call(TRUSTED, &emergency(caller))?)?;
    returned().check(&call(Ipv4Addr::LOCALHOST, &call_back(caller))?)?;
    server.finish()
}

fn without_redis(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let setup = bench
        .setup(&api.url())
        .param("cache_redis", "redis://127.0.0.1:1");
    let server = bench.start(&deny(bench, setup)?)?;
    expect(&server, &call_back(callers::CALLER), &denied())?;
    expect(&server, &emergency(callers::CALLER), &passed("emergency"))?;
    expect(&server, &call_back(callers::CALLER), &returned())?;
    server.finish()
}
