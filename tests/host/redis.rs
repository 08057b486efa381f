// SPDX-License-Identifier: GPL-2.0-or-later
//! The second level of the cache: answers shared through Redis, and behaviour without Redis.
mod impostors;

use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, RedisServer, Result, Setup,
    answer::{self, decision, ok},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    repetition::SLOW_REDIS,
    subject::Subject,
    suite::{Needs, SHORT, Suite},
};

/// How long answers hold in these trials, in seconds.
const TTL: i64 = 60;

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, redis, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("cache_redis"),
            redis,
            ..Needs::default()
        };
        suite.trial(subject, &format!("redis/{name}"), needs, body)
    };
    let mut trials = vec![
        trial("what one server asked no other asks again", true, shared),
        trial("Redis contains no readable number", true, private),
        trial("an answer holds in Redis no longer than here", true, ttl),
        trial("a wrong value in Redis is not used", true, garbage),
        trial(
            "calls are decided while Redis is down, and use it again when it is back",
            true,
            killed,
        ),
        trial(
            "a password and a database of the URL are used",
            true,
            password,
        ),
    ];
    for (name, body) in impostors::bodies() {
        trials.push(trial(name, false, body));
    }
    trials
}

/// A server with one worker, so that its state is known.
fn start(bench: &Bench, api: &Api, redis: &str, timeout: Option<i64>) -> Result<Running> {
    let setup = bench
        .setup(&api.url())
        .param("cache_ttl", TTL)
        .param("cache_redis", redis)
        .param("breaker_errors", 0);
    let setup = match timeout {
        Some(timeout) => setup.param("timeout", timeout),
        None => setup,
    };
    bench.start(&Setup {
        children: 1,
        ..setup
    })
}

fn blocking() -> Result<Api> {
    Api::http(Plan::always(ok(&decision("block", 603))))
}

fn redis(bench: &Bench) -> Result<RedisServer> {
    RedisServer::start(bench.suite.logs(), &bench.name)
}

fn only_key(redis: &RedisServer) -> Result<String> {
    let keys = redis.keys()?;
    <[String; 1]>::try_from(keys)
        .map(|[key]| key)
        .map_err(|keys| format!("not one key: {keys:?}").into())
}

fn cached() -> Expected {
    Expected::block()
        .and("source", "cache")
        .and("receipt", answer::RECEIPT)
}

/// Makes one call whose server asks Redis. The module waits for Redis 10 ms at most and then leaves it alone for a while. On a
/// busy machine that happens; the server counts it, and the trial has seen nothing of what it is about.
fn expect(server: &Running, number: &str, expected: &Expected) -> Result<()> {
    let failed = || -> Result<Option<i64>> {
        let statistics = server.host.statistics()?;
        Ok(statistics.get("redis_fail").copied())
    };
    let before = failed()?;
    let outcome = server.expect(number, expected);
    if failed()? == before {
        return outcome;
    }
    Err(SLOW_REDIS.into())
}

fn statistics(server: &Running, wanted: &[(&str, i64)]) -> Result<()> {
    let found = server.host.statistics()?;
    wanted
        .iter()
        .try_for_each(|(name, value)| same(name, found.get(*name), Some(value)))
}

fn shared(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    let first = start(bench, &api, &redis.url(), None)?;
    let second = start(bench, &api, &redis.url(), None)?;
    expect(&first, callers::CALLER, &Expected::block())?;
    expect(&second, callers::CALLER, &cached())?;
    same("requests", api.requests().len(), 1)?;
    statistics(
        &first,
        &[("redis_hit", 0), ("redis_fail", 0), ("api_requests", 1)],
    )?;
    let once = [
        ("redis_hit", 1),
        ("redis_fail", 0),
        ("cache_miss", 1),
        ("api_requests", 0),
    ];
    statistics(&second, &once)?;
    // From now on the second server has it in its own cache.
    redis.ask(&["FLUSHALL"])?;
    expect(&second, callers::CALLER, &cached())?;
    statistics(&second, &once)?;
    statistics(&second, &[("cache_hit", 1)])?;
    first.finish()?;
    second.finish()
}

