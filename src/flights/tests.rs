// SPDX-License-Identifier: GPL-2.0-or-later

use std::thread;
use std::time::{Duration, Instant};

use super::{Flights, Landed, Role, Ticket};
use crate::cache::{Key, KeyMaker};
use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::config::tests::given;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::ffi::shared::Shared;
use crate::number::Number;

struct Place {
    flights: Shared<Flights>,
    clock: Clock,
}

impl Place {
    fn new() -> Self {
        Self {
            flights: Shared::new().expect("memory"),
            clock: Clock::starting(Instant::now()),
        }
    }

    fn join(&self, key: Key) -> Role<'_> {
        let now = self.clock.at(Instant::now());
        self.flights
            .join(key, now.after(Duration::from_secs(5)), now)
    }

    fn lead(&self, key: Key) -> Ticket<'_> {
        match self.join(key) {
            Role::Lead(ticket) => ticket,
            role => unreachable!("{role:?}"),
        }
    }

    /// Joins as a follower and waits.
    fn follow(&self, key: Key) -> Landed<'_> {
        match self.join(key) {
            Role::Follow(flight) => flight.wait(soon(), |now| self.clock.at(now)),
            role => unreachable!("{role:?}"),
        }
    }
}

fn key(number: &str) -> Key {
    let config = Config::new(&given()).expect("usable");
    let number = Number::new(number).expect("a global number");
    KeyMaker::new(b"secret", &config.api_url, &config.wishes).key(&number, "")
}

fn soon() -> Deadline {
    Deadline::after(Instant::now(), Duration::from_secs(5))
}

#[test]
fn one_leads_and_the_others_hear_of_its_answer() {
    let place = Place::new();
    let key = key("+14155550123");
    let ticket = place.lead(key);
    thread::scope(|scope| {
        let followers: Vec<_> = (0..8).map(|_| scope.spawn(|| place.follow(key))).collect();
        thread::sleep(Duration::from_millis(30));
        ticket.land(None);
        for follower in followers {
            assert!(matches!(
                follower.join().expect("no panic"),
                Landed::Answered
            ));
        }
    });
    // Whoever comes later starts anew.
    place.lead(key).land(None);
}

#[test]
fn after_a_failure_one_asks_again_and_after_two_all_give_up() {
    let place = Place::new();
    let key = key("+14155550123");
    let ticket = place.lead(key);
    thread::scope(|scope| {
        let followers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| match place.follow(key) {
                    Landed::YourTurn(ticket) => {
                        thread::sleep(Duration::from_millis(30));
                        ticket.land(Some(Failure::TimeoutResponse));
                        None
                    }
                    Landed::Failed(failure) => Some(failure),
                    landed => unreachable!("{landed:?}"),
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(30));
        ticket.land(Some(Failure::Reset));
        let outcomes: Vec<_> = followers
            .into_iter()
            .map(|follower| follower.join().expect("no panic"))
            .collect();
        assert_eq!(
            outcomes.iter().filter(|outcome| outcome.is_none()).count(),
            1,
            "one second leader"
        );
        assert!(
            outcomes
                .into_iter()
                .flatten()
                .all(|failure| failure == Failure::TimeoutResponse)
        );
    });
}

#[test]
fn a_leader_that_is_gone_is_replaced_by_one_of_the_others() {
    let place = Place::new();
    let key = key("+14155550123");
    let ticket = place.lead(key);
    // A process that has ended and has been waited for.
    let mut child = std::process::Command::new("true")
        .spawn()
        .expect("a process");
    child.wait().expect("its end");
    ticket.slot.set_leader(child.id());
    let Role::Lead(second) = place.join(key) else {
        unreachable!("the leader is gone");
    };
    // The old leader has no say any more.
    ticket.land(None);
    assert!(matches!(place.join(key), Role::Follow(_)));
    second.land(None);
}

#[test]
fn a_leader_beyond_its_deadline_is_no_leader() {
    let place = Place::new();
    let key = key("+14155550123");
    let start: Moment = place.clock.at(Instant::now());
    let Role::Lead(_ticket) = place
        .flights
        .join(key, start.after(Duration::from_secs(1)), start)
    else {
        unreachable!("nobody else is there");
    };
    let later = start.after(Duration::from_secs(2));
    assert!(matches!(
        place
            .flights
            .join(key, later.after(Duration::from_secs(1)), later),
        Role::Lead(_)
    ));
}

#[test]
fn a_follower_waits_no_longer_than_its_own_deadline() {
    let place = Place::new();
    let key = key("+14155550123");
    let _ticket = place.lead(key);
    let Role::Follow(flight) = place.join(key) else {
        unreachable!("somebody leads");
    };
    let deadline = Deadline::after(Instant::now(), Duration::from_millis(50));
    assert!(matches!(
        flight.wait(deadline, |now| place.clock.at(now)),
        Landed::TimedOut
    ));
}

#[test]
fn numbers_do_not_wait_for_each_other() {
    let place = Place::new();
    let _one = place.lead(key("+14155550123"));
    assert!(matches!(
        place.join(key("+14155550124")),
        Role::Lead(_) | Role::Alone
    ));
}

#[test]
fn a_ticket_that_is_dropped_is_a_failure() {
    let place = Place::new();
    let key = key("+14155550123");
    drop(place.lead(key));
    let second = place.lead(key);
    second.land(Some(Failure::Dns));
    // Both requests failed, and whoever comes now starts anew.
    place.lead(key).land(None);
}
