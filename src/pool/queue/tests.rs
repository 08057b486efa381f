// SPDX-License-Identifier: GPL-2.0-or-later

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use super::{Collected, Job, Queue, Ticket, Wake};
use crate::answer::Answer;
use crate::call_record::tests::record;
use crate::called::Called;
use crate::config::{ProfileId, Timeout};
use crate::counters::Counters;
use crate::decision::{Advice, SipReply, Source, Treatment};
use crate::failure::Failure;
use crate::identity::{Caller, NumberFrom, Verification};
use crate::number::Number;
use crate::policy::{Disclosure, LookupOutcome, Settled};
use crate::pool::nanoseconds;
use crate::question::IdempotencyKey;
use crate::text::Text;
use crate::worker::{Asked, Known, PendingLookup};

const NOW: Duration = Duration::ZERO;
const DONE: LookupOutcome = LookupOutcome::Failed(Failure::Dns);

fn lookup(digits: u64) -> PendingLookup {
    let number =
        Number::new(format!("+1415555{digits:04}").as_bytes(), None).expect("a global number");
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
        timeout: Timeout::new(400).expect("in range"),
        called: None,
        dialled: None,
        key: IdempotencyKey::new(b"1@example.com", b"a", &number),
        known: Known::Nothing,
        counters: Counters::default(),
    }
}

fn blocked() -> Answer {
    Answer {
        treatment: Treatment::Block,
        reply: SipReply::standard(603),
        reason: Text::default(),
        advice: Advice::default(),
    }
}

fn queue(slots: usize) -> Queue {
    Queue::new(slots, 3).expect("memory")
}

fn ask(queue: &Queue, digits: u64) -> Ticket {
    let ticket = queue.reserve(&lookup(digits), digits).expect("a place");
    assert!(queue.submit(ticket, Wake::Poll(digits)));
    ticket
}

fn answer(queue: &Queue, job: &Job) {
    queue.answer(job, &DONE, Counters::default());
}

#[test]
fn a_question_is_taken_answered_delivered_and_collected_once() {
    let queue = queue(2);
    let ticket = queue.reserve(&lookup(100), 5).expect("a place");
    assert!(queue.take(0, NOW).is_none(), "it is not handed over yet");
    assert!(queue.submit(ticket, Wake::Poll(7)));
    assert!(!queue.submit(ticket, Wake::Poll(8)), "only once");
    let job = queue.take(0, NOW).expect("a question");
    assert_eq!((job.lookup, job.started), (lookup(100), 5));
    assert!(queue.take(0, NOW).is_none(), "only once");
    assert_eq!(
        (queue.next(), queue.collect(ticket)),
        (None, Collected::Pending)
    );
    answer(&queue, &job);
    assert_eq!((queue.next(), queue.next()), (Some(7), None));
    let done = Collected::Done(lookup(100).asked, DONE, Counters::default());
    assert_eq!(queue.collect(ticket), done);
    assert_eq!(queue.collect(ticket), Collected::Gone);
}

#[test]
fn the_oldest_is_served_first_and_a_full_queue_takes_no_more() {
    let queue = queue(3);
    for round in 0..5 {
        let tickets = [1, 2, 3].map(|n| ask(&queue, round * 3 + n));
        assert!(queue.reserve(&lookup(99), 0).is_none());
        let jobs = [1, 2, 3].map(|n| {
            let job = queue.take(0, NOW).expect("a question");
            assert_eq!(job.lookup, lookup(round * 3 + n));
            job
        });
        for job in &jobs {
            answer(&queue, job);
        }
        assert_eq!(
            [1, 2, 3].map(|_| queue.next()),
            [1, 2, 3].map(|n| Some(round * 3 + n))
        );
        for ticket in tickets {
            assert!(matches!(queue.collect(ticket), Collected::Done(..)));
        }
    }
}

#[test]
fn late_questions_are_answered_and_a_late_thread_changes_nothing() {
    let queue = queue(2);
    let (queued, taken) = (ask(&queue, 1), ask(&queue, 2));
    let first = queue.take(0, NOW).expect("a question");
    assert_eq!(first.lookup, lookup(1));
    let over = |began: u64| began + nanoseconds(lookup(1).timeout.span());
    assert_eq!(queue.expire(over(1)), Some(over(1)));
    assert_eq!(queue.next(), None, "nothing is late");
    assert_eq!(queue.expire(over(2)), Some(over(2)));
    assert_eq!(queue.expire(over(3)), None);
    for (ticket, failure) in [
        (queued, Failure::TimeoutResponse),
        (taken, Failure::TimeoutQueue),
    ] {
        let Collected::Done(_, outcome, _) = queue.collect(ticket) else {
            unreachable!("it is late");
        };
        assert_eq!(outcome, LookupOutcome::Failed(failure));
    }
    // The slots have been reused by now.
    let next = [3, 4].map(|n| ask(&queue, n));
    answer(&queue, &first);
    assert_eq!(
        next.map(|ticket| queue.collect(ticket)),
        [Collected::Pending; 2]
    );
    assert!(queue.take(0, NOW).is_some() && queue.take(0, NOW).is_some());
}

