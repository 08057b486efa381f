// SPDX-License-Identifier: GPL-2.0-or-later

use std::time::{Duration, Instant};

use super::{Breaker, Error, Step};
use crate::clock::{Clock, Moment};
use crate::config::BreakerLimits;
use crate::os::shared::Shared;

const LIMITS: BreakerLimits = BreakerLimits {
    window: Duration::from_secs(10),
    errors: 3,
    retry: Duration::from_secs(15),
};

fn at(seconds: u64) -> Moment {
    let now = Instant::now();
    Clock::starting(now)
        .at(now)
        .after(Duration::from_secs(seconds))
}

fn breaker() -> Shared<Breaker> {
    Shared::new().expect("memory")
}

fn unreachable(breaker: &Breaker, second: u64) -> Step {
    breaker.failed(&LIMITS, Error::Unreachable, at(second))
}

#[test]
fn it_opens_at_the_last_error_of_a_window_and_closes_after_a_trial() {
    let breaker = breaker();
    let steps = [0, 1, 2, 2].map(|second| unreachable(&breaker, second));
    assert_eq!(
        steps,
        [Step::Counted, Step::Counted, Step::Opened, Step::Counted]
    );
    assert!(!breaker.pass(&LIMITS, at(16)));
    assert!(breaker.pass(&LIMITS, at(17)), "half-open");
    assert!(!breaker.pass(&LIMITS, at(17)), "for one worker");
    assert_eq!(
        breaker.is_unwell(&LIMITS, at(18)),
        Step::Counted,
        "the trial fails: it stays open"
    );
    assert!(!breaker.pass(&LIMITS, at(31)));
    assert!(breaker.pass(&LIMITS, at(32)));
    assert!(breaker.is_well());
    assert!(!breaker.is_well());
    assert!(breaker.pass(&LIMITS, at(33)) && breaker.pass(&LIMITS, at(33)));
    assert_eq!(unreachable(&breaker, 34), Step::Counted, "it counts anew");
}

#[test]
fn old_errors_and_errors_before_a_success_do_not_count() {
    let breaker = breaker();
    let counted = |second| unreachable(&breaker, second) == Step::Counted;
    assert!(counted(0) && counted(1));
    assert!(counted(11), "the window is over");
    assert!(counted(12));
    assert!(!breaker.succeeded(at(12)), "it was closed");
    assert!(counted(13) && counted(14));
    assert_eq!(unreachable(&breaker, 15), Step::Opened);
}

#[test]
fn errors_that_a_number_may_cause_make_a_check_due_and_nothing_else() {
    let breaker = breaker();
    let failed = |hash, second| breaker.failed(&LIMITS, Error::NoAnswer(hash), at(second));
    for second in 0..100 {
        let step = failed(second % 8, second);
        assert_ne!(step, Step::Opened, "{second}");
        if step == Step::CheckDue {
            assert!(breaker.take_check(at(second)));
            assert!(!breaker.take_check(at(second)), "one is enough");
            assert!(!breaker.is_well());
        }
    }
    assert!(breaker.pass(&LIMITS, at(100)));
    while failed(1, 100) != Step::CheckDue {}
    assert!(breaker.take_check(at(101)));
    assert_eq!(breaker.is_unwell(&LIMITS, at(101)), Step::Opened);
}

#[test]
fn errors_that_a_number_may_cause_do_not_add_to_those_that_none_may() {
    let breaker = breaker();
    let failed = |error| breaker.failed(&LIMITS, error, at(0));
    for hash in 0..2 {
        assert_eq!(failed(Error::NoAnswer(hash)), Step::Counted);
    }
    assert_eq!(failed(Error::Unreachable), Step::CheckDue);
    assert_eq!(failed(Error::NoAnswer(2)), Step::Counted);
    assert_eq!(failed(Error::Unreachable), Step::Counted);
    assert_eq!(failed(Error::Unreachable), Step::Opened, "the third");
}

