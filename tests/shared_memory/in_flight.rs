// SPDX-License-Identifier: GPL-2.0-or-later
//! Single flight between processes: one request for one key, also if the process that makes it dies.

use std::io::{self, Read, Write};
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::cache::Key;
use numbers_online::clock::Clock;
use numbers_online::deadline::Deadline;
use numbers_online::failure::Failure;
use numbers_online::in_flight::{InFlight, Role, Waited};

use crate::child::{Child, report};
use crate::{Keys, LONG};

#[test]
fn of_eight_workers_with_one_caller_one_asks_in_each_of_many_rounds() {
    const WORKERS: u64 = 8;
    const ROUNDS: u64 = 1000;
    let table = Table::new();
    let keys = Keys::new();
    let [ready, joined, leaders, heard, alone] = counters();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            Child::new(|_| {
                for round in 1..=ROUNDS {
                    let key = keys.nth(round);
                    // All spin here, so that they join at the same moment.
                    ready.fetch_add(1, SeqCst);
                    reach(ready, round * WORKERS);
                    let role = table.join_for(key);
                    joined.fetch_add(1, SeqCst);
                    let counter = match role {
                        Role::Lead(ticket) => {
                            reach(joined, round * WORKERS);
                            ticket.finish(None);
                            leaders
                        }
                        Role::Follow(follower) => {
                            match follower.wait(soon(), |now| table.clock.at(now)) {
                                Waited::Answered => heard,
                                other => unreachable!("{other:?}"),
                            }
                        }
                        Role::Alone => alone,
                    };
                    counter.fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.end();
    }
    let counted = [leaders, heard, alone].map(|counter| counter.load(SeqCst));
    assert_eq!(counted, [ROUNDS, ROUNDS * (WORKERS - 1), 0]);
}

#[test]
fn of_eight_workers_with_one_caller_one_asks() {
    let table = Table::new();
    let workers = table.workers(|role| match role {
        Role::Lead(ticket) => {
            ticket.finish(None);
            b'L'
        }
        Role::Follow(follower) => match follower.wait(soon(), |now| table.clock.at(now)) {
            Waited::Answered => b'A',
            other => unreachable!("{other:?}"),
        },
        Role::Alone => b'!',
    });
    assert_eq!(outcomes(workers), "AAAAAAAL");
    assert!(matches!(table.join(), Role::Lead(_)), "the place is free");
}

#[test]
fn when_the_leader_fails_exactly_one_asks_again() {
    let table = Table::new();
    let workers = table.workers(|role| match role {
        Role::Lead(ticket) => {
            ticket.finish(Some(Failure::Http5xx));
            b'L'
        }
        Role::Follow(follower) => match follower.wait(soon(), |now| table.clock.at(now)) {
            Waited::YourTurn(ticket) => {
                ticket.finish(Some(Failure::Reset));
                b'S'
            }
            Waited::Failed(Failure::Reset) => b'F',
            other => unreachable!("{other:?}"),
        },
        Role::Alone => b'!',
    });
    assert_eq!(outcomes(workers), "FFFFFFLS");
}

#[test]
fn when_the_leader_is_killed_a_follower_leads() {
    let table = Table::new();
    let leader = Child::new(|pipe| {
        let role = table.join();
        assert!(matches!(role, Role::Lead(_)));
        report(pipe, b'L');
        thread::sleep(LONG);
    });
    leader.expect(b'L');
    let workers = table.workers(|role| {
        let Role::Follow(follower) = role else {
            unreachable!("it lives")
        };
        match follower.wait(soon(), |now| table.clock.at(now)) {
            Waited::YourTurn(ticket) => {
                ticket.finish(None);
                b'L'
            }
            Waited::Answered => b'A',
            other => unreachable!("{other:?}"),
        }
    });
    leader.kill();
    assert_eq!(outcomes(workers), "AAAAAAAL");
}

#[test]
fn a_worker_waits_no_longer_than_its_own_deadline() {
    let table = Table::new();
    let Role::Lead(_ticket) = table.join() else {
        unreachable!("no lookup leads")
    };
    let child = Child::new(|_| {
        let Role::Follow(follower) = table.join() else {
            unreachable!("another lookup leads")
        };
        let deadline = Deadline::after(Instant::now(), Duration::from_millis(100));
        let waited = follower.wait(deadline, |now| table.clock.at(now));
        assert!(matches!(waited, Waited::TimedOut));
        assert!(deadline.is_over(Instant::now()));
    });
    child.end();
}

/// The requests in flight, and a key that all workers have.
struct Table {
    in_flight: Box<dyn Deref<Target = InFlight>>,
    clock: Clock,
    key: Key,
}

impl Table {
    fn new() -> Self {
        Self {
            in_flight: Box::new(InFlight::new().expect("memory")),
            clock: Clock::starting(Instant::now()),
            key: Keys::new().nth(0),
        }
    }

    fn join(&self) -> Role<'_> {
        self.join_for(self.key)
    }

    fn join_for(&self, key: Key) -> Role<'_> {
        let now = self.clock.at(Instant::now());
        self.in_flight.join(key, now.after(LONG), now)
    }

    /// Eight processes that join at the same time. The leader waits until all have joined; `body` returns what a process reports.
    fn workers(&self, body: impl Fn(Role<'_>) -> u8) -> Vec<Child> {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                Child::new(|pipe| {
                    let mut go = [0];
                    pipe.read_exact(&mut go).expect("the parent lives");
                    let role = self.join();
                    report(pipe, b'J');
                    if matches!(role, Role::Lead(_)) {
                        pipe.read_exact(&mut go).expect("the parent lives");
                    }
                    report(pipe, body(role));
                })
            })
            .collect();
        for worker in &workers {
            report(&mut &worker.pipe, b'G');
        }
        for worker in &workers {
            worker.expect(b'J');
        }
        for worker in &workers {
            // Followers may have ended already.
            let _ = (&worker.pipe).write_all(b"G");
        }
        workers
    }
}

/// Counters that all processes share, for as long as the test program runs.
fn counters() -> &'static [AtomicU64; 5] {
    let place = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size_of::<[AtomicU64; 5]>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(place, libc::MAP_FAILED, "{}", io::Error::last_os_error());
    unsafe { &*place.cast() }
}

/// Spins until a counter has reached a value.
fn reach(counter: &AtomicU64, count: u64) {
    let end = Instant::now() + LONG;
    while counter.load(SeqCst) < count {
        assert!(Instant::now() < end, "a process is missing");
        thread::yield_now();
    }
}

fn soon() -> Deadline {
    Deadline::after(Instant::now(), LONG)
}

/// What each of them reported, in alphabetical order.
fn outcomes(workers: Vec<Child>) -> String {
    let mut reported: Vec<_> = workers
        .into_iter()
        .map(|worker| {
            let report = worker.next_report();
            worker.end();
            char::from(report)
        })
        .collect();
    reported.sort_unstable();
    reported.into_iter().collect()
}
