// SPDX-License-Identifier: GPL-2.0-or-later

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use super::{Begun, Worker};
use crate::admission::Endpoint;
use crate::cache::tests::answer;
use crate::config::tests::given;
use crate::config::{Given, ProfileId};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::LookupOutcome;
use crate::policy::tests::CALL;

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
            (lookup.asked.caller.number, lookup.earlier),
            (number, earlier)
        );
        assert!(lookup.counters.cache_miss);
        let (outcome, _) = lookup.unanswered(Failure::Shed);
        assert_eq!(outcome, LookupOutcome::late(Failure::Shed, earlier));
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
