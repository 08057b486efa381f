// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls from one number that arrive together.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use super::api::Api;
use super::{LONG, Next, Pool, Silent, Ticket, Wake, given_for, lookup};
use crate::call_record::tests::record;
use crate::called::Called;
use crate::config::{Given, ProfileId};
use crate::counters::Counters;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::identity::{Caller, NumberFrom, Verification};
use crate::number::Number;
use crate::os::process::InWorker;
use crate::policy::LookupOutcome;
use crate::pool::Completed;
use crate::worker::{Asked, PendingLookup};

const SLOW: &str = "+14155550100";
const DELAY: Duration = Duration::from_millis(600);

fn engine(api: &Api, timeout: i32, lookups: i32) -> &'static Engine {
    let engine = Engine::new(given_for(api.url.clone(), timeout, lookups), &Silent);
    Box::leak(Box::new(engine.expect("usable")))
}

fn pool(api: &Api, timeout: i32, lookups: i32) -> Arc<Pool> {
    serving(engine(api, timeout, lookups))
}

fn serving(engine: &'static Engine) -> Arc<Pool> {
    let pool = Arc::new(Pool::new(engine).expect("memory"));
    pool.serve(InWorker::promised(), engine).expect("a thread");
    pool
}

fn ask(pool: &Pool, number: &str, word: u64) -> Ticket {
    let number = Number::new(number.as_bytes(), None).expect("a global number");
    let lookup = PendingLookup {
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
        counters: Counters {
            cache_miss: true,
            ..Counters::default()
        },
        ..lookup(pool)
    };
    let ticket = pool.reserve(&lookup, Instant::now()).expect("a place");
    assert!(pool.submit(ticket, Wake::Poll(word)));
    ticket
}

fn next(pool: &Pool) -> u64 {
    match pool.next(LONG) {
        Next::Answered(word) => word,
        other => unreachable!("{other:?}"),
    }
}

fn collect(pool: &Pool, tickets: impl IntoIterator<Item = Ticket>) -> Vec<Completed> {
    let collected = tickets
        .into_iter()
        .map(|ticket| pool.collect(ticket, true).expect("in the queue"));
    collected.collect()
}

fn count(completed: &[Completed], is: impl Fn(&Completed) -> bool) -> usize {
    completed.iter().filter(|completed| is(completed)).count()
}

#[test]
fn calls_from_one_number_hold_one_thread_and_share_its_answer() {
    let api = Api::new(|number| {
        let delay = if number == SLOW {
            DELAY
        } else {
            Duration::ZERO
        };
        (delay, true)
    });
    let pool = pool(&api, 5000, 2);
    let same: Vec<_> = (0..20).map(|word| ask(&pool, SLOW, word)).collect();
    let others: Vec<_> = (100..105)
        .map(|word| ask(&pool, &format!("+1415555{:04}", word + 10), word))
        .collect();
    // The others go by: they are not behind the calls that wait for the slow answer.
    for _ in 0..others.len() {
        assert!(next(&pool) >= 100);
    }
    for _ in 0..same.len() {
        assert!(next(&pool) < 100);
    }
    assert_eq!(api.asked().iter().filter(|asked| *asked == SLOW).count(), 1);
    let same = collect(&pool, same);
    let shared = |call: &Completed| {
        matches!(call.outcome, LookupOutcome::Known(_))
            && call.counters.coalesced
            && call.counters.cache_miss
            && !call.counters.requested
    };
    assert_eq!(count(&same, shared), 19);
    let answered = |call: &Completed| matches!(call.outcome, LookupOutcome::Answered(_));
    assert_eq!(count(&same, answered), 1);
    collect(&pool, others);
}

#[test]
fn two_pools_make_one_request_with_one_thread_each() {
    let api = Api::new(|number| {
        let delay = if number == SLOW {
            DELAY
        } else {
            Duration::ZERO
        };
        (delay, true)
    });
    // As two processes do: with a queue each, and the requests in flight in common.
    let engine = engine(&api, 5000, 2);
    let pools = [serving(engine), serving(engine)];
    let mut same = pools
        .each_ref()
        .map(|pool| [0; 10].map(|_| ask(pool, SLOW, 0)).to_vec());
    for pool in &pools {
        ask(pool, "+14155550101", 100);
        assert_eq!(next(pool), 100, "before the slow answer");
    }
    let mut all = Vec::new();
    for (pool, same) in pools.iter().zip(&mut same) {
        all.extend(collect(pool, same.drain(..)));
    }
    assert_eq!(api.asked().iter().filter(|asked| *asked == SLOW).count(), 1);
    assert_eq!(count(&all, |call| call.counters.coalesced), 19);
}

