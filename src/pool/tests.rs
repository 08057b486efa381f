// SPDX-License-Identifier: GPL-2.0-or-later

mod api;
mod coalescing;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use std::sync::atomic::Ordering::Relaxed;

use super::liveness::{SILENT, STALLED};
use super::{Completed, Next, Pool, Ticket, Wake};
use crate::cache::tests::answer;
use crate::call_record::tests::record;
use crate::called::Called;
use crate::config::tests::given;
use crate::config::{Given, ProfileId};
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::identity::{Caller, NumberFrom, Verification};
use crate::log::{Level, Log};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::LookupOutcome;
use crate::question::IdempotencyKey;
use crate::worker::{Asked, Known, PendingLookup};

pub(super) struct Silent;

impl Log for Silent {
    fn line(&self, _: Level, _: &str) {}
}

const LONG: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::ZERO;

pub(super) fn lookup(pool: &Pool) -> PendingLookup {
    let number = Number::new(b"+14155550123", None).expect("a global number");
    PendingLookup {
        asked: Asked {
            profile: ProfileId::BASE,
            caller: Caller {
                number,
                from: NumberFrom::From,
                verification: Verification::default(),
                understands_608: false,
            },
            record: record(),
            called: Called::NOBODY,
        },
        timeout: pool.shortest,
        called: None,
        dialled: None,
        key: IdempotencyKey::new(b"1@example.com", b"a", &number),
        known: Known::Nothing,
        counters: Counters::default(),
    }
}

/// A usable configuration for an API.
fn given_for(api_url: String, timeout: i32, lookups: i32) -> Given {
    Given {
        api_url,
        api_key: concat!(
            "file:",
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/api_key.txt"
        )
        .to_owned(),
        timeout,
        breaker_errors: 0,
        async_lookups: lookups,
        ..given()
    }
}

/// An API that takes connections and never answers.
fn engine(timeout: i32, lookups: i32) -> (&'static Engine, TcpListener) {
    let api = TcpListener::bind("127.0.0.1:0").expect("a port");
    let engine = Engine::new(
        Given {
            cache_ttl: 0,
            async_queue: 8,
            ..given_for(
                format!("http://{}", api.local_addr().expect("bound")),
                timeout,
                lookups,
            )
        },
        &Silent,
    );
    (Box::leak(Box::new(engine.expect("usable"))), api)
}

fn pool(engine: &Engine) -> Arc<Pool> {
    Arc::new(Pool::new(engine).expect("memory"))
}

fn ask(pool: &Pool, word: u64) -> Ticket {
    let ticket = pool
        .reserve(&lookup(pool), Instant::now())
        .expect("a place");
    assert!(pool.submit(ticket, Wake::Poll(word)));
    ticket
}

/// How often this thread has gone to sleep so far.
fn sleeps() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").expect("readable");
    let sleeps = status.lines().find_map(|line| {
        let count = line.strip_prefix("voluntary_ctxt_switches:")?;
        count.trim().parse().ok()
    });
    sleeps.expect("a count")
}

fn failure(outcome: Option<&Completed>) -> Option<Failure> {
    match outcome?.outcome {
        LookupOutcome::Failed(failure) => Some(failure),
        _ => None,
    }
}

#[test]
fn every_question_is_answered_by_its_deadline() {
    let (engine, _api) = engine(100, 2);
    let pool = pool(engine);
    pool.serve(InWorker::promised(), engine).expect("a thread");
    assert!(pool.is_served());
    let tickets = [0, 1, 2, 3, 4, 5].map(|word| ask(&pool, word));
    assert!((0..4).all(|_| pool.reserve(&lookup(&pool), Instant::now()).is_some()));
    assert!(
        pool.reserve(&lookup(&pool), Instant::now()).is_none(),
        "it is full"
    );
    let mut words = Vec::new();
    while let Next::Answered(word) = pool.next(LONG) {
        words.push(word);
        if words.len() == tickets.len() {
            break;
        }
    }
    words.sort_unstable();
    assert_eq!(words, [0, 1, 2, 3, 4, 5]);
    let failures = tickets.map(|ticket| failure(pool.collect(ticket, true).as_ref()));
    for found in failures {
        let allowed = [Some(Failure::TimeoutResponse), Some(Failure::TimeoutQueue)];
        assert!(allowed.contains(&found), "{found:?}");
    }
    assert!(
        failures.contains(&Some(Failure::TimeoutQueue)),
        "two at a time, and six came"
    );
}

