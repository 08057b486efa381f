// SPDX-License-Identifier: GPL-2.0-or-later
//! What all workers of a server know together: whether to ask at all, and whom.

mod breaker;
mod change;
mod control;
mod latch;
mod log_limit;
mod secret_in_use;
mod token_bucket;

pub use change::Change;
pub use control::Mode;

use std::time::Duration;

use self::breaker::Breaker;
use self::control::Control;
use self::latch::Latch;
use self::log_limit::LogLimit;
use self::secret_in_use::{SecretInUse, Switch};
use self::token_bucket::TokenBucket;
use crate::clock::Moment;
use crate::config::Limits;
use crate::failure::Failure;
use crate::os::shared::shareable;

shareable! {
    /// The states that stop useless requests. They live in shared memory.
    pub struct Admission {
        primary: Breaker,
        backup: Breaker,
        /// Shut while the API refuses the key: too many refused requests, and it refuses this machine's address.
        key: Latch,
        /// Shut while the account has to be paid for.
        account: Latch,
        /// Shut while the API wants no more requests.
        throttle: Latch,
        tokens: TokenBucket,
        secret: SecretInUse,
        log_limit: LogLimit,
        control: Control,
    }
}

/// One reason for making no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatchState {
    /// Its name.
    pub name: &'static str,
    /// The time to the next trial; `None` if it is no reason now.
    pub shut_for: Option<Duration>,
}

/// A base URL of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `api_url`.
    Primary,
    /// `api_url_backup`.
    Backup,
}

/// A request that may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Whom to ask.
    pub endpoint: Endpoint,
    /// The signing secret to use, counted from 0.
    pub secret: usize,
    /// When it was given.
    at: Moment,
    /// The reload after which it was given.
    generation: u32,
}

impl Admission {
    /// Whether a request may be made now. A permit is not returned: its outcome is [`Admission::record`]ed, or its worker died.
    pub fn admit(&self, limits: &Limits, now: Moment) -> Result<Permit, Failure> {
        // First a look at everything: a trial must not be spent on a request that something else forbids.
        let endpoint = self.passable(limits, now)?;
        if limits.rate.is_some_and(|rate| !self.tokens.take(rate, now)) {
            return Err(Failure::RateLimited);
        }
        let forced = self.control.mode() == Mode::Closed;
        let passes = self.key.pass(now, KEY_TRIAL)
            && self.account.pass(now, ACCOUNT_TRIAL)
            && self.throttle.pass(now, THROTTLE)
            && (forced || self.breaker(endpoint).pass(&limits.breaker, now));
        if !passes {
            return Err(Failure::BreakerOpen);
        }
        Ok(Permit {
            endpoint,
            secret: self.secret.index(),
            at: now,
            generation: self.control.generation(),
        })
    }

    /// Whom a request could be made to, for all that one can see without asking for a permit.
    pub fn passable(&self, limits: &Limits, now: Moment) -> Result<Endpoint, Failure> {
        if !self.key.is_passable(now) || !self.account.is_passable(now) {
            return Err(Failure::BreakerOpen);
        }
        if !self.throttle.is_passable(now) {
            return Err(Failure::RateLimited);
        }
        match self.control.mode() {
            Mode::Closed => Ok(Endpoint::Primary),
            Mode::Auto if self.primary.is_passable(now) => Ok(Endpoint::Primary),
            Mode::Auto if limits.has_backup && self.backup.is_passable(now) => Ok(Endpoint::Backup),
            Mode::Auto | Mode::Open => Err(Failure::BreakerOpen),
        }
    }

