// SPDX-License-Identifier: GPL-2.0-or-later

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::super::{Begun, Known, PendingLookup, Worker};
use super::Silent;
use crate::config::Given;
use crate::config::tests::given;
use crate::counters::Counters;
use crate::decision::{Decision, Source, Treatment};
use crate::engine::Engine;
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::tests::CALL;
use crate::policy::{Call, Policy};
use crate::redis::SHORT_PAUSE;

/// A Redis that has every key, or none. Returns its URL, and the commands that it gets.
fn redis(knows: bool) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("bound"));
    let (tell, told) = channel();
    // It ends with the test's process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let tell = tell.clone();
            thread::spawn(move || {
                let mut buffer = vec![0; 65536];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let asked = String::from_utf8_lossy(&buffer[..read]).into_owned();
                    let left = if knows { ":60000\r\n" } else { ":-2\r\n" };
                    let answers = left.repeat(asked.matches("PTTL").count())
                        + &"+OK\r\n".repeat(asked.matches("SETEX").count());
                    let _ = stream.write_all(answers.as_bytes());
                    let _ = tell.send(asked);
                }
            });
        }
    });
    (url, told)
}

/// A list that has every caller, in a directory of its own.
fn denying_all() -> (TempDir, String) {
    let home = TempDir::new().expect("a directory");
    let deny = home.path().join("deny");
    std::fs::write(&deny, "+1*\n").expect("written");
    let path = deny.display().to_string();
    (home, path)
}

/// Parameters with a key, and that Redis. Nothing hurries on a busy machine.
fn given_for(redis: String) -> Given {
    Given {
        cache_redis: redis,
        api_key: concat!(
            "file:",
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/api_key.txt"
        )
        .to_owned(),
        timeout: 5000,
        ..given()
    }
}

#[test]
fn a_block_stands_unless_another_server_knows_of_an_emergency_call() {
    let (_home, deny) = denying_all();
    let listed = CALL;
    let withheld = Call {
        head: b"From: <sip:+14155550123@example.com>;tag=a\r\nPrivacy: id\r\n",
        ..CALL
    };
    let nameless = Call {
        head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n",
        ..CALL
    };
    let diverted = Call {
        next_uri: b"sip:2001@pbx.example.com",
        ..CALL
    };
    for (call, source) in [
        (listed, Source::List),
        (diverted, Source::List),
        (withheld, Source::List),
        (nameless, Source::Local),
    ] {
        for knows in [false, true] {
            let given = Given {
                deny_list: deny.clone(),
                anonymous: "block".to_owned(),
                ..given_for(redis(knows).0)
            };
            // On a busy machine Redis may be too slow.
            let decided = (0..20).find_map(|_| {
                let engine = Engine::new(given.clone(), &Silent).expect("usable");
                by_thread_and_worker(&engine, &call, source)
            });
            let [of_thread, of_worker] = decided.expect("Redis answers in time");
            assert_eq!(of_thread, of_worker);
            let wanted = if knows {
                (Treatment::Allow, Source::Bypass)
            } else {
                (Treatment::Block, source)
            };
            assert_eq!((of_worker.treatment, of_worker.source), wanted);
        }
    }
}

/// The decisions of both forms about a call that is blocked without a lookup. None if Redis did not answer in time.
fn by_thread_and_worker(engine: &Engine, call: &Call<'_>, source: Source) -> Option<[Decision; 2]> {
    let mut worker = Worker::new(InWorker::promised(), engine, &Silent);
    let now = Instant::now();
    let lookup = begun(&mut worker, call, now);
    assert!(matches!(lookup.known, Known::Settled(settled) if settled.source == source));
    assert_eq!(worker.shared_key(&lookup), None);
    let (outcome, mut counted) = worker.answer(&lookup, now);
    let outcomes = worker.outcomes(&[&lookup], &outcome, now, &mut counted);
    let of_thread =
        Policy::new(&engine.config).resume(&lookup.asked.caller, lookup.asked.record, outcomes[0]);
    let (of_worker, counters) = worker.decide(call, now);
    // No number is called, so nobody can have called from it.
    let other = Call {
        request_uri: b"sip:service@example.com",
        next_uri: b"",
        ..*call
    };
    assert!(matches!(worker.begin(&other, now), Begun::Decided(..)));
    let failed = counted.redis_fail || counters.redis_fail;
    (!failed).then_some([of_thread, of_worker])
}

