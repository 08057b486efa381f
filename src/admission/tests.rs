// SPDX-License-Identifier: GPL-2.0-or-later

use std::time::{Duration, Instant};

use super::{Account, Admission, Change, Control, Endpoint, Mode, Permit, Route};
use crate::cause::Cause;
use crate::clock::{Clock, Moment};
use crate::config::{BreakerLimits, Limits, RateLimit};
use crate::evidence::{Evidence, Health};
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

const PRIMARY: Endpoint = Endpoint::Primary;

fn at(seconds: u64) -> Moment {
    let now = Instant::now();
    Clock::starting(now)
        .at(now)
        .after(Duration::from_secs(seconds))
}

struct Server {
    control: Shared<Control>,
    account: Shared<Account>,
    route: Shared<Route>,
    limits: Limits,
}

impl Server {
    fn new(limits: Limits) -> Self {
        Self {
            control: Shared::new().expect("memory"),
            account: Shared::new().expect("memory"),
            route: Shared::new().expect("memory"),
            limits,
        }
    }

    fn admission(&self) -> Admission<'_> {
        Admission {
            control: &self.control,
            account: &self.account,
            route: &self.route,
        }
    }

    fn admit(&self, second: u64) -> Result<Permit, Failure> {
        let generation = self.admission().generation();
        self.admission().admit(&self.limits, generation, at(second))
    }

    /// What a request that was let through leads to.
    fn record(
        &self,
        permit: Permit,
        second: u64,
        outcome: Result<(), Failure>,
        wait: Option<Duration>,
    ) -> Vec<Change> {
        let evidence = evidence(outcome, wait);
        self.admission()
            .record(&self.limits, permit, outcome, evidence, second, at(second))
    }

    /// A request that is let through and ends like this.
    fn request(&self, second: u64, outcome: Result<(), Failure>) -> Vec<Change> {
        let permit = self.admit(second).expect("a permit");
        self.record(permit, second, outcome, None)
    }

    /// A check of the API's health.
    fn check(&self, second: u64, outcome: Result<(), Failure>) -> Option<Change> {
        let health = match outcome {
            Ok(()) => Health::Good,
            Err(failure) => Health::of(failure, None, evidence(outcome, None)),
        };
        self.admission()
            .checked(&self.limits, PRIMARY, health, at(second))
    }
}

fn evidence(outcome: Result<(), Failure>, wait: Option<Duration>) -> Evidence {
    match outcome {
        Ok(()) => Evidence::Accepted,
        Err(failure) => Evidence::of(failure, None, wait),
    }
}

fn opened(endpoint: Endpoint, failure: Failure) -> Change {
    Change::BreakerOpened {
        endpoint,
        failure,
        retry: LIMITS.breaker.retry,
    }
}

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
fn a_trial_is_not_spent_on_a_request_that_the_rate_limit_forbids() {
    let server = Server::new(Limits {
        rate: RateLimit::new(1),
        ..LIMITS
    });
    server.request(0, Err(Failure::Http402));
    assert_eq!(server.admit(59), Err(Failure::BreakerOpen));
    // The account's trial is due, and so is the token.
    assert!(server.admit(60).is_ok());
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