#[test]
fn without_a_process_for_lookups_a_call_is_allowed_at_once() {
    let (engine, _api) = engine(4000, 1);
    let pool = pool(engine);
    assert!(!pool.is_served());
    // One may be starting: a call waits for it, but not for its whole timeout.
    let (start, ticket) = (Instant::now(), ask(&pool, 7));
    assert_eq!(pool.next(NOW), Next::Nothing);
    assert_eq!(pool.next(LONG), Next::Answered(7));
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(
        failure(pool.collect(ticket, true).as_ref()),
        Some(Failure::Shed)
    );
    assert_eq!(pool.collect(ticket, true), None);
    assert!(pool.reserve(&lookup(&pool), Instant::now()).is_none());
    // With its first sign of life calls wait again.
    pool.note_alive();
    assert!(pool.reserve(&lookup(&pool), Instant::now()).is_some());
}

#[test]
fn calls_that_wait_when_the_process_dies_are_served_by_the_next_one_or_allowed_at_once() {
    let (engine, _api) = engine(4000, 1);
    for comes in [true, false] {
        let pool = pool(engine);
        pool.note_alive();
        let (start, ticket) = (Instant::now(), ask(&pool, 7));
        pool.server_died();
        assert_eq!(pool.next(NOW), Next::Nothing, "one may come");
        if comes {
            pool.serve(InWorker::promised(), engine).expect("a thread");
        }
        assert_eq!(pool.next(LONG), Next::Answered(7));
        let found = failure(pool.collect(ticket, true).as_ref());
        if comes {
            assert_eq!(found, Some(Failure::TimeoutResponse));
        } else {
            assert_eq!(found, Some(Failure::Shed));
            assert!(start.elapsed() < Duration::from_secs(4));
        }
    }
}

#[test]
fn a_process_that_waits_sleeps_until_a_question_can_be_late() {
    let (engine, _api) = engine(2000, 1);
    let pool = pool(engine);
    pool.note_alive();
    ask(&pool, 0);
    let before = sleeps();
    assert_eq!(pool.next(Duration::from_millis(500)), Next::Nothing);
    assert!(sleeps() - before < 10, "slept {}", sleeps() - before);
}

#[test]
fn a_question_that_was_queued_late_is_answered_in_time() {
    let (engine, _api) = engine(1000, 1);
    let pool = pool(engine);
    for age in [Duration::ZERO, Duration::from_millis(700)] {
        pool.note_alive();
        // It has just looked, and found nothing.
        pool.due.store(0, Relaxed);
        assert_eq!(pool.next(NOW), Next::Nothing);
        let began = Instant::now().checked_sub(age).expect("it is not so early");
        let ticket = pool.reserve(&lookup(&pool), began).expect("a place");
        assert!(pool.submit(ticket, Wake::Poll(3)));
        assert_eq!(pool.next(LONG), Next::Answered(3));
        let took = began.elapsed();
        // Counted from the submission it would be 1.7 s.
        assert!(took <= Duration::from_millis(1500), "{took:?}");
        assert!(pool.collect(ticket, false).is_some());
    }
}

#[test]
fn an_early_collect_waits_and_gives_up_in_time() {
    let (engine, _api) = engine(30, 1);
    let pool = pool(engine);
    let started = Instant::now();
    let ticket = ask(&pool, 0);
    assert_eq!(
        failure(pool.collect(ticket, true).as_ref()),
        Some(Failure::TimeoutQueue)
    );
    assert!(started.elapsed() >= Duration::from_millis(30) && started.elapsed() < LONG);
    assert_eq!(pool.next(NOW), Next::Nothing, "it is off the queue");
}

#[test]
fn a_descriptor_is_written_to_and_the_answer_is_there() {
    let (engine, _api) = engine(50, 1);
    let pool = pool(engine);
    pool.serve(InWorker::promised(), engine).expect("a thread");
    for stays_open in [false, true] {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let ticket = pool
            .reserve(&lookup(&pool), Instant::now())
            .expect("a place");
        let wake = Wake::Descriptor {
            fd: std::os::fd::AsRawFd::as_raw_fd(&theirs),
            stays_open,
            word: 9,
        };
        assert!(pool.submit(ticket, wake));
        ours.set_read_timeout(Some(LONG)).expect("not zero");
        let mut word = [0; 8];
        std::io::Read::read_exact(&mut &ours, &mut word).expect("woken");
        assert_eq!(u64::from_ne_bytes(word), 9);
        // Where the descriptor may be closed by who reads it, the answer may come a moment later.
        assert_eq!(
            failure(pool.collect(ticket, !stays_open).as_ref()),
            Some(Failure::TimeoutResponse)
        );
        assert_eq!(pool.next(NOW), Next::Nothing, "it was delivered already");
    }
}

