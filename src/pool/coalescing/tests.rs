// SPDX-License-Identifier: GPL-2.0-or-later

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Coalescing;
use crate::cache::tests::key;
use crate::config::tests::given;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::os::panics;
use crate::policy::LookupOutcome;
use crate::pool::completion::Completion;
use crate::pool::tests::{Silent, lookup};
use crate::pool::{Pool, Ticket, Wake};

const NOW: Duration = Duration::ZERO;

fn pool() -> Arc<Pool> {
    let engine = Engine::new(given(), &Silent).expect("usable");
    Arc::new(Pool::new(&engine).expect("memory"))
}

/// A call that has been taken, and its ticket.
fn taken(pool: &Arc<Pool>) -> (Ticket, Completion) {
    let ticket = pool
        .reserve(&lookup(pool), Instant::now())
        .expect("a place");
    assert!(pool.submit(ticket, Wake::Poll(0)));
    let job = pool.queue.take(0, NOW).expect("a question");
    (ticket, Completion::new(Arc::clone(pool), &job))
}

fn outcome(pool: &Pool, ticket: Ticket) -> Option<LookupOutcome> {
    // A call that is not answered yet would be given up.
    pool.next(NOW);
    let completed = pool.collect(ticket, false)?;
    Some(completed.outcome)
}

#[test]
fn the_first_leads_the_others_are_parked_and_each_key_has_its_own_lead() {
    let (pool, coalescing) = (pool(), Arc::new(Coalescing::default()));
    let [first, second, third, other] = [0, 1, 2, 3].map(|_| taken(&pool));
    let (mut lead, first_call) = coalescing.join(key(1), first.1).expect("the first");
    assert!(coalescing.join(key(1), second.1).is_none());
    assert!(coalescing.join(key(1), third.1).is_none());
    assert!(coalescing.join(key(2), other.1).is_some());
    first_call.fail(Failure::Dns);
    lead.next().expect("the second").fail(Failure::Tls);
    for (ticket, failure) in [(first.0, Failure::Dns), (second.0, Failure::Tls)] {
        assert_eq!(outcome(&pool, ticket), Some(LookupOutcome::Failed(failure)));
    }
    for call in lead.end() {
        call.share_failure(Failure::Reset);
    }
    assert_eq!(
        outcome(&pool, third.0),
        Some(LookupOutcome::Failed(Failure::Reset))
    );
    assert!(
        coalescing.join(key(1), taken(&pool).1).is_some(),
        "it is over"
    );
}

#[test]
fn a_lead_that_has_ended_takes_nothing_from_the_next_one() {
    let (pool, coalescing) = (pool(), Arc::new(Coalescing::default()));
    let (mut lead, _) = coalescing.join(key(1), taken(&pool).1).expect("the first");
    assert!(lead.next().is_none());
    let (mut next, _) = coalescing.join(key(1), taken(&pool).1).expect("again");
    assert!(coalescing.join(key(1), taken(&pool).1).is_none());
    drop(lead);
    assert!(next.next().is_some());
}

#[test]
fn a_thread_that_panics_leaves_no_call_parked() {
    let (pool, coalescing) = (pool(), Arc::new(Coalescing::default()));
    let [first, second] = [0, 1].map(|_| taken(&pool));
    let panicked = panics::caught(|| {
        let _lead = coalescing.join(key(1), first.1).expect("the first");
        assert!(coalescing.join(key(1), second.1).is_none());
        std::panic::resume_unwind(Box::new("a bug"));
    });
    assert!(panicked.is_err());
    for ticket in [first.0, second.0] {
        assert_eq!(
            outcome(&pool, ticket),
            Some(LookupOutcome::Failed(Failure::Internal))
        );
    }
    assert!(coalescing.join(key(1), taken(&pool).1).is_some());
}
