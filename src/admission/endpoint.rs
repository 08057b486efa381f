// SPDX-License-Identifier: GPL-2.0-or-later
//! The state of one of the API's hosts. An answer of one host concerns that host alone.

use std::time::Duration;

use super::breaker::{Breaker, Error, Step};
use super::latch::Latch;
use super::secret_in_use::{SecretInUse, Switch};
use super::{Change, Permit};
use crate::clock::Moment;
use crate::config::{BreakerLimits, Limits};
use crate::evidence::{Evidence, Health};
use crate::failure::Failure;
use crate::os::shared::shareable;

/// A base URL of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `api_url`.
    Primary,
    /// `api_url_backup`.
    Backup,
}

/// One reason for making no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatchState {
    /// `breaker`, `key_refused`, `account_refused` or `throttled`.
    pub name: &'static str,
    /// The time to the next trial; `None` if it is no reason now.
    pub shut_for: Option<Duration>,
}

/// The breaker and the latches of one endpoint.
#[derive(Clone, Copy)]
pub(super) struct EndpointState<'a> {
    pub(super) breaker: &'a Breaker,
    pub(super) latches: &'a Latches,
}

shareable! {
    /// The latches of one endpoint.
    pub(super) struct Latches {
        /// Shut while the API refuses the key: too many refused requests, and it refuses this machine's address.
        key: Latch,
        /// Shut while the account has to be paid for.
        account: Latch,
        /// Shut while the API wants no more requests.
        throttle: Latch,
        secret: SecretInUse,
    }
}

/// Under what circumstances a request ended.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) limits: &'a Limits,
    pub(super) permit: Permit,
    pub(super) failure: Failure,
    /// The request was made with the key that is in use now. Else what was said of key, account and rate is about another.
    pub(super) is_current: bool,
    /// The operator set the breakers to `closed`: requests are always made.
    pub(super) is_forced: bool,
    pub(super) now: Moment,
}

