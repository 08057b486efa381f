// SPDX-License-Identifier: GPL-2.0-or-later

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use super::{Collected, Desk, Job, Ticket, Wake};
use crate::failure::Failure;
use crate::number::Number;
use crate::policy::Finding;
use crate::question::IdempotencyKey;
use crate::tally::Tally;
use crate::worker::Inquiry;

const NOW: Duration = Duration::ZERO;
const DONE: Finding = Finding::Failed(Failure::Dns);

fn inquiry(digits: u64) -> Inquiry {
    let number = Number::new(&format!("+1415555{digits:04}")).expect("a global number");
    Inquiry {
        number,
        key: IdempotencyKey::new(b"1@example.com", b"a", &number),
        earlier: None,
        tally: Tally::default(),
    }
}

fn desk(places: usize) -> Desk {
    Desk::new(places, 3).expect("memory")
}

fn ask(desk: &Desk, digits: u64) -> Ticket {
    let ticket = desk.reserve(&inquiry(digits), digits).expect("a place");
    assert!(desk.submit(ticket, Wake::Bell(digits)));
    ticket
}

fn answer(desk: &Desk, job: &Job) {
    desk.answer(job, &DONE, Tally::default());
}

#[test]
fn a_question_is_taken_answered_told_and_collected_once() {
    let desk = desk(2);
    let ticket = desk.reserve(&inquiry(100), 5).expect("a place");
    assert!(desk.take(0, NOW).is_none(), "it is not handed over yet");
    assert!(desk.submit(ticket, Wake::Bell(7)));
    assert!(!desk.submit(ticket, Wake::Bell(8)), "only once");
    let job = desk.take(0, NOW).expect("a question");
    assert_eq!((job.inquiry, job.started), (inquiry(100), 5));
    assert!(desk.take(0, NOW).is_none(), "only once");
    assert_eq!(
        (desk.next(), desk.collect(ticket)),
        (None, Collected::Pending)
    );
    answer(&desk, &job);
    assert_eq!((desk.next(), desk.next()), (Some(7), None));
    let done = Collected::Done(inquiry(100).number, DONE, Tally::default());
    assert_eq!(desk.collect(ticket), done);
    assert_eq!(desk.collect(ticket), Collected::Gone);
}

#[test]
fn the_oldest_is_served_first_and_a_full_desk_takes_no_more() {
    let desk = desk(3);
    for round in 0..5 {
        let tickets = [1, 2, 3].map(|n| ask(&desk, round * 3 + n));
        assert!(desk.reserve(&inquiry(99), 0).is_none());
        let jobs = [1, 2, 3].map(|n| {
            let job = desk.take(0, NOW).expect("a question");
            assert_eq!(job.inquiry, inquiry(round * 3 + n));
            job
        });
        for job in &jobs {
            answer(&desk, job);
        }
        assert_eq!(
            [1, 2, 3].map(|_| desk.next()),
            [1, 2, 3].map(|n| Some(round * 3 + n))
        );
        for ticket in tickets {
            assert!(matches!(desk.collect(ticket), Collected::Done(..)));
        }
    }
}

#[test]
fn what_is_late_is_answered_and_whoever_was_late_spoils_nothing() {
    let desk = desk(2);
    let (queued, taken) = (ask(&desk, 1), ask(&desk, 2));
    let first = desk.take(0, NOW).expect("a question");
    assert_eq!(first.inquiry, inquiry(1));
    assert_eq!(desk.expire(1), Some(1));
    assert_eq!(desk.next(), None, "nothing is late");
    assert_eq!(desk.expire(2), Some(2));
    assert_eq!(desk.expire(3), None);
    for (ticket, failure) in [
        (queued, Failure::TimeoutResponse),
        (taken, Failure::TimeoutQueue),
    ] {
        let Collected::Done(_, finding, _) = desk.collect(ticket) else {
            unreachable!("it is late");
        };
        assert_eq!(finding, Finding::Failed(failure));
    }
    // The place has been given to somebody else by now.
    let next = [3, 4].map(|n| ask(&desk, n));
    answer(&desk, &first);
    assert_eq!(
        next.map(|ticket| desk.collect(ticket)),
        [Collected::Pending; 2]
    );
    assert!(desk.take(0, NOW).is_some() && desk.take(0, NOW).is_some());
}