/// What is left of a call to a thread: the asynchronous form may not wait for Redis.
fn begun(worker: &mut Worker<'_>, call: &Call<'_>, now: Instant) -> PendingLookup {
    match worker.begin(call, now) {
        Begun::Ask(lookup) => lookup,
        Begun::Decided(..) => unreachable!("Redis has to be asked"),
    }
}

#[test]
fn redis_is_asked_once_about_all_calls_that_share_a_block() {
    let (_home, deny) = denying_all();
    let (url, asked) = redis(true);
    let given = Given {
        deny_list: deny,
        ..given_for(url)
    };
    let engine = Engine::new(given, &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let now = Instant::now();
    let lookup = begun(&mut worker, &CALL, now);
    let (outcome, _) = worker.answer(&lookup, now);
    let mut once = || {
        let mut counted = Counters::default();
        let now = Instant::now();
        let outcomes = worker.outcomes(&[&lookup; 50], &outcome, now, &mut counted);
        assert_eq!(outcomes.len(), 50);
        let commands = asked.recv_timeout(Duration::from_secs(5)).ok()?;
        (!counted.redis_fail).then_some(commands)
    };
    let commands = (0..20).find_map(|_| once()).expect("an answer in time");
    assert_eq!(commands.matches("PTTL").count(), 50);
}

#[test]
fn what_redis_said_of_a_caller_is_known_without_it() {
    let (_home, deny) = denying_all();
    let given = Given {
        deny_list: deny,
        ..given_for(redis(true).0)
    };
    let engine = Engine::new(given, &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let passes = (0..20).any(|_| {
        let (decision, counters) = worker.decide(&CALL, Instant::now());
        decision.treatment == Treatment::Allow && !counters.redis_fail
    });
    assert!(passes);
    // Nothing has to be asked now.
    let begun = worker.begin(&CALL, Instant::now());
    assert!(matches!(begun, Begun::Decided(decision, _) if decision.treatment == Treatment::Allow));
}

#[test]
fn without_a_key_nobody_waits_to_be_told() {
    let given = Given {
        api_key: "env:NOL_NO_SUCH_VARIABLE".to_owned(),
        ..given_for(redis(false).0)
    };
    let engine = Engine::new(given, &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let now = Instant::now();
    let number = Number::new(b"+12025550123", None).expect("a global number");
    engine.emergency_window.put(&number, engine.clock.at(now));
    worker.publish_callers(now);
    assert!(!engine.emergency_window.has_pending(engine.clock.at(now)));
}

#[test]
fn other_servers_are_told_under_the_key_of_the_last_reload() {
    let home = TempDir::new().expect("a directory");
    let key = home.path().join("key");
    std::fs::write(&key, "k".repeat(40)).expect("written");
    let (url, told) = redis(false);
    let given = Given {
        api_key: format!("file:{}", key.display()),
        ..given_for(url)
    };
    let engine = Engine::new(given, &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let mut idle = Worker::new(InWorker::promised(), &engine, &Silent);
    std::fs::write(&key, "n".repeat(40)).expect("written");
    worker.reload().expect("both can be read");
    let number = Number::new(b"+12025550123", None).expect("a global number");
    let stored_by = |worker: &mut Worker<'_>| {
        let mut told_once = || {
            let now = Instant::now();
            engine.emergency_window.put(&number, engine.clock.at(now));
            worker.publish_callers(now);
            told.recv_timeout(Duration::from_secs(5)).ok()
        };
        let command = (0..20).find_map(|_| told_once()).expect("told");
        let name = command.split("\r\n").find(|word| word.starts_with("nol:"));
        name.expect("a key").to_owned()
    };
    assert_eq!(stored_by(&mut worker), stored_by(&mut idle));
}

#[test]
fn a_caller_that_redis_did_not_take_is_told_later() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let refusing = listener.local_addr().expect("bound");
    drop(listener);
    let engine = Engine::new(given_for(format!("redis://{refusing}")), &Silent).expect("usable");
    let mut worker = Worker::new(InWorker::promised(), &engine, &Silent);
    let emergency = Call {
        request_uri: b"sip:911@example.com",
        ..CALL
    };
    let (decision, counters) = worker.decide(&emergency, Instant::now());
    assert!(decision.is_emergency_call() && counters.redis_fail);
    // The next call waits for nothing, and counts nothing again.
    let (_, counters) = worker.decide(&emergency, Instant::now());
    assert!(!counters.redis_fail);
    let now = engine.clock.at(Instant::now());
    let window = &engine.emergency_window;
    assert!(!window.has_pending(now) && window.has_pending(now.after(SHORT_PAUSE)));
    assert_eq!(window.take_pending(now).len(), 1);
}
