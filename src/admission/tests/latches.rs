// SPDX-License-Identifier: GPL-2.0-or-later
//! What the API says about key, account and pace stops requests, for as long as it is true.
use std::time::Duration;

use super::{LIMITS, PRIMARY, Server, at};
use crate::admission::{Admission, Change, Mode};
use crate::config::Limits;
use crate::failure::Failure;

#[test]
fn a_refused_key_stops_all_requests_but_slow_trials() {
    for failure in [
        Failure::Http401,
        Failure::Http403,
        Failure::ClockSkew,
        Failure::Signature,
    ] {
        let server = Server::new(LIMITS);
        let refused = Change::KeyRefused {
            endpoint: PRIMARY,
            failure,
            trial: Duration::from_secs(300),
        };
        assert_eq!(server.request(0, Err(failure)), [refused]);
        assert_eq!(server.admit(1), Err(Failure::BreakerOpen));
        assert_eq!(server.admit(299), Err(Failure::BreakerOpen));
        assert_eq!(server.request(300, Err(failure)), [], "logged once");
        assert_eq!(server.admit(599), Err(Failure::BreakerOpen));
        let accepted = Change::KeyAccepted { endpoint: PRIMARY };
        assert_eq!(server.request(600, Ok(())), [accepted]);
        assert!(server.admit(600).is_ok() && server.admit(600).is_ok());
    }
}

#[test]
fn a_trial_of_the_key_that_brings_no_answer_is_repeated_soon() {
    for inconclusive in [
        Failure::TimeoutResponse,
        Failure::Http5xx,
        Failure::Connect,
        Failure::Schema,
    ] {
        let server = Server::new(LIMITS);
        server.request(0, Err(Failure::Http401));
        let trials = (300..315).filter(|second| {
            let permit = server.admit(*second);
            permit.is_ok_and(|permit| {
                server.record(permit, *second, Err(inconclusive), None);
                // Only the key is of interest here.
                server.check(*second, Ok(()));
                true
            })
        });
        assert_eq!(trials.count(), 3, "{inconclusive:?}: several numbers");
        let permit = server.admit(317).expect("the next trial");
        server.record(permit, 317, Ok(()), None);
        assert!(server.admit(318).is_ok());
    }
}

#[test]
fn any_request_that_the_api_took_proves_the_key() {
    for taken in [
        Ok(()),
        Err(Failure::Http400),
        Err(Failure::Http404),
        Err(Failure::ServerFailopen),
    ] {
        let server = Server::new(LIMITS);
        server.request(0, Err(Failure::Http401));
        let accepted = Change::KeyAccepted { endpoint: PRIMARY };
        assert_eq!(server.request(300, taken), [accepted], "{taken:?}");
    }
}

#[test]
fn an_account_without_balance_stops_requests_until_a_trial_passes() {
    let server = Server::new(LIMITS);
    let refused = Change::AccountRefused {
        endpoint: PRIMARY,
        trial: Duration::from_secs(60),
    };
    assert_eq!(server.request(0, Err(Failure::Http402)), [refused]);
    assert_eq!(server.admit(59), Err(Failure::BreakerOpen));
    let accepted = Change::AccountAccepted { endpoint: PRIMARY };
    assert_eq!(server.request(60, Ok(())), [accepted]);
}

#[test]
fn the_apis_own_pause_is_kept() {
    for (asked, kept) in [
        (Some(7), 7),
        (None, 60),
        (Some(0), 1),
        (Some(1_000_000), 3600),
    ] {
        let server = Server::new(LIMITS);
        let permit = server.admit(0).expect("a permit");
        let asked = asked.map(Duration::from_secs);
        let throttled = Change::Throttled {
            endpoint: PRIMARY,
            span: Duration::from_secs(kept),
        };
        assert_eq!(
            server.record(permit, 0, Err(Failure::Http429), asked),
            [throttled]
        );
        assert_eq!(server.admit(kept - 1), Err(Failure::RateLimited));
        let over = Change::ThrottleOver { endpoint: PRIMARY };
        assert_eq!(server.request(kept, Ok(())), [over]);
    }
}

#[test]
fn the_operator_opens_every_latch() {
    let commands: [fn(&Admission<'_>); 3] = [
        |admission| admission.set_mode(Mode::Auto),
        |admission| admission.set_mode(Mode::Closed),
        |admission| {
            admission.reloaded();
        },
    ];
    for refused in [
        Failure::Http401,
        Failure::Http402,
        Failure::Http403,
        Failure::Http429,
    ] {
        for command in commands {
            let server = Server::new(LIMITS);
            server.request(0, Err(refused));
            assert!(server.admit(1).is_err());
            command(&server.admission());
            assert!(server.admit(1).is_ok(), "{refused:?}");
        }
    }
}

#[test]
fn the_second_secret_is_tried_before_the_key_is_given_up() {
    let server = Server::new(Limits {
        secrets: 2,
        ..LIMITS
    });
    let secret = |second| server.admit(second).map(|permit| permit.secret);
    assert_eq!(secret(0), Ok(0));
    assert_eq!(
        server.request(0, Err(Failure::Signature)),
        [Change::SecretSwitched { endpoint: PRIMARY }]
    );
    assert_eq!(secret(1), Ok(1));
    assert_eq!(server.request(1, Ok(())), []);
    assert_eq!(secret(2), Ok(1));
    assert!(matches!(
        server.request(2, Err(Failure::Signature))[..],
        [Change::KeyRefused { .. }]
    ));
    assert_eq!(secret(3), Err(Failure::BreakerOpen));
    assert_eq!(secret(302), Ok(0));
}

#[test]
fn two_requests_that_were_signed_with_the_old_secret_switch_once() {
    let server = Server::new(Limits {
        secrets: 2,
        ..LIMITS
    });
    let permits = [server.admit(0), server.admit(0)].map(|permit| permit.expect("a permit"));
    let record = |permit| server.record(permit, 1, Err(Failure::Signature), None);
    let [one, other] = permits.map(record);
    let switched = Change::SecretSwitched { endpoint: PRIMARY };
    assert_eq!((one, other), (vec![switched], vec![]));
    assert_eq!(server.admit(2).map(|permit| permit.secret), Ok(1));
}

#[test]
fn what_was_admitted_before_a_latch_was_shut_says_nothing_about_it() {
    let server = Server::new(LIMITS);
    let early = [server.admit(0), server.admit(0)].map(|permit| permit.expect("a permit"));
    let changes = server.record(early[0], 1, Err(Failure::Http429), None);
    assert_eq!(changes.len(), 1);
    assert_eq!(server.record(early[1], 2, Ok(()), None), []);
    assert_eq!(server.admit(3), Err(Failure::RateLimited));
}

#[test]
fn a_key_that_was_replaced_meanwhile_says_nothing_about_the_new_one() {
    let server = Server::new(LIMITS);
    let old_key = server.admission().generation();
    server.admission().reloaded();
    // A worker that has not followed the reload yet.
    let permit = server.admission().admit(&LIMITS, old_key, at(4));
    let permit = permit.expect("a permit");
    for refused in [
        Failure::Http401,
        Failure::Signature,
        Failure::Http402,
        Failure::Http429,
    ] {
        assert_eq!(server.record(permit, 4, Err(refused), None), []);
    }
    assert!(server.admit(5).is_ok());
}
