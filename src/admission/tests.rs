// SPDX-License-Identifier: GPL-2.0-or-later

mod breaker;
mod latches;

use std::time::{Duration, Instant};

use super::{Account, Admission, Change, Control, Endpoint, Permit, Route};
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