fn private(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    let server = start(bench, &api, &redis.url(), None)?;
    for number in [callers::CALLER, callers::BRITISH, callers::SECOND] {
        server.expect(number, &Expected::block())?;
    }
    let keys = redis.keys()?;
    // Not all of them: a store that takes too long is given up.
    holds("there are keys in Redis", !keys.is_empty())?;
    for key in keys {
        let value = redis.ask(&["GET", &key])?.text()?;
        for secret in callers::PRIVATE {
            holds(
                &format!("{secret} is neither in {key:?} nor in {value:?}"),
                !key.contains(secret) && !value.contains(secret),
            )?;
        }
    }
    server.finish()
}

fn ttl(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    let first = start(bench, &api, &redis.url(), None)?;
    expect(&first, callers::CALLER, &Expected::block())?;
    let key = &only_key(&redis)?;
    let left = redis.ask(&["TTL", key])?.number()?;
    holds(&format!("0 < {left} <= {TTL}"), (1..=TTL).contains(&left))?;
    let second = start(bench, &api, &redis.url(), None)?;
    // An answer that is about to expire in Redis does not get a new TTL in another server.
    redis.ask(&["PEXPIRE", key, "1500"])?;
    expect(&second, callers::CALLER, &cached())?;
    thread::sleep(Duration::from_millis(1800));
    expect(&second, callers::CALLER, &Expected::block())?;
    same("requests", api.requests().len(), 2)?;
    first.finish()?;
    second.finish()
}

fn garbage(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    let first = start(bench, &api, &redis.url(), None)?;
    expect(&first, callers::CALLER, &Expected::block())?;
    let key = &only_key(&redis)?;
    let long = "x".repeat(100_000);
    for (kind, words) in [
        ("nothing", ["SET", key, "", "GET"]),
        ("text", ["SET", key, "no answer", "GET"]),
        ("far too much", ["SET", key, &long, "GET"]),
        ("a list", ["RPUSH", key, "a", "b"]),
    ] {
        redis.ask(&["DEL", key])?;
        redis.ask(&words).map_err(|e| format!("{kind}: {e}"))?;
        let server = start(bench, &api, &redis.url(), None)?;
        // A value that is far too long counts as a failure of Redis, too.
        server
            .expect(callers::CALLER, &Expected::block())
            .map_err(|e| format!("{kind}: {e}"))?;
        statistics(&server, &[("redis_hit", 0), ("api_requests", 1)])?;
        server.finish()?;
    }
    first.finish()
}

fn killed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    let server = start(bench, &api, &redis.url(), Some(SHORT))?;
    expect(&server, callers::CALLER, &Expected::block())?;
    statistics(&server, &[("redis_fail", 0)])?;
    let port = redis.stop();
    for number in [callers::BRITISH, callers::SECOND] {
        server.expect(number, &Expected::block())?;
    }
    // Answers in the server's own cache are used without Redis.
    expect(&server, callers::CALLER, &cached())?;
    statistics(&server, &[("redis_fail", 2), ("api_requests", 3)])?;
    let redis = RedisServer::at(port, bench.suite.logs(), &bench.name)?;
    thread::sleep(Duration::from_millis(2100));
    expect(&server, "+12025550199", &Expected::block())?;
    statistics(&server, &[("redis_fail", 2), ("api_requests", 4)])?;
    same("keys in Redis", redis.keys()?.len(), 1)?;
    server.finish()
}

fn password(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let redis = redis(bench)?;
    redis.ask(&["CONFIG", "SET", "requirepass", "open-sesame"])?;
    let address = redis.address();
    for (user, requests, found) in [("", 1, 0), ("default", 1, 1)] {
        let url = format!("redis://{user}:open-sesame@{address}/1");
        let server = start(bench, &api, &url, None)?;
        let expected = if found == 0 {
            Expected::block()
        } else {
            cached()
        };
        expect(&server, callers::CALLER, &expected)?;
        same("requests", api.requests().len(), requests)?;
        statistics(&server, &[("redis_hit", found), ("redis_fail", 0)])?;
        server.finish()?;
    }
    let server = start(bench, &api, &format!("redis://:wrong@{address}/1"), None)?;
    server.expect(callers::CALLER, &Expected::block())?;
    statistics(&server, &[("redis_hit", 0), ("redis_fail", 1)])?;
    let log = server.host.log().text();
    holds("the log holds no password", !log.contains("wrong"))?;
    server.finish()
}