#[test]
fn what_a_dead_process_had_taken_is_answered_and_the_queue_waits_for_the_next_one() {
    let desk = desk(3);
    let taken = ask(&desk, 1);
    let forsaken = ask(&desk, 2);
    let queued = ask(&desk, 3);
    for _ in 0..2 {
        desk.take(0, NOW).expect("a question");
    }
    assert_eq!(
        desk.forsake(forsaken).map(|(inquiry, _)| inquiry),
        Some(inquiry(2))
    );
    desk.lost();
    let lost = Collected::Done(
        inquiry(1).number,
        Finding::Failed(Failure::Internal),
        Tally::default(),
    );
    assert_eq!(desk.collect(taken), lost);
    assert_eq!(desk.collect(forsaken), Collected::Gone);
    assert_eq!(desk.collect(queued), Collected::Pending);
    // All places but one are free again.
    ask(&desk, 4);
    ask(&desk, 5);
    assert!(desk.reserve(&inquiry(6), 0).is_none());
}

#[test]
fn a_question_that_is_given_up_gives_its_place_back() {
    let desk = desk(1);
    let reserved = desk.reserve(&inquiry(1), 0).expect("a place");
    assert_eq!(
        desk.forsake(reserved).map(|(inquiry, _)| inquiry),
        Some(inquiry(1))
    );
    let queued = ask(&desk, 2);
    assert_eq!(
        desk.forsake(queued).map(|(inquiry, _)| inquiry),
        Some(inquiry(2))
    );
    assert!(desk.take(0, NOW).is_none());
    let taken = ask(&desk, 3);
    let job = desk.take(0, NOW).expect("a question");
    assert_eq!(
        desk.forsake(taken).map(|(inquiry, _)| inquiry),
        Some(inquiry(3))
    );
    assert_eq!(desk.forsake(taken), None);
    assert!(
        desk.reserve(&inquiry(4), 0).is_none(),
        "it is looked up still"
    );
    answer(&desk, &job);
    let answered = ask(&desk, 5);
    answer(&desk, &desk.take(0, NOW).expect("a question"));
    assert_eq!(desk.forsake(answered), None, "it is to be collected");
    assert!(matches!(desk.collect(answered), Collected::Done(..)));
}

#[test]
fn a_ticket_survives_c() {
    let desk = desk(3);
    for _ in 0..4 {
        let ticket = ask(&desk, 1);
        assert_eq!(Ticket::from_word(ticket.to_word()), ticket);
        desk.forsake(ticket);
    }
    assert_eq!(desk.collect(Ticket::from_word(u64::MAX)), Collected::Gone);
}

#[test]
fn many_askers_and_many_crews_lose_and_double_nothing() {
    const EACH: usize = 2_000;
    const ASKERS: usize = 4;
    let desk = desk(16);
    let (answered, collected) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..3 {
            let (desk, answered, collected) = (&desk, &answered, &collected);
            scope.spawn(move || {
                while collected.load(SeqCst) < EACH * ASKERS {
                    if let Some(job) = desk.take(thread, Duration::from_secs(5)) {
                        answered.fetch_add(1, SeqCst);
                        answer(desk, &job);
                    }
                }
            });
        }
        for _ in 0..ASKERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let ticket = loop {
                        match desk.reserve(&inquiry(1), 0) {
                            Some(ticket) => break ticket,
                            None => thread::yield_now(),
                        }
                    };
                    assert!(desk.submit(ticket, Wake::Bell(0)));
                    while desk.collect(ticket) == Collected::Pending {
                        let bell = desk.bell();
                        if desk.started(ticket).is_some() {
                            desk.listen(bell, Duration::from_millis(1));
                        }
                    }
                    collected.fetch_add(1, SeqCst);
                }
            });
        }
        while collected.load(SeqCst) < EACH * ASKERS {
            thread::yield_now();
        }
        // Those who found nothing more to do sleep.
        while desk.has_idle() {
            desk.crew.wake_one();
        }
    });
    assert_eq!(answered.load(SeqCst), EACH * ASKERS);
}

#[test]
fn whoever_dies_between_a_step_and_its_count_spoils_nothing() {
    let desk = desk(2);
    // Taken, and not counted: the others sleep all the same.
    ask(&desk, 1);
    desk.places
        .find(
            &desk.cursors.taken,
            super::Phase::Queued,
            super::Phase::Taken,
        )
        .expect("queued");
    let (start, span) = (Instant::now(), Duration::from_millis(20));
    assert!(desk.take(0, span).is_none() && start.elapsed() >= span);
    desk.lost();
    assert_eq!(desk.next(), Some(1));
    // Answered, and not counted: it is told when the death is known.
    ask(&desk, 2);
    let job = desk.take(0, NOW).expect("a question");
    answer(&desk, &job);
    desk.counts.heard();
    assert_eq!(desk.next(), None);
    desk.lost();
    assert_eq!((desk.next(), desk.next()), (Some(2), None));
}
