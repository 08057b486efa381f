// SPDX-License-Identifier: GPL-2.0-or-later

use std::time::{Duration, Instant};

use super::{Admission, Change, Endpoint, Permit};
use crate::clock::{Clock, Moment};
use crate::config::{BreakerLimits, Limits, RateLimit};
use crate::failure::Failure;
use crate::os::shared::Shared;

const LIMITS: Limits = Limits {
    breaker: BreakerLimits {
        window: Duration::from_secs(10),
        errors: 2,
        retry: Duration::from_secs(15),
    },
    rate: None,
    has_backup: false,
    secrets: 0,
};

fn at(seconds: u64) -> Moment {
    let now = Instant::now();
    Clock::starting(now)
        .at(now)
        .after(Duration::from_secs(seconds))
}

struct Server {
    admission: Shared<Admission>,
    limits: Limits,
}

impl Server {
    fn new(limits: Limits) -> Self {
        Self {
            admission: Shared::new().expect("memory"),
            limits,
        }
    }

    fn admit(&self, second: u64) -> Result<Permit, Failure> {
        self.admission.admit(&self.limits, at(second))
    }

    /// A request that is let through and ends like this.
    fn request(&self, second: u64, outcome: Result<(), Failure>) -> Vec<Change> {
        let permit = self.admit(second).expect("a permit");
        self.admission
            .record(&self.limits, permit, outcome, None, at(second))
    }
}

#[test]
fn a_refused_key_stops_all_requests_but_a_slow_trial() {
    for failure in [
        Failure::Http401,
        Failure::Http403,
        Failure::ClockSkew,
        Failure::Signature,
    ] {
        let server = Server::new(LIMITS);
        let trial = Duration::from_secs(300);
        assert_eq!(
            server.request(0, Err(failure)),
            [Change::KeyRefused { failure, trial }]
        );
        assert_eq!(server.admit(1), Err(Failure::BreakerOpen));
        assert_eq!(server.admit(299), Err(Failure::BreakerOpen));
        assert_eq!(server.request(300, Err(failure)), [], "told once");
        assert_eq!(server.request(600, Ok(())), [Change::KeyAccepted]);
        assert!(server.admit(600).is_ok() && server.admit(600).is_ok());
    }
}

#[test]
fn an_account_without_balance_stops_requests_until_a_trial_passes() {
    let server = Server::new(LIMITS);
    let trial = Duration::from_secs(60);
    assert_eq!(
        server.request(0, Err(Failure::Http402)),
        [Change::AccountRefused { trial }]
    );
    assert_eq!(server.admit(59), Err(Failure::BreakerOpen));
    assert_eq!(server.request(60, Ok(())), [Change::AccountAccepted]);
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
        let changes = server
            .admission
            .record(&LIMITS, permit, Err(Failure::Http429), asked, at(0));
        assert_eq!(
            changes,
            [Change::Throttled {
                span: Duration::from_secs(kept)
            }]
        );
        assert_eq!(server.admit(kept - 1), Err(Failure::RateLimited));
        assert_eq!(server.request(kept, Ok(())), [Change::ThrottleOver]);
    }
}

#[test]
fn every_failure_of_the_api_counts_and_none_of_the_request() {
    for failure in [
        Failure::TimeoutDns,
        Failure::TimeoutConnect,
        Failure::TimeoutTls,
        Failure::TimeoutResponse,
        Failure::Dns,
        Failure::Connect,
        Failure::Tls,
        Failure::Reset,
        Failure::Http404,
        Failure::Http5xx,
        Failure::HttpOther,
        Failure::TooLarge,
        Failure::Parse,
        Failure::Schema,
        Failure::ServerFailopen,
    ] {
        let server = Server::new(LIMITS);
        assert_eq!(server.request(0, Err(failure)), []);
        let retry = LIMITS.breaker.retry;
        let opened = Change::BreakerOpened {
            endpoint: Endpoint::Primary,
            failure,
            retry,
        };
        assert_eq!(server.request(1, Err(failure)), [opened]);
        assert_eq!(server.admit(2), Err(Failure::BreakerOpen));
        assert_eq!(
            server.request(16, Ok(())),
            [Change::BreakerClosed {
                endpoint: Endpoint::Primary
            }]
        );
    }
    for failure in [Failure::Http400, Failure::Http4xx] {
        let server = Server::new(LIMITS);
        assert!((0..20).all(|second| server.request(second, Err(failure)).is_empty()));
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
fn the_local_rate_limit_makes_no_request() {
    let server = Server::new(Limits {
        rate: RateLimit::new(6),
        ..LIMITS
    });
    assert!(server.admit(0).is_ok());
    assert_eq!(server.admit(0), Err(Failure::RateLimited));
    assert!(server.admit(10).is_ok());
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
        [Change::SecretSwitched]
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
    let record = |permit| {
        let refused = Err(Failure::Signature);
        server
            .admission
            .record(&server.limits, permit, refused, None, at(1))
    };
    let [one, other] = permits.map(record);
    assert_eq!((one, other), (vec![Change::SecretSwitched], vec![]));
    assert_eq!(server.admit(2).map(|permit| permit.secret), Ok(1));
}

#[test]
fn what_was_admitted_before_a_state_changed_says_nothing_about_it() {
    let server = Server::new(LIMITS);
    let early =
        [server.admit(0), server.admit(0), server.admit(0)].map(|permit| permit.expect("a permit"));
    let record = |permit, outcome, second| {
        server
            .admission
            .record(&LIMITS, permit, outcome, None, at(second))
    };
    assert_eq!(record(early[0], Err(Failure::Http429), 1).len(), 1);
    assert_eq!(record(early[1], Ok(()), 2), []);
    assert_eq!(server.admit(3), Err(Failure::RateLimited));
    server.admission.reloaded();
    assert_eq!(
        record(early[2], Err(Failure::Http401), 4),
        [],
        "the key has been replaced since"
    );
}

#[test]
fn a_trial_is_not_spent_on_a_request_that_the_rate_limit_forbids() {
    let server = Server::new(Limits {
        rate: RateLimit::new(1),
        ..LIMITS
    });
    let permit = server.admit(0).expect("a permit");
    server
        .admission
        .record(&server.limits, permit, Err(Failure::Http402), None, at(0));
    assert_eq!(server.admit(59), Err(Failure::BreakerOpen));
    // The account's trial is due, and so is the token.
    assert!(server.admit(60).is_ok());
}

#[test]
fn a_breaker_that_is_forced_closed_stays_closed() {
    let server = Server::new(LIMITS);
    server.admission.set_mode(super::Mode::Closed);
    assert!((0..10).all(|second| server.request(second, Err(Failure::Connect)).is_empty()));
    server.admission.set_mode(super::Mode::Open);
    assert_eq!(server.admit(11), Err(Failure::BreakerOpen));
}
