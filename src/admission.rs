// SPDX-License-Identifier: GPL-2.0-or-later
//! Admission control: whether a request may be made, and to which of the API's hosts. The state is shared by all workers.
//!
//! Each state that stops requests ends after a time, by a proof that requests succeed, or by the operator's command.
//!
//! There are three parts. What the operator set holds for the whole server ([`Control`]). What the API said of key, balance and rate
//! holds for one key at one URL ([`Account`]). Whether the API answers in time holds for one way to it: a short timeout or a broken
//! proxy of one profile is no sign about the others ([`Route`]).

mod breaker;
mod change;
mod control;
mod endpoint;
mod fastest;
mod last_failure;
mod latch;
mod log_limit;
mod observed;
mod secret_in_use;
mod token_bucket;

pub use change::Change;
pub use control::{Control, Mode};
pub use endpoint::{Endpoint, LatchState};

use std::time::Duration;

use self::breaker::Breaker;
use self::endpoint::{EndpointState, Latches};
use self::fastest::FastestAnswer;
use self::last_failure::LastFailure;
use self::log_limit::LogLimit;
use self::observed::Observed;
use self::token_bucket::TokenBucket;
use crate::cause::Cause;
use crate::clock::Moment;
use crate::config::Limits;
use crate::evidence::{Evidence, Health};
use crate::failure::Failure;
use crate::os::shared::shareable;

shareable! {
    /// What the API said of one key: its latches, and the rate of its requests. In shared memory.
    pub struct Account {
        primary: Latches,
        backup: Latches,
        tokens: TokenBucket,
        log_limit: LogLimit,
        last_failure: LastFailure,
    }
}

shareable! {
    /// How the API fares on one way to it: URLs, proxy, certificates and timeout, with one key. In shared memory.
    pub struct Route {
        primary: Breaker,
        backup: Breaker,
        fastest: FastestAnswer,
        observed: Observed,
    }
}

/// Prevents useless requests of one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Admission<'a> {
    /// The operator's switches.
    pub control: &'a Control,
    /// Of its key.
    pub account: &'a Account,
    /// Of its way to the API.
    pub route: &'a Route,
}

/// A request that may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The host to ask.
    pub endpoint: Endpoint,
    /// The signing secret to use, counted from 0.
    pub secret: usize,
    /// The API's health is to be checked before the request is made.
    pub check: bool,
    /// When it was given.
    at: Moment,
    /// The generation of the key that the request is made with.
    generation: u32,
}

