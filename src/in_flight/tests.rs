// SPDX-License-Identifier: GPL-2.0-or-later

use std::process::Command;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use super::slot::Word;
use super::{Follower, InFlight, Leader, Role, Waited};
use crate::cache::Key;
use crate::cache::tests::key;
use crate::clock::{Clock, Moment};
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::shared::Shared;

const SPAN: Duration = Duration::from_secs(5);

struct Place {
    in_flight: Shared<InFlight>,
    clock: Clock,
}

impl Place {
    fn new() -> Self {
        Self {
            in_flight: Shared::new().expect("memory"),
            clock: Clock::starting(Instant::now()),
        }
    }

    fn now(&self) -> Moment {
        self.clock.at(Instant::now())
    }

    fn join(&self, key: Key) -> Role<'_> {
        self.in_flight.join(key, self.now().after(SPAN), self.now())
    }

    fn lead(&self, key: Key) -> Leader<'_> {
        match self.join(key) {
            Role::Lead(ticket) => ticket,
            other => unreachable!("{other:?}"),
        }
    }

    fn follow(&self, key: Key) -> Follower<'_> {
        match self.join(key) {
            Role::Follow(follower) => follower,
            other => unreachable!("{other:?}"),
        }
    }

    fn wait<'a>(&self, follower: Follower<'a>) -> Waited<'a> {
        let deadline = Deadline::after(Instant::now(), SPAN);
        follower.wait(deadline, |now| self.clock.at(now))
    }
}

