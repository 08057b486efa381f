// SPDX-License-Identifier: GPL-2.0-or-later

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::{Candidate, Overload};
use crate::config::Timeout;
use crate::pool::nanoseconds;

const MS: u64 = 1_000_000;

fn timeout() -> Timeout {
    Timeout::new(400).expect("in range")
}

fn waited(milliseconds: u64, more: bool, fastest: Option<u64>) -> Candidate {
    Candidate {
        waited: Duration::from_millis(milliseconds),
        more,
        fastest: fastest.map(Duration::from_millis),
    }
}

#[test]
fn a_call_without_a_chance_is_not_asked_about() {
    let overload = Overload::default();
    for (call, asked) in [
        (waited(0, false, None), true),
        (waited(349, false, None), true),
        (waited(350, false, None), false),
        (waited(60, false, Some(300)), true),
        (waited(63, false, Some(300)), false),
        (waited(500, false, None), false),
        // A call that has just come is asked about whatever the estimate says.
        (waited(50, false, Some(399)), true),
        (waited(51, false, Some(399)), false),
    ] {
        assert_eq!(overload.admits(call, timeout(), 0), asked, "{call:?}");
    }
}

#[test]
fn a_burst_is_served_and_a_lasting_queue_gives_way_to_younger_calls() {
    let overload = Overload::default();
    let old = waited(200, true, None);
    assert!(overload.admits(old, timeout(), 1000 * MS));
    assert!(overload.admits(old, timeout(), 1400 * MS), "a burst");
    assert!(!overload.admits(old, timeout(), 1401 * MS));
    assert!(overload.admits(waited(50, true, None), timeout(), 1402 * MS));
    // The queue has been empty: what follows is another burst.
    overload.note_empty();
    assert!(overload.admits(old, timeout(), 9000 * MS));
    assert!(overload.admits(waited(200, false, None), timeout(), 9500 * MS));
    assert!(
        overload.admits(old, timeout(), 9501 * MS),
        "it was the last one"
    );
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What became of the calls of a simulated minute.
#[derive(Debug, Default)]
struct Minute {
    answered: u64,
    /// Requests that were made, paid for, and answered too late.
    wasted: u64,
    calls: u64,
}

/// Serves calls with 64 threads and a timeout of 400 ms; an answer takes between `fastest` and `slowest` milliseconds.
fn simulate(
    calls_a_second: u64,
    [fastest, slowest]: [u64; 2],
    mut admits: impl FnMut(Candidate, u64) -> bool,
) -> Minute {
    let (mut random, mut minute) = (Random(1), Minute::default());
    let mut queue = VecDeque::new();
    // When each thread is free.
    let mut threads: BinaryHeap<_> = (0..64).map(|_| Reverse(0)).collect();
    let end = 60_000 * MS;
    let (mut next_call, limit) = (0, nanoseconds(timeout().span()));
    while let Some(Reverse(free)) = threads.pop() {
        // All calls that have come by then; without one, the thread waits for the next.
        while next_call <= free || queue.is_empty() {
            queue.push_back(next_call);
            minute.calls += 1;
            next_call += random.below(2_000_000_000 / calls_a_second);
        }
        let Some(came) = queue.pop_front() else { break };
        let now = free.max(came);
        if now > end {
            break;
        }
        let call = Candidate {
            waited: Duration::from_nanos(now - came),
            more: !queue.is_empty(),
            fastest: Some(Duration::from_millis(fastest)),
        };
        if !admits(call, now) {
            threads.push(Reverse(now));
            continue;
        }
        let done = now + fastest * MS + random.below((slowest - fastest) * MS + 1);
        if done <= came + limit {
            minute.answered += 1;
        } else {
            minute.wasted += 1;
        }
        // A lookup ends at its deadline.
        threads.push(Reverse(done.min(came + limit)));
    }
    minute
}

#[test]
fn under_overload_the_threads_work_on_calls_that_can_still_succeed() {
    // Two and four times the calls that 64 threads can serve, with an even and with an uneven API.
    for (calls_a_second, answer_ms) in [(430, [300, 305]), (860, [300, 305]), (650, [100, 350])] {
        let overload = Overload::default();
        let ours = simulate(calls_a_second, answer_ms, |call, now| {
            if !call.more {
                overload.note_empty();
            }
            overload.admits(call, timeout(), now)
        });
        let oldest_first = simulate(calls_a_second, answer_ms, |call, _| {
            call.waited + timeout().least() < timeout().span()
        });
        let middle = u64::midpoint(answer_ms[0], answer_ms[1]);
        let capacity = 60 * 64 * 1000 / middle;
        let case = format!("{calls_a_second} {answer_ms:?} {ours:?} {oldest_first:?} {capacity}");
        assert!(ours.answered * 100 >= capacity * 93, "{case}");
        assert!(ours.wasted * 20 <= ours.answered, "{case}");
        assert!(oldest_first.answered * 10 < ours.answered * 9, "{case}");
    }
}

#[test]
fn without_overload_every_call_is_asked_about() {
    let overload = Overload::default();
    let minute = simulate(190, [290, 300], |call, now| {
        overload.admits(call, timeout(), now)
    });
    assert!(minute.answered + 64 >= minute.calls, "{minute:?}");
}
