// SPDX-License-Identifier: GPL-2.0-or-later
//! When the breaker opens and closes, and for which endpoint.
use super::{LIMITS, PRIMARY, Server, at, opened};
use crate::admission::{Change, Endpoint, Mode};
use crate::cause::Cause;
use crate::config::Limits;
use crate::evidence::Evidence;
use crate::failure::Failure;

#[test]
fn an_api_that_cannot_be_reached_opens_the_breaker() {
    for failure in [
        Failure::TimeoutDns,
        Failure::TimeoutConnect,
        Failure::TimeoutTls,
        Failure::Dns,
        Failure::Connect,
        Failure::Tls,
    ] {
        let server = Server::new(LIMITS);
        assert_eq!(server.request(0, Err(failure)), []);
        assert_eq!(server.request(1, Err(failure)), [opened(PRIMARY, failure)]);
        assert_eq!(server.admit(2), Err(Failure::BreakerOpen));
        let permit = server.admit(16).expect("a trial");
        assert!(permit.check, "of the API's health");
        let closed = Change::BreakerClosed { endpoint: PRIMARY };
        assert_eq!(server.check(16, Ok(())), Some(closed));
        assert!(!server.admit(17).expect("closed").check);
    }
}

#[test]
fn what_a_number_may_cause_makes_a_check_due_which_decides() {
    for failure in [
        Failure::TimeoutResponse,
        Failure::Reset,
        Failure::Http5xx,
        Failure::HttpOther,
        Failure::TooLarge,
        Failure::Parse,
    ] {
        let server = Server::new(LIMITS);
        assert_eq!(server.request(0, Err(failure)), []);
        assert_eq!(server.request(1, Err(failure)), []);
        assert!(server.admit(2).expect("closed").check);
        assert!(!server.admit(2).expect("closed").check, "one is enough");
        assert_eq!(server.check(2, Ok(())), None);
        server.request(3, Err(failure));
        server.request(4, Err(failure));
        assert!(server.admit(5).expect("closed").check);
        let change = server.check(5, Err(Failure::Http5xx));
        assert_eq!(change, Some(opened(PRIMARY, Failure::Http5xx)));
        assert_eq!(server.admit(6), Err(Failure::BreakerOpen));
    }
}

#[test]
fn a_word_of_the_api_about_one_number_is_a_sign_of_life() {
    for failure in [
        Failure::Http400,
        Failure::Http404,
        Failure::Http4xx,
        Failure::Schema,
        Failure::ServerFailopen,
    ] {
        let server = Server::new(LIMITS);
        for second in 0..20 {
            assert_eq!(server.request(second, Err(failure)), [], "{failure:?}");
            assert!(!server.admit(second).expect("closed").check);
        }
    }
}

#[test]
fn a_page_of_an_intermediary_closes_no_latch() {
    let server = Server::new(LIMITS);
    let permit = server.admit(0).expect("a permit");
    let failure = Failure::Http4xx;
    let evidence = Evidence::of(failure, Some(Cause::HttpIntermediary), None);
    let changes = server
        .admission()
        .record(&LIMITS, permit, Err(failure), evidence, 1, at(0));
    assert_eq!(changes, []);
    assert!(server.admit(0).is_ok());
}

#[test]
fn a_lack_of_our_own_counts_for_nothing() {
    let server = Server::new(LIMITS);
    for failure in [Failure::Shed, Failure::Internal, Failure::TimeoutQueue] {
        for second in 0..20 {
            assert_eq!(server.request(second, Err(failure)), []);
            assert!(!server.admit(second).expect("closed").check);
        }
    }
}

#[test]
fn the_backup_is_asked_while_the_first_is_out() {
    let server = Server::new(Limits {
        has_backup: true,
        ..LIMITS
    });
    server.request(0, Err(Failure::Connect));
    server.request(0, Err(Failure::Connect));
    let asked = |second| server.admit(second).map(|permit| permit.endpoint);
    assert_eq!(asked(1), Ok(Endpoint::Backup));
    assert_eq!(server.request(1, Err(Failure::Connect)), []);
    assert_eq!(server.request(1, Err(Failure::Connect)).len(), 1);
    assert_eq!(asked(2), Err(Failure::BreakerOpen));
    assert_eq!(asked(15), Ok(Endpoint::Primary), "its trial");
    assert_eq!(asked(16), Ok(Endpoint::Backup), "its trial");
    assert_eq!(asked(16), Err(Failure::BreakerOpen));
}

#[test]
fn what_the_backup_says_is_about_the_backup() {
    for said in [Failure::Http401, Failure::Http402, Failure::Http429] {
        let server = Server::new(Limits {
            has_backup: true,
            ..LIMITS
        });
        server.request(0, Err(Failure::Connect));
        server.request(0, Err(Failure::Connect));
        assert_eq!(server.request(1, Err(said)).len(), 1);
        assert!(server.admit(2).is_err());
        let permit = server.admit(15).expect("the first is tried again");
        assert_eq!((permit.endpoint, permit.check), (PRIMARY, true));
        server.check(15, Ok(()));
        server.record(permit, 15, Ok(()), None);
        assert_eq!(
            server.admit(16).map(|permit| permit.endpoint),
            Ok(PRIMARY),
            "{said:?}"
        );
    }
}

#[test]
fn a_check_that_fails_for_a_lack_of_our_own_opens_nothing() {
    let server = Server::new(LIMITS);
    for (second, lack) in [(0, Failure::Shed), (10, Failure::Internal)] {
        server.request(second, Err(Failure::Http5xx));
        server.request(second, Err(Failure::Http5xx));
        assert!(server.admit(second + 1).expect("closed").check);
        assert_eq!(server.check(second + 1, Err(lack)), None);
        assert!(server.admit(second + 2).expect("closed").check, "once more");
        assert_eq!(server.check(second + 2, Ok(())), None);
    }
}

#[test]
fn a_breaker_that_is_forced_closed_stays_closed_whatever_comes() {
    let server = Server::new(LIMITS);
    server.admission().set_mode(Mode::Closed);
    for failure in [Failure::Connect, Failure::Http401, Failure::Http429] {
        assert!((0..10).all(|second| server.request(second, Err(failure)).is_empty()));
    }
    server.admission().set_mode(Mode::Open);
    assert_eq!(server.admit(11), Err(Failure::BreakerOpen));
}