#[allow(
    clippy::must_use_candidate,
    reason = "most of them change shared memory"
)]
impl Admission<'_> {
    /// Whether a request may be made now, with the key of a generation. A permit is not returned: its outcome is
    /// [`Admission::record`]ed, or its worker died.
    pub fn admit(&self, limits: &Limits, generation: u32, now: Moment) -> Result<Permit, Failure> {
        // Check everything first: a request that is refused for another reason must not use up a trial.
        let endpoint = self.passable(limits, now)?;
        if limits
            .rate
            .is_some_and(|rate| !self.account.tokens.take(rate, now))
        {
            return Err(Failure::RateLimited);
        }
        let state = self.state(endpoint);
        let check = if self.control.mode() == Mode::Closed {
            false
        } else {
            state
                .admit(&limits.breaker, now)
                .ok_or(Failure::BreakerOpen)?
        };
        Ok(Permit {
            endpoint,
            secret: state.secret(),
            check,
            at: now,
            generation,
        })
    }

    /// The host that a request could be made to, as far as is known without a permit.
    pub fn passable(&self, limits: &Limits, now: Moment) -> Result<Endpoint, Failure> {
        match self.control.mode() {
            Mode::Closed => return Ok(Endpoint::Primary),
            Mode::Open => return Err(Failure::BreakerOpen),
            Mode::Auto => {}
        }
        self.state(Endpoint::Primary)
            .passable(now)
            .map(|()| Endpoint::Primary)
            .or_else(|failure| {
                let backup =
                    limits.has_backup && self.state(Endpoint::Backup).passable(now).is_ok();
                backup.then_some(Endpoint::Backup).ok_or(failure)
            })
    }

    /// Records the outcome of a request about a number, given by its hash. Returns the changes that it caused, for the log. Each
    /// change is returned to one worker only.
    pub fn record(
        &self,
        limits: &Limits,
        permit: Permit,
        outcome: Result<(), Failure>,
        evidence: Evidence,
        hash: u64,
        now: Moment,
    ) -> Vec<Change> {
        if evidence != Evidence::Nothing {
            let unresolved = matches!(outcome, Err(Failure::Dns | Failure::TimeoutDns));
            self.route.observed.note_names(!unresolved);
        }
        let context = endpoint::Context {
            limits,
            permit,
            failure: outcome.err().unwrap_or(Failure::None),
            is_current: permit.generation == self.control.generation(),
            is_forced: self.control.mode() == Mode::Closed,
            now,
        };
        self.state(permit.endpoint).record(context, evidence, hash)
    }

    /// Takes over the check of an endpoint's health, if one is due and no other worker does it.
    pub fn take_check(&self, endpoint: Endpoint, now: Moment) -> bool {
        self.state(endpoint).take_check(now)
    }

    /// Takes over the check of an endpoint's health that one worker makes at the start of the server. Only a good health is recorded
    /// then: a network that is not up yet says nothing about the API.
    pub fn take_first_check(&self, endpoint: Endpoint) -> bool {
        self.state(endpoint).take_first_check()
    }

    /// Records the result of a check of the API's health.
    pub fn checked(
        &self,
        limits: &Limits,
        endpoint: Endpoint,
        health: Health,
        now: Moment,
    ) -> Option<Change> {
        let is_forced = self.control.mode() == Mode::Closed;
        self.state(endpoint)
            .checked(endpoint, limits, health, is_forced, now)
    }

    /// Records that a request was answered at once after a doubtful health.
    pub fn health_does_not_reach(&self, endpoint: Endpoint) {
        self.state(endpoint).health_does_not_reach();
    }

    /// Records how long the API took to answer about a number.
    pub fn note_answer(&self, took: Duration, now: Moment) {
        self.route.fastest.note(took, now);
    }

    /// The shortest time in which the API answered in the last ten to twenty seconds; `None` if it did not. A request that has
    /// less time left cannot succeed.
    pub fn fastest_answer(&self, now: Moment) -> Option<Duration> {
        self.route.fastest.of_late(now)
    }

    /// Records a failed lookup. If it may be logged, returns how many there were since the last logged one: one line in ten seconds
    /// for each failure.
    pub fn note_failure(&self, failure: Failure, cause: Option<Cause>, now: Moment) -> Option<u64> {
        self.account.last_failure.note(failure, cause, now);
        self.account.log_limit.may_log(failure, now)
    }

    /// The last failed lookup, its cause if that is known, and how long ago it was.
    #[must_use]
    pub fn last_failure(&self, now: Moment) -> Option<(Failure, Option<Cause>, Duration)> {
        self.account.last_failure.read(now)
    }

    /// The operator's choice for the breakers.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.control.mode()
    }

    /// Sets it, and clears the state of all breakers and latches.
    pub fn set_mode(&self, mode: Mode) {
        self.open_all();
        self.control.set_mode(mode);
    }

    /// How often keys and certificates were read again. A worker with another number reads them too.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.control.generation()
    }

    /// Makes all workers read keys and certificates again, and clears the latches. Returns the new number.
    pub fn reloaded(&self) -> u32 {
        let generation = self.control.reloaded();
        self.open_all();
        generation
    }

    /// Stores the difference of the API's clock to this machine's, in seconds.
    pub fn note_skew(&self, seconds: i64) {
        self.route.observed.note_skew(seconds);
    }

    /// How the last request fared with the name of the API: `ok`, `failed` or `unknown`.
    #[must_use]
    pub fn dns(&self) -> &'static str {
        self.route.observed.names()
    }

    /// The difference of the API's clock to this machine's, in seconds, if it is known.
    #[must_use]
    pub fn clock_skew(&self) -> Option<i64> {
        self.route.observed.skew()
    }

    /// What may stop requests to an endpoint.
    #[must_use]
    pub fn latches(&self, endpoint: Endpoint, now: Moment) -> [LatchState; 4] {
        self.state(endpoint).latches(now)
    }

    /// Clears the state of all breakers and latches.
    pub fn open_all(&self) {
        for endpoint in [Endpoint::Primary, Endpoint::Backup] {
            self.state(endpoint).reset();
        }
    }

    fn state(&self, endpoint: Endpoint) -> EndpointState<'_> {
        match endpoint {
            Endpoint::Primary => EndpointState {
                breaker: &self.route.primary,
                latches: &self.account.primary,
            },
            Endpoint::Backup => EndpointState {
                breaker: &self.route.backup,
                latches: &self.account.backup,
            },
        }
    }
}

#[cfg(test)]
mod tests;