    /// Learns from the outcome of a request. Returns what changed by it, for the log: each change once for all workers.
    pub fn record(
        &self,
        limits: &Limits,
        permit: Permit,
        outcome: Result<(), Failure>,
        retry_after: Option<Duration>,
        now: Moment,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        let unresolved = matches!(outcome, Err(Failure::Dns | Failure::TimeoutDns));
        self.control.note_names(!unresolved);
        let endpoint = permit.endpoint;
        let Err(failure) = outcome else {
            self.answered(endpoint, &mut changes);
            let latches = [
                (&self.key, Change::KeyAccepted),
                (&self.account, Change::AccountAccepted),
                (&self.throttle, Change::ThrottleOver),
            ];
            changes.extend(
                latches
                    .into_iter()
                    .filter(|(latch, _)| latch.open(permit.at))
                    .map(|(_, change)| change),
            );
            return changes;
        };
        match failure {
            // About a key that has been replaced since.
            Failure::Http401 | Failure::Http403 | Failure::Signature | Failure::ClockSkew
                if permit.generation != self.control.generation() => {}
            Failure::Signature => match self.secret.refused(permit.secret, limits.secrets) {
                Switch::Done => changes.push(Change::SecretSwitched),
                Switch::ByOthers => {}
                Switch::None => changes.extend(self.refuse_key(failure, now)),
            },
            Failure::Http401 | Failure::Http403 | Failure::ClockSkew => {
                changes.extend(self.refuse_key(failure, now));
            }
            Failure::Http402 => {
                if self.account.shut(now, ACCOUNT_TRIAL) {
                    changes.push(Change::AccountRefused {
                        trial: ACCOUNT_TRIAL,
                    });
                }
            }
            Failure::Http429 => {
                let span = retry_after
                    .unwrap_or(THROTTLE)
                    .clamp(SHORTEST_THROTTLE, LONGEST_THROTTLE);
                if self.throttle.shut(now, span) {
                    changes.push(Change::Throttled { span });
                }
            }
            // About this request, not about the API.
            Failure::Http400 | Failure::Http4xx => {}
            // The operator's word is that it stays closed.
            _ if self.control.mode() == Mode::Closed => return changes,
            _ => {
                if self.breaker(endpoint).failed(&limits.breaker, now) {
                    changes.push(Change::BreakerOpened {
                        endpoint,
                        failure,
                        retry: limits.breaker.retry,
                    });
                }
                return changes;
            }
        }
        self.answered(endpoint, &mut changes);
        changes
    }

    /// Counts a failed lookup. Returns how many there were since the last that was told, if this one is to be told: one
    /// line for each failure in ten seconds.
    pub fn may_log(&self, failure: Failure, now: Moment) -> Option<u64> {
        self.log_limit.may_log(failure, now)
    }

    /// The fastest recent answer of the API.
    pub fn fastest_answer(&self, _now: Moment) -> Option<Duration> {
        None
    }

    /// The operator's choice for the breakers.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.control.mode()
    }

    /// Sets it.
    pub fn set_mode(&self, mode: Mode) {
        self.control.set_mode(mode);
    }

    /// How often keys and certificates were read again. A worker that knows another number does so too.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.control.generation()
    }

    /// Keys and certificates are to be read again. A refused key, or account, gets a new chance. Returns the new number.
    pub fn reloaded(&self) -> u32 {
        self.key.reopen();
        self.account.reopen();
        self.secret.reset();
        self.control.reloaded()
    }

    /// Remembers the API's clock less ours, in seconds.
    pub fn note_skew(&self, seconds: i64) {
        self.control.note_skew(seconds);
    }

    /// How the last request fared with the name of the API: `ok`, `failed` or `unknown`.
    #[must_use]
    pub fn dns(&self) -> &'static str {
        self.control.names()
    }

    /// The API's clock less ours, in seconds, if it is known.
    #[must_use]
    pub fn clock_skew(&self) -> Option<i64> {
        self.control.skew()
    }

    /// The latches that may keep requests from being made.
    #[must_use]
    pub fn latches(&self, now: Moment) -> [LatchState; 5] {
        let named = [
            ("breaker", self.primary.trial()),
            ("breaker_backup", self.backup.trial()),
            ("key_refused", self.key.trial()),
            ("account_refused", self.account.trial()),
            ("throttled", self.throttle.trial()),
        ];
        named.map(|(name, trial)| LatchState {
            name,
            shut_for: trial.map(|trial| trial.since(now)),
        })
    }

    fn answered(&self, endpoint: Endpoint, changes: &mut Vec<Change>) {
        if self.breaker(endpoint).succeeded() {
            changes.push(Change::BreakerClosed { endpoint });
        }
    }

    fn breaker(&self, endpoint: Endpoint) -> &Breaker {
        match endpoint {
            Endpoint::Primary => &self.primary,
            Endpoint::Backup => &self.backup,
        }
    }

    fn refuse_key(&self, failure: Failure, now: Moment) -> Option<Change> {
        let trial = KEY_TRIAL;
        let refused = Change::KeyRefused { failure, trial };
        self.key.shut(now, trial).then_some(refused)
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

#[cfg(test)]
mod tests;