#[test]
fn a_check_that_proves_nothing_is_made_again_soon() {
    let breaker = breaker();
    while breaker.failed(&LIMITS, Error::NoAnswer(1), at(0)) != Step::CheckDue {}
    assert!(breaker.take_check(at(0)));
    breaker.is_unproven(at(0));
    assert!(breaker.pass(&LIMITS, at(0)), "it stays closed");
    assert!(!breaker.take_check(at(0)) && breaker.take_check(at(1)));
    assert_eq!(breaker.is_unwell(&LIMITS, at(1)), Step::Opened);
    assert!(breaker.pass(&LIMITS, at(16)));
    breaker.is_unproven(at(16));
    assert!(!breaker.pass(&LIMITS, at(16)));
    assert!(breaker.pass(&LIMITS, at(17)), "the next trial");
}

#[test]
fn silence_about_many_numbers_opens_it_whatever_its_health() {
    let breaker = breaker();
    let steps = |numbers: std::ops::Range<u64>, second| {
        let failed = |hash| breaker.failed(&LIMITS, Error::NoAnswer(hash), at(second));
        numbers.map(failed).any(|step| step == Step::Opened)
    };
    assert!(!steps(0..60, 0), "not at once");
    assert!(!steps(0..60, 9));
    assert!(steps(0..60, 10));
    assert!(breaker.is_well());
    assert!(!steps(0..60, 25), "the silence begins anew");
    assert!(!steps(0..60, 30));
    assert!(steps(0..60, 35));
}

#[test]
fn errors_that_are_far_apart_are_no_silence() {
    let breaker = breaker();
    let failed = |hash, second| breaker.failed(&LIMITS, Error::NoAnswer(hash), at(second));
    for number in 0..64 {
        assert_eq!(failed(number, number * 10), Step::Counted);
    }
    let steps = [0, 1, 2].map(|hash| failed(hash, 641));
    assert_eq!(steps, [Step::Counted, Step::Counted, Step::CheckDue]);
}

#[test]
fn without_a_number_of_errors_it_never_opens() {
    let breaker = breaker();
    let off = BreakerLimits {
        errors: 0,
        ..LIMITS
    };
    let counted = |error| breaker.failed(&off, error, at(0)) == Step::Counted;
    assert!((0..100).all(|n| counted(Error::Unreachable) && counted(Error::NoAnswer(n))));
    assert!(breaker.pass(&off, at(0)) && !breaker.take_check(at(0)));
}

#[test]
fn a_doubtful_health_does_not_count_while_requests_are_answered() {
    let breaker = breaker();
    breaker.succeeded(at(0));
    assert_eq!(breaker.is_doubtful(&LIMITS, at(9)), Step::Counted);
    assert!(breaker.pass(&LIMITS, at(9)));
    breaker.succeeded(at(9));
    assert_eq!(breaker.is_doubtful(&LIMITS, at(18)), Step::Counted);
    assert_eq!(
        breaker.is_doubtful(&LIMITS, at(19)),
        Step::Opened,
        "nothing was answered for a window"
    );
}

#[test]
fn a_doubtful_health_counts_at_once_if_there_was_no_answer_or_a_good_health() {
    let unanswered = breaker();
    assert_eq!(unanswered.is_doubtful(&LIMITS, at(0)), Step::Opened);
    let breaker = breaker();
    breaker.succeeded(at(0));
    breaker.is_well();
    assert_eq!(breaker.is_doubtful(&LIMITS, at(1)), Step::Opened);
    // The trial's health is doubtful too, and its request is answered.
    breaker.does_not_reach();
    assert!(breaker.succeeded(at(16)));
    assert_eq!(breaker.is_doubtful(&LIMITS, at(17)), Step::Counted);
    breaker.is_well();
    breaker.reset();
    assert_eq!(
        breaker.is_doubtful(&LIMITS, at(18)),
        Step::Counted,
        "a reload forgets that a health was good"
    );
}

#[test]
fn one_check_is_made_before_any_other() {
    let breaker = breaker();
    assert!(breaker.take_first_check());
    assert!(!breaker.take_first_check());
}