#[test]
fn a_descriptor_that_stays_open_gets_the_word_of_a_question_given_up() {
    let (engine, _api) = engine(50, 1);
    for is_served in [false, true] {
        let pool = pool(engine);
        if is_served {
            pool.serve(InWorker::promised(), engine).expect("a thread");
        }
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let ticket = pool
            .reserve(&lookup(&pool), Instant::now())
            .expect("a place");
        let wake = Wake::Descriptor {
            fd: std::os::fd::AsRawFd::as_raw_fd(&theirs),
            stays_open: true,
            word: 9,
        };
        assert!(pool.submit(ticket, wake));
        assert!(pool.collect(ticket, false).is_some());
        ours.set_read_timeout(Some(LONG)).expect("not zero");
        let mut word = [0; 8];
        std::io::Read::read_exact(&mut &ours, &mut word).expect("woken");
        assert_eq!(u64::from_ne_bytes(word), 9);
    }
}

#[test]
fn a_question_that_was_given_up_is_not_delivered() {
    let (engine, _api) = engine(30, 1);
    let pool = pool(engine);
    let ticket = ask(&pool, 0);
    pool.abandon(ticket);
    assert_eq!(pool.next(Duration::from_millis(100)), Next::Nothing);
}

#[test]
fn a_collect_that_may_not_wait_gives_up_at_once() {
    let (engine, _api) = engine(5000, 1);
    let pool = pool(engine);
    let start = Instant::now();
    let queued = ask(&pool, 0);
    let outcome = pool.collect(queued, false);
    assert_eq!(failure(outcome.as_ref()), Some(Failure::TimeoutQueue));
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_call_without_an_answer_in_time_keeps_the_earlier_one() {
    let (engine, _api) = engine(50, 1);
    let pool = pool(engine);
    let known = PendingLookup {
        known: Known::Earlier(answer(1)),
        counters: Counters {
            cache_miss: true,
            ..Counters::default()
        },
        ..lookup(&pool)
    };
    let ask = || {
        let ticket = pool.reserve(&known, Instant::now()).expect("a place");
        assert!(pool.submit(ticket, Wake::Poll(0)));
        ticket
    };
    let expect = |ticket, failure| {
        let outcome = pool.collect(ticket, false).expect("on the queue");
        assert_eq!(
            (outcome.outcome, outcome.counters),
            (LookupOutcome::Stale(answer(1), failure), known.counters)
        );
    };
    // Given up, found late by `next`, and taken too late by a thread.
    pool.note_alive();
    expect(ask(), Failure::TimeoutQueue);
    let ticket = ask();
    assert_eq!(pool.next(LONG), Next::Answered(0));
    expect(ticket, Failure::TimeoutQueue);
    let ticket = ask();
    std::thread::sleep(Duration::from_millis(50));
    pool.serve(InWorker::promised(), engine).expect("a thread");
    assert_eq!(pool.next(LONG), Next::Answered(0));
    expect(ticket, Failure::TimeoutQueue);
}

#[test]
fn a_process_that_stands_still_is_noticed_while_calls_come() {
    let (engine, _api) = engine(20, 1);
    let pool = pool(engine);
    pool.note_alive();
    let (start, mut shed) = (Instant::now(), false);
    while pool.next(Duration::from_millis(1)) != Next::Stalled {
        assert!(start.elapsed() < 2 * STALLED, "calls hide it");
        match pool.reserve(&lookup(&pool), Instant::now()) {
            Some(ticket) => {
                assert!(!shed, "calls wait again");
                pool.submit(ticket, Wake::Poll(0));
            }
            None => shed |= start.elapsed() > SILENT,
        }
        // What is delivered is collected.
        pool.queue.server_died();
    }
    assert!(shed, "calls waited in vain");
    pool.server_died();
    assert_ne!(
        pool.next(NOW),
        Next::Stalled,
        "the next one may be starting"
    );
}