impl EndpointState<'_> {
    /// Whether a request could be made.
    pub(super) fn passable(&self, now: Moment) -> Result<(), Failure> {
        let closed = [&self.latches.key, &self.latches.account]
            .into_iter()
            .any(|latch| !latch.is_passable(now));
        if closed || !self.breaker.is_passable(now) {
            Err(Failure::BreakerOpen)
        } else if !self.latches.throttle.is_passable(now) {
            Err(Failure::RateLimited)
        } else {
            Ok(())
        }
    }

    /// Admits a request or refuses it. `true`: the API's health is to be checked first.
    pub(super) fn admit(&self, limits: &BreakerLimits, now: Moment) -> Option<bool> {
        let is_trial = self.breaker.trial().is_some();
        let passes = [
            &self.latches.key,
            &self.latches.account,
            &self.latches.throttle,
        ]
        .into_iter()
        .all(|latch| latch.pass(now, limits.retry))
            && self.breaker.pass(limits, now);
        passes.then(|| is_trial || self.breaker.take_check(now))
    }

    /// The signing secret in use, counted from 0.
    pub(super) fn secret(&self) -> usize {
        self.latches.secret.index()
    }

    /// Takes over the check of the API's health, if one is due.
    pub(super) fn take_check(&self, now: Moment) -> bool {
        self.breaker.take_check(now)
    }

    /// Records the outcome of a request.
    pub(super) fn record(
        &self,
        context: Context<'_>,
        evidence: Evidence,
        hash: u64,
    ) -> Vec<Change> {
        let Context {
            limits,
            permit,
            failure,
            now,
            ..
        } = context;
        let endpoint = permit.endpoint;
        let mut changes = Vec::new();
        let error = match evidence {
            Evidence::Nothing => return changes,
            Evidence::Unreachable => Some(Error::Unreachable),
            Evidence::NoAnswer => Some(Error::NoAnswer(hash)),
            _ => None,
        };
        if let Some(error) = error {
            // The operator set the breaker to stay closed.
            if !context.is_forced
                && self.breaker.failed(&limits.breaker, error, now) == Step::Opened
            {
                changes.push(opened(endpoint, failure, limits));
            }
            return changes;
        }
        if self.breaker.succeeded(now) {
            changes.push(Change::BreakerClosed { endpoint });
        }
        match evidence {
            _ if !context.is_current => {}
            Evidence::Accepted => changes.extend(self.accepted(endpoint, permit.at)),
            Evidence::KeyRefused => changes.extend(self.refuse_key(context)),
            Evidence::SignatureRefused => {
                match self.latches.secret.refused(permit.secret, limits.secrets) {
                    Switch::Done => changes.push(Change::SecretSwitched { endpoint }),
                    Switch::ByOthers => {}
                    Switch::None => changes.extend(self.refuse_key(context)),
                }
            }
            Evidence::AccountRefused
                if !context.is_forced && self.latches.account.shut(now, ACCOUNT_TRIAL) =>
            {
                changes.push(Change::AccountRefused {
                    endpoint,
                    trial: ACCOUNT_TRIAL,
                });
            }
            Evidence::Throttled(wanted) if !context.is_forced => {
                let span = wanted
                    .unwrap_or(THROTTLE)
                    .clamp(SHORTEST_THROTTLE, LONGEST_THROTTLE);
                if self.latches.throttle.shut(now, span) {
                    changes.push(Change::Throttled { endpoint, span });
                }
            }
            _ => {}
        }
        changes
    }

    /// Takes over the check of the API's health that is made once, at the start of the server.
    pub(super) fn take_first_check(&self) -> bool {
        self.breaker.take_first_check()
    }

    /// Records the result of a check of the API's health.
    pub(super) fn checked(
        &self,
        endpoint: Endpoint,
        limits: &Limits,
        health: Health,
        is_forced: bool,
        now: Moment,
    ) -> Option<Change> {
        let (failure, step) = match health {
            Health::Unknown(_) => {
                self.breaker.is_unproven(now);
                return None;
            }
            Health::Good => {
                let closed = self.breaker.is_well();
                return closed.then_some(Change::BreakerClosed { endpoint });
            }
            _ if is_forced => return None,
            Health::Doubtful(failure) => (failure, self.breaker.is_doubtful(&limits.breaker, now)),
            Health::Bad(failure) => (failure, self.breaker.is_unwell(&limits.breaker, now)),
        };
        (step == Step::Opened).then(|| opened(endpoint, failure, limits))
    }

    /// A request was answered at once after a doubtful health.
    pub(super) fn health_does_not_reach(&self) {
        self.breaker.does_not_reach();
    }

    /// Clears everything that stops requests.
    pub(super) fn reset(&self) {
        self.breaker.reset();
        for latch in [
            &self.latches.key,
            &self.latches.account,
            &self.latches.throttle,
        ] {
            latch.reopen();
        }
        self.latches.secret.reset();
    }

    pub(super) fn latches(&self, now: Moment) -> [LatchState; 4] {
        let named = [
            ("breaker", self.breaker.trial()),
            ("key_refused", self.latches.key.trial()),
            ("account_refused", self.latches.account.trial()),
            ("throttled", self.latches.throttle.trial()),
        ];
        named.map(|(name, trial)| LatchState {
            name,
            shut_for: trial.map(|trial| trial.since(now)),
        })
    }

    /// Opens all latches: the API accepted key, account and rate of a request that was admitted at that moment.
    fn accepted(&self, endpoint: Endpoint, admitted: Moment) -> impl Iterator<Item = Change> {
        let latches = [
            (&self.latches.key, Change::KeyAccepted { endpoint }),
            (&self.latches.account, Change::AccountAccepted { endpoint }),
            (&self.latches.throttle, Change::ThrottleOver { endpoint }),
        ];
        latches
            .into_iter()
            .filter(move |(latch, _)| latch.open(admitted))
            .map(|(_, change)| change)
    }

    fn refuse_key(&self, context: Context<'_>) -> Option<Change> {
        if context.is_forced {
            return None;
        }
        let refused = Change::KeyRefused {
            endpoint: context.permit.endpoint,
            failure: context.failure,
            trial: KEY_TRIAL,
        };
        self.latches
            .key
            .shut(context.now, KEY_TRIAL)
            .then_some(refused)
    }
}

fn opened(endpoint: Endpoint, failure: Failure, limits: &Limits) -> Change {
    Change::BreakerOpened {
        endpoint,
        failure,
        retry: limits.breaker.retry,
    }
}

/// A refused key is tried again this often: too many refused requests ban the address (`rate_limited_ip`).
const KEY_TRIAL: Duration = Duration::from_secs(300);

/// An account may have been topped up.
const ACCOUNT_TRIAL: Duration = Duration::from_secs(60);

/// The API counts by the minute; used where it does not say how long to wait.
const THROTTLE: Duration = Duration::from_secs(60);
const SHORTEST_THROTTLE: Duration = Duration::from_secs(1);
const LONGEST_THROTTLE: Duration = Duration::from_secs(3600);