#[test]
fn what_a_dead_process_had_taken_is_answered_and_the_rest_waits_for_the_next_process() {
    let queue = queue(3);
    let taken = ask(&queue, 1);
    let abandoned = ask(&queue, 2);
    let queued = ask(&queue, 3);
    for _ in 0..2 {
        queue.take(0, NOW).expect("a question");
    }
    assert_eq!(
        queue.abandon(abandoned).map(|(lookup, _)| lookup),
        Some(lookup(2))
    );
    queue.server_died();
    let lost = Collected::Done(
        lookup(1).asked,
        LookupOutcome::Failed(Failure::Internal),
        Counters::default(),
    );
    assert_eq!(queue.collect(taken), lost);
    assert_eq!(queue.collect(abandoned), Collected::Gone);
    assert_eq!(queue.collect(queued), Collected::Pending);
    // All slots but one are free again.
    ask(&queue, 4);
    ask(&queue, 5);
    assert!(queue.reserve(&lookup(6), 0).is_none());
}

#[test]
fn what_is_settled_stands_when_a_process_dies() {
    let queue = queue(1);
    let settled = Settled {
        answer: blocked(),
        source: Source::List,
        discloses: Disclosure::Source,
    };
    let lookup = PendingLookup {
        known: Known::Settled(settled),
        ..lookup(1)
    };
    let ticket = queue.reserve(&lookup, 1).expect("a place");
    assert!(queue.submit(ticket, Wake::Poll(1)));
    queue.take(0, NOW).expect("a question");
    queue.server_died();
    let stands = LookupOutcome::Settled(settled);
    let done = Collected::Done(lookup.asked, stands, Counters::default());
    assert_eq!(queue.collect(ticket), done);
}

#[test]
fn the_slot_of_a_question_that_is_given_up_is_free_again() {
    let queue = queue(1);
    let reserved = queue.reserve(&lookup(1), 0).expect("a place");
    assert_eq!(
        queue.abandon(reserved).map(|(lookup, _)| lookup),
        Some(lookup(1))
    );
    let queued = ask(&queue, 2);
    assert_eq!(
        queue.abandon(queued).map(|(lookup, _)| lookup),
        Some(lookup(2))
    );
    assert!(queue.take(0, NOW).is_none());
    let taken = ask(&queue, 3);
    let job = queue.take(0, NOW).expect("a question");
    assert_eq!(
        queue.abandon(taken).map(|(lookup, _)| lookup),
        Some(lookup(3))
    );
    assert_eq!(queue.abandon(taken), None);
    assert!(
        queue.reserve(&lookup(4), 0).is_none(),
        "it is looked up still"
    );
    answer(&queue, &job);
    let answered = ask(&queue, 5);
    answer(&queue, &queue.take(0, NOW).expect("a question"));
    assert_eq!(queue.abandon(answered), None, "it is to be collected");
    assert!(matches!(queue.collect(answered), Collected::Done(..)));
}

#[test]
fn a_ticket_survives_its_way_through_c() {
    let queue = queue(3);
    for _ in 0..4 {
        let ticket = ask(&queue, 1);
        assert_eq!(Ticket::from_word(ticket.to_word()), ticket);
        queue.abandon(ticket);
    }
    assert_eq!(queue.collect(Ticket::from_word(u64::MAX)), Collected::Gone);
}

#[test]
fn many_callers_and_many_threads_lose_and_double_nothing() {
    const EACH: usize = 2_000;
    const CALLERS: usize = 4;
    let queue = queue(16);
    let (answered, collected) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..3 {
            let (queue, answered, collected) = (&queue, &answered, &collected);
            scope.spawn(move || {
                while collected.load(SeqCst) < EACH * CALLERS {
                    if let Some(job) = queue.take(thread, Duration::from_secs(5)) {
                        answered.fetch_add(1, SeqCst);
                        answer(queue, &job);
                    }
                }
            });
        }
        for _ in 0..CALLERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let ticket = loop {
                        match queue.reserve(&lookup(1), 0) {
                            Some(ticket) => break ticket,
                            None => thread::yield_now(),
                        }
                    };
                    assert!(queue.submit(ticket, Wake::Poll(0)));
                    while queue.collect(ticket) == Collected::Pending {
                        let seen = queue.sequence();
                        if queue.started(ticket).is_some() {
                            queue.wait(seen, Duration::from_millis(1));
                        }
                    }
                    collected.fetch_add(1, SeqCst);
                }
            });
        }
        while collected.load(SeqCst) < EACH * CALLERS {
            thread::yield_now();
        }
        // Threads without work sleep.
        while queue.has_idle() {
            queue.threads.wake_one();
        }
    });
    assert_eq!(answered.load(SeqCst), EACH * CALLERS);
}

#[test]
fn a_death_between_a_step_and_its_count_changes_nothing() {
    let queue = queue(2);
    // Taken, and not counted: the other threads sleep nevertheless.
    ask(&queue, 1);
    queue
        .slots
        .find(
            &queue.cursors.taken,
            super::Phase::Queued,
            super::Phase::Taken,
        )
        .expect("queued");
    let (start, span) = (Instant::now(), Duration::from_millis(20));
    assert!(queue.take(0, span).is_none() && start.elapsed() >= span);
    queue.server_died();
    assert_eq!(queue.next(), Some(1));
    // Answered, and not counted: it is delivered when the death is known.
    ask(&queue, 2);
    let job = queue.take(0, NOW).expect("a question");
    answer(&queue, &job);
    queue.progress.delivered();
    assert_eq!(queue.next(), None);
    queue.server_died();
    assert_eq!((queue.next(), queue.next()), (Some(2), None));
}