fn turn(waited: Waited<'_>) -> Leader<'_> {
    match waited {
        Waited::YourTurn(ticket) => ticket,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn one_lookup_leads_and_the_others_get_its_answer() {
    let place = Place::new();
    let ticket = place.lead(key(1));
    let followers: Vec<_> = (0..4).map(|_| place.follow(key(1))).collect();
    thread::scope(|scope| {
        let waits: Vec<_> = followers
            .into_iter()
            .map(|follower| scope.spawn(|| place.wait(follower)))
            .collect();
        thread::sleep(Duration::from_millis(30));
        ticket.finish(None);
        for wait in waits {
            assert!(matches!(wait.join().expect("no panic"), Waited::Answered));
        }
    });
    place.lead(key(1)).finish(None);
}

#[test]
fn after_a_failure_one_more_leads_and_then_all_give_up() {
    let place = Place::new();
    let ticket = place.lead(key(1));
    let followers: Vec<_> = (0..8).map(|_| place.follow(key(1))).collect();
    let (second, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for follower in followers {
            scope.spawn(|| match place.wait(follower) {
                Waited::YourTurn(ticket) => {
                    second.fetch_add(1, SeqCst);
                    thread::sleep(Duration::from_millis(10));
                    ticket.finish(Some(Failure::Http5xx));
                }
                Waited::Failed(Failure::Http5xx) => {
                    failed.fetch_add(1, SeqCst);
                }
                other => unreachable!("{other:?}"),
            });
        }
        thread::sleep(Duration::from_millis(10));
        ticket.finish(Some(Failure::Reset));
    });
    assert_eq!((second.into_inner(), failed.into_inner()), (1, 7));
}

#[test]
fn a_follower_that_slept_through_the_end_learns_how_it_ended() {
    let place = Place::new();
    // The second request failed, and the next flight has begun.
    let ticket = place.lead(key(1));
    let (one, other) = (place.follow(key(1)), place.follow(key(1)));
    ticket.finish(Some(Failure::Reset));
    turn(place.wait(one)).finish(Some(Failure::Tls));
    let next = place.lead(key(1));
    assert!(matches!(place.wait(other), Waited::Failed(Failure::Tls)));
    // It succeeds, and the next flight has begun.
    let last = place.follow(key(1));
    next.finish(None);
    let _after = place.lead(key(1));
    assert!(matches!(place.wait(last), Waited::Answered));
}

#[test]
fn a_lookup_that_starts_after_a_failure_makes_the_second_request() {
    let place = Place::new();
    let ticket = place.lead(key(1));
    let follower = place.follow(key(1));
    ticket.finish(Some(Failure::Reset));
    let second = place.lead(key(1));
    second.finish(Some(Failure::Tls));
    assert!(matches!(place.wait(follower), Waited::Failed(Failure::Tls)));
    place.lead(key(1)).finish(None);
}

#[test]
fn a_wait_ends_by_its_own_deadline() {
    let place = Place::new();
    let ticket = place.lead(key(1));
    let follower = place.follow(key(1));
    let deadline = Deadline::after(Instant::now(), Duration::from_millis(50));
    let waited = follower.wait(deadline, |now| place.clock.at(now));
    assert!(matches!(waited, Waited::TimedOut));
    assert!(deadline.is_over(Instant::now()));
    ticket.finish(None);
}

#[test]
fn a_leader_that_is_dropped_keeps_no_follower_waiting() {
    let place = Place::new();
    let ticket = place.lead(key(1));
    let (one, other) = (place.follow(key(1)), place.follow(key(1)));
    drop(ticket);
    drop(turn(place.wait(one)));
    assert!(matches!(
        place.wait(other),
        Waited::Failed(Failure::Internal)
    ));
}

#[test]
fn the_flight_of_a_dead_leader_is_taken_over() {
    let place = Place::new();
    let mut child = Command::new("true").spawn().expect("true(1)");
    child.wait().expect("its status");
    for newcomer in [true, false] {
        let ticket = place.lead(key(1));
        let (one, other) = (place.follow(key(1)), place.follow(key(1)));
        // As if its process had ended.
        let dead = Word {
            leader: child.id(),
            ..ticket.word
        };
        ticket.slot.change(ticket.word, dead).expect("unchanged");
        let (next, waiting) = if newcomer {
            (place.lead(key(1)), vec![one, other])
        } else {
            (turn(place.wait(one)), vec![other])
        };
        assert_eq!(next.word.number, dead.number, "the same flight");
        next.finish(None);
        for follower in waiting {
            assert!(matches!(place.wait(follower), Waited::Answered));
        }
        // Not even a dead leader could be replaced.
        drop(ticket);
    }
}

#[test]
fn a_leader_that_does_not_finish_is_replaced() {
    let place = Place::new();
    let now = place.now();
    let short = now.after(Duration::from_millis(20));
    let Role::Lead(stuck) = place.in_flight.join(key(1), short, now) else {
        unreachable!("the slot is free")
    };
    let (one, other) = (place.follow(key(1)), place.follow(key(1)));
    let second = turn(place.wait(one));
    stuck.finish(None);
    assert!(
        matches!(place.join(key(1)), Role::Follow(_)),
        "it is the second one's"
    );
    second.finish(Some(Failure::Reset));
    assert!(matches!(place.wait(other), Waited::Failed(Failure::Reset)));
    // Long after that, any key may use the slot.
    let Role::Lead(stuck) = place.in_flight.join(key(1), short, now) else {
        unreachable!("the slot is free")
    };
    let later = now.after(Duration::from_secs(1));
    let Role::Lead(next) = place.in_flight.join(key(1), later.after(SPAN), later) else {
        unreachable!("it is over")
    };
    assert_ne!(next.word.number, stuck.word.number);
}

#[test]
fn another_key_in_the_same_slot_asks_alone() {
    let place = Place::new();
    let [_, first] = key(0).words();
    let neighbour = (1..100_000)
        .map(key)
        .find(|key| {
            let [_, word] = key.words();
            super::place(word) == super::place(first)
        })
        .expect("one in 4096");
    let ticket = place.lead(key(0));
    assert!(matches!(place.join(neighbour), Role::Alone));
    ticket.finish(None);
    place.lead(neighbour).finish(None);
    let others: Vec<_> = (1..20).map(|number| place.lead(key(number))).collect();
    assert_eq!(others.len(), 19, "they do not know each other");
}

#[test]
fn of_lookups_that_start_at_the_same_instant_one_leads() {
    let place = Place::new();
    let arrived = AtomicUsize::new(0);
    // Not a `Barrier`, which releases the threads one after the other.
    let meet = |times: usize| {
        arrived.fetch_add(1, SeqCst);
        while arrived.load(SeqCst) < 2 * times {
            thread::yield_now();
        }
    };
    let keys: Vec<_> = (0..2000).map(key).collect();
    let tickets = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for (number, key) in keys.iter().enumerate() {
                    meet(2 * number + 1);
                    let role = place.join(*key);
                    meet(2 * number + 2);
                    match role {
                        Role::Lead(ticket) => {
                            tickets.fetch_add(1, SeqCst);
                            ticket.finish(None);
                        }
                        Role::Follow(_) => {}
                        Role::Alone => unreachable!("one key"),
                    }
                }
            });
        }
    });
    assert_eq!(tickets.into_inner(), keys.len());
}
