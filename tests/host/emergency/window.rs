// SPDX-License-Identifier: GPL-2.0-or-later
//! Whoever called an emergency number is called back unscreened.
use std::{net::Ipv4Addr, sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    RedisServer, Result, Setup,
    sip::{Request, Transport},
};

use super::{TRUSTED, blocking, from, passed};
use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    operator::shows,
    repetition::SLOW_REDIS,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, redis, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("emergency_window"),
            redis,
            ..Needs::default()
        };
        suite.trial(subject, &format!("emergency/window: {name}"), needs, body)
    };
    vec![
        trial(
            "an emergency caller is called back unscreened",
            false,
            called_back,
        ),
        trial("no list blocks a call back", false, listed),
        trial("it ends", false, ends),
        trial("0 is off", false, off),
        trial("an untrusted source opens none", false, untrusted),
        trial("servers share it through Redis", true, shared),
        trial("a Redis that is down changes nothing", false, without_redis),
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

/// Makes one call whose server asks Redis. On a busy machine Redis may be too slow; then the trial has seen nothing.
fn with_redis(server: &Running, request: &Request, expected: &Expected) -> Result<()> {
    let failed =
        || -> Result<Option<i64>> { Ok(server.host.statistics()?.get("redis_fail").copied()) };
    let before = failed()?;
    let outcome = expect(server, request, expected);
    if failed()? == before {
        return outcome;
    }
    Err(SLOW_REDIS.into())
}

/// How many commands of a name Redis has carried out.
fn commands(redis: &RedisServer, name: &str) -> Result<usize> {
    let text = redis.ask(&["INFO", "commandstats"])?.text()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
    let count = line.and_then(|line| line.split(',').next());
    Ok(count.unwrap_or("0").parse()?)
}

fn shared(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = RedisServer::start(bench.suite.logs(), &bench.name)?;
    let start = |setup: Setup| {
        let setup = setup.param("cache_redis", redis.url());
        bench.start(&Setup {
            children: 1,
            ..setup
        })
    };
    let first = start(bench.setup(&api.url()))?;
    let by_api = start(bench.setup(&api.url()).param("cache_ttl", 60))?;
    let by_list = start(deny(bench, bench.setup(&api.url()))?)?;
    let caller = callers::CALLER;
    with_redis(&by_api, &call_back(caller), &Expected::block())?;
    with_redis(&by_list, &call_back(caller), &denied())?;
    expect(&first, &emergency(caller), &passed("emergency"))?;
    // In the asynchronous form the call does not wait for it.
    let end = std::time::Instant::now() + Duration::from_secs(2);
    while commands(&redis, "setex")? < 2 && std::time::Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..2 {
        with_redis(&by_api, &call_back(caller), &returned())?;
        with_redis(&by_list, &call_back(caller), &returned())?;
    }
    // Another number, of which the answer is in the cache by now, and one on the list.
    let other = "+12025550124";
    with_redis(&by_list, &call_back(other), &denied())?;
    with_redis(
        &by_api,
        &call_back(other),
        &Expected::block().and("source", "cache"),
    )?;
    let keys = redis.keys()?.join(" ");
    holds(&keys, !keys.contains("2025550123"))?;
    // A call that is allowed costs no look into Redis for its called number.
    let before = commands(&redis, "pttl")?;
    holds("it was asked", before >= 6)?;
    expect(&by_list, &emergency(caller), &passed("emergency"))?;
    expect(&by_list, &call_back(caller), &returned())?;
    same("looks into Redis", commands(&redis, "pttl")?, before)?;
    // What Redis said of a number, a server knows from then on.
    drop(redis);
    expect(&by_api, &call_back(caller), &returned())?;
    first.finish()?;
    by_api.finish()?;
    by_list.finish()
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
