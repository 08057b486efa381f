// SPDX-License-Identifier: GPL-2.0-or-later

mod call_back;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::{Begun, Known, Worker};
use crate::admission::Endpoint;
use crate::cache::tests::answer;
use crate::config::tests::given;
use crate::config::{Given, ProfileId};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::tests::CALL;
use crate::policy::{Call, LookupOutcome};

/// A log that is read afterwards.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Log for Lines {
    fn line(&self, _: Level, line: &str) {
        self.0.lock().expect("no panic").push(line.to_owned());
    }
}

impl Lines {
    fn count(&self, text: &str) -> usize {
        let lines = self.0.lock().expect("no panic");
        lines.iter().filter(|line| line.contains(text)).count()
    }
}

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

const NAMELESS: &[u8] = b"From: <sip:alice@example.com>;tag=a\r\n";
const WITHHELD: &[u8] = b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n";

#[test]
fn withheld_numbers_say_nothing_about_the_form_of_numbers() {
    for anonymous in ["allow", "flag", "block"] {
        let given = Given {
            anonymous: anonymous.to_owned(),
            ..given()
        };
        let engine = Engine::new(given, &Silent).expect("usable");
        let log = Lines::default();
        let mut worker = Worker::new(InWorker::promised(), &engine, &log);
        for head in [WITHHELD, NAMELESS].repeat(20) {
            let _ = worker.decide(&Call { head, ..CALL }, Instant::now());
        }
        assert_eq!(log.count("no telephone number"), 1, "{anonymous}");
    }
}

#[test]
fn a_profile_that_does_not_exist_is_noticed_also_without_a_number() {
    let engine = Engine::new(given(), &Silent).expect("usable");
    let log = Lines::default();
    let mut worker = Worker::new(InWorker::promised(), &engine, &log);
    for head in [NAMELESS, WITHHELD] {
        let call = Call {
            head,
            profile: b"nobody",
            ..CALL
        };
        let (decision, counters) = worker.decide(&call, Instant::now());
        assert_eq!(decision.reason.as_str(), "unknown_profile");
        assert!(counters.unknown_profile);
    }
    assert_eq!(log.count("there is no profile \"nobody\""), 1);
}
