// SPDX-License-Identifier: GPL-2.0-or-later

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::{Begun, Known, Worker};
use crate::admission::Endpoint;
use crate::cache::tests::answer;
use crate::config::tests::given;
use crate::config::{Given, ProfileId};
use crate::decision::{Decision, Source, Treatment};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::tests::CALL;
use crate::policy::{Call, LookupOutcome, Policy};

struct Silent;

impl Log for Silent {
    fn line(&self, _: Level, _: &str) {}
}

#[test]
fn a_question_brings_along_the_answer_that_no_longer_holds() {
    let engine = engine(given().api_url, 400);
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let number = Number::new(b"+14155550123", None).expect("a global number");
    let (key, now) = (worker.current.keys.key(&number, ""), Instant::now());
    let ttl = engine.config.cache.ttl;
    assert!(
        engine
            .cache
            .store(&key, &answer(1), ttl, engine.clock.at(now))
    );
    assert!(matches!(worker.begin(&CALL, now), Begun::Decided(..)));
    for (age, earlier) in [(ttl * 3 / 2, Some(answer(1))), (ttl * 3, None)] {
        let Begun::Ask(lookup) = worker.begin(&CALL, now + age) else {
            unreachable!("it no longer holds");
        };
        assert_eq!(
            (lookup.asked.caller.number, lookup.known),
            (number, earlier.map_or(Known::Nothing, Known::Earlier))
        );
        assert!(lookup.counters.cache_miss);
        let (outcome, _) = lookup.unanswered(Failure::Shed);
        assert_eq!(outcome, LookupOutcome::late(Failure::Shed, earlier));
    }
}

#[test]
fn an_answer_is_shared_only_by_calls_with_the_same_verification() {
    let engine = engine(given().api_url, 400);
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let mut keys = Vec::new();
    for verstat in [
        "",
        ";verstat=TN-Validation-Passed",
        ";verstat=TN-Validation-Failed",
        ";verstat=No-TN-Validation",
    ] {
        let head = format!("From: <sip:+14155550123@example.com>{verstat}\r\n");
        let call = Call {
            head: head.as_bytes(),
            ..CALL
        };
        let now = Instant::now();
        let Begun::Ask(lookup) = worker.begin(&call, now) else {
            unreachable!("nothing is known");
        };
        let key = worker.shared_key(&lookup).expect("the cache is on");
        assert!(!keys.contains(&key), "{verstat}");
        keys.push(key);
        // What failed for one is not known for the others.
        engine
            .failed
            .remember(&key, Failure::Http5xx, engine.clock.at(now));
        assert!(matches!(worker.begin(&call, now), Begun::Decided(..)));
    }
}

/// An API that fails every lookup after a while, and says nothing when it is asked for its health. Returns its URL.
fn failing_api(after: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    // It ends with the test's process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                    if buffer.starts_with(b"POST") {
                        thread::sleep(after);
                        let _ = stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
                    }
                }
            });
        }
    });
    url
}

/// An engine with a key, for an API at this URL.
fn engine(api_url: String, timeout: i32) -> Engine {
    let given = Given {
        api_url,
        api_key: concat!(
            "file:",
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/api_key.txt"
        )
        .to_owned(),
        breaker_errors: 1,
        timeout,
        ..given()
    };
    Engine::new(given, &Silent).expect("usable")
}

#[test]
fn a_health_check_that_had_little_time_opens_nothing() {
    for (after, opens) in [(Duration::from_millis(500), false), (Duration::ZERO, true)] {
        let engine = engine(failing_api(after), 1000);
        let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
        let (decision, _) = worker.decide(&CALL, Instant::now());
        assert_eq!(decision.failure, Failure::Http5xx);
        let now = engine.clock.at(Instant::now());
        let [breaker, ..] = engine
            .admission(ProfileId::BASE)
            .latches(Endpoint::Primary, now);
        assert_eq!(breaker.shut_for.is_some(), opens, "{after:?}");
    }
}

#[test]
fn a_slow_answer_turns_lookups_off_only_for_calls_that_have_waited() {
    for (waited_ms, failure) in [(100, Failure::Http5xx), (1000, Failure::TimeoutQueue)] {
        let engine = engine(failing_api(Duration::ZERO), 5000);
        let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
        let now = Instant::now();
        let slow = Duration::from_millis(4990);
        engine
            .admission(ProfileId::BASE)
            .note_answer(slow, engine.clock.at(now));
        let started = now.checked_sub(Duration::from_millis(waited_ms));
        let (decision, _) = worker.decide(&CALL, started.expect("this machine is on for longer"));
        assert_eq!(decision.failure, failure, "{waited_ms}");
    }
}

/// A Redis that has every key, or none. Returns its URL.
fn redis(knows: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("bound"));
    // It ends with the test's process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let asked = String::from_utf8_lossy(&buffer[..read]);
                    let answer: &[u8] = match () {
                        () if asked.contains("EXISTS") && knows => b":1\r\n",
                        () if asked.contains("EXISTS") => b":0\r\n",
                        () => b"+OK\r\n",
                    };
                    let _ = stream.write_all(answer);
                }
            });
        }
    });
    url
}

#[test]
fn a_block_stands_unless_another_server_knows_of_an_emergency_call() {
    let home = tempfile::TempDir::new().expect("a directory");
    let deny = home.path().join("deny");
    std::fs::write(&deny, "+1*\n").expect("written");
    for (knows, treatment, source) in [
        (false, Treatment::Block, Source::List),
        (true, Treatment::Allow, Source::Bypass),
    ] {
        let given = Given {
            deny_list: deny.display().to_string(),
            cache_redis: redis(knows),
            api_key: concat!(
                "file:",
                env!("CARGO_MANIFEST_DIR"),
                "/tests/vectors/api_key.txt"
            )
            .to_owned(),
            timeout: 5000,
            ..given()
        };
        let engine = Engine::new(given, &Silent).expect("usable");
        // On a busy machine Redis may be too slow.
        let decided = (0..20).find_map(|_| by_thread_and_worker(&engine));
        for decision in decided.expect("Redis answers in time") {
            assert_eq!((decision.treatment, decision.source), (treatment, source));
        }
    }
}

/// The decisions of both forms about a call that a list blocks. None if Redis did not answer in time.
fn by_thread_and_worker(engine: &Engine) -> Option<[Decision; 2]> {
    let mut worker = Worker::new(InWorker::promised(), engine, &Silent);
    let now = Instant::now();
    // The asynchronous form may not wait for Redis, so it leaves that to a thread.
    let Begun::Ask(lookup) = worker.begin(&CALL, now) else {
        unreachable!("Redis has to be asked");
    };
    assert!(matches!(lookup.known, Known::Settled(settled) if settled.source == Source::List));
    assert_eq!(worker.shared_key(&lookup), None);
    let (outcome, mut counted) = worker.answer(&lookup, now);
    let outcome = worker.outcome(&lookup, &outcome, now, &mut counted);
    let of_thread =
        Policy::new(&engine.config).resume(&lookup.asked.caller, lookup.asked.record, outcome);
    let (of_worker, counters) = worker.decide(&CALL, now);
    // No number is called, so nobody can have called from it.
    let other = Call {
        request_uri: b"sip:service@example.com",
        ..CALL
    };
    assert!(matches!(worker.begin(&other, now), Begun::Decided(..)));
    let failed = counted.redis_fail || counters.redis_fail;
    (!failed).then_some([of_thread, of_worker])
}