#[test]
fn after_a_failure_one_more_request_is_made_and_shared() {
    for (good, requests) in [(2, 2), (9, 2)] {
        let times = AtomicUsize::new(0);
        let api = Api::new(move |_| {
            let time = times.fetch_add(1, SeqCst) + 1;
            (Duration::from_millis(100), time == good)
        });
        let pool = pool(&api, 5000, 3);
        let same: Vec<_> = (0..10).map(|word| ask(&pool, SLOW, word)).collect();
        let same = collect(&pool, same);
        assert_eq!(api.asked().len(), requests);
        let failed = |call: &Completed| call.outcome == LookupOutcome::Failed(Failure::Http5xx);
        let coalesced = |call: &Completed| call.counters.coalesced;
        assert_eq!(count(&same, failed), if good == 2 { 1 } else { 10 });
        assert_eq!(count(&same, coalesced), 8);
    }
}

#[test]
fn a_call_that_follows_another_keeps_its_own_deadline() {
    let api = Api::new(|_| (Duration::from_secs(60), true));
    let pool = pool(&api, 300, 2);
    let start = Instant::now();
    let first = ask(&pool, SLOW, 0);
    std::thread::sleep(Duration::from_millis(100));
    let second = ask(&pool, SLOW, 1);
    let completed = collect(&pool, [first, second]);
    assert!(start.elapsed() < Duration::from_secs(4));
    let late = |call: &Completed| call.outcome == LookupOutcome::Failed(Failure::TimeoutResponse);
    assert_eq!(count(&completed, late), 2, "{completed:?}");
}

/// An API that answers after a while, and a profile that does not wait so long.
fn with_an_impatient_profile(api: &Api) -> (&'static Engine, ProfileId) {
    let engine = Engine::new(
        Given {
            profile: vec!["impatient=>timeout=200".to_owned()],
            ..given_for(api.url.clone(), 5000, 2)
        },
        &Silent,
    );
    let engine: &Engine = Box::leak(Box::new(engine.expect("usable")));
    let profile = engine.profiles.find(b"impatient").expect("known");
    (engine, profile)
}

fn ask_by(pool: &Pool, engine: &Engine, profile: ProfileId) -> Ticket {
    let lookup = lookup(pool);
    let lookup = PendingLookup {
        asked: Asked {
            profile,
            ..lookup.asked
        },
        timeout: engine.profiles.get(profile).config.timeout,
        ..lookup
    };
    let ticket = pool.reserve(&lookup, Instant::now()).expect("a place");
    assert!(pool.submit(ticket, Wake::Poll(0)));
    ticket
}

#[test]
fn a_call_does_not_wait_for_the_request_of_a_profile_with_another_timeout() {
    let api = Api::new(|_| (DELAY, true));
    let (engine, impatient) = with_an_impatient_profile(&api);
    let pool = serving(engine);
    let patient = ask_by(&pool, engine, ProfileId::BASE);
    std::thread::sleep(Duration::from_millis(50));
    let hasty = ask_by(&pool, engine, impatient);
    std::thread::sleep(Duration::from_millis(400));
    // Nothing looks for late calls here, as in a server that only reads a pipe.
    let hasty = pool.collect(hasty, false).expect("in the queue");
    let late = LookupOutcome::Failed(Failure::TimeoutResponse);
    assert!(
        hasty.outcome == late && hasty.counters.requested,
        "{hasty:?}"
    );
    let patient = pool.collect(patient, true).expect("in the queue");
    let is_answered = matches!(patient.outcome, LookupOutcome::Answered(_));
    assert!(is_answered, "{patient:?}");
}

#[test]
fn what_is_too_late_for_one_profile_is_asked_again_for_another() {
    let api = Api::new(|_| (DELAY, true));
    let (engine, impatient) = with_an_impatient_profile(&api);
    let pool = serving(engine);
    for (profile, is_answered) in [(impatient, false), (ProfileId::BASE, true)] {
        let ticket = ask_by(&pool, engine, profile);
        let call = pool.collect(ticket, true).expect("in the queue");
        let answered = matches!(call.outcome, LookupOutcome::Answered(_));
        assert!(
            answered == is_answered && !call.counters.failed_before,
            "{call:?}"
        );
    }
}
