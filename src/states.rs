// SPDX-License-Identifier: GPL-2.0-or-later
//! What all workers of a server know together: whether to ask at all, and whom.

mod breaker;
mod bucket;
mod change;
mod complaints;
mod gate;

pub use change::Change;

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire};
use std::time::Duration;

use self::breaker::Breaker;
use self::bucket::Bucket;
use self::complaints::Complaints;
use self::gate::Gate;
use crate::clock::Moment;
use crate::config::Limits;
use crate::failure::Failure;
use crate::ffi::shared::shareable;

shareable! {
    /// The states that stop useless requests. They live in shared memory.
    pub struct States {
        primary: Breaker,
        backup: Breaker,
        /// Shut while the API refuses the key: too many refused requests, and it refuses this machine's address.
        key: Gate,
        /// Shut while the account has to be paid for.
        account: Gate,
        /// Shut while the API wants no more requests.
        throttle: Gate,
        bucket: Bucket,
        /// The signing secret in use, counted from 0.
        secret: AtomicU32,
        complaints: Complaints,
    }
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
}

impl States {
    /// Whether a request may be made now. A permit is not returned: its outcome is [`States::record`]ed, or its worker died.
    pub fn admit(&self, limits: &Limits, now: Moment) -> Result<Permit, Failure> {
        if !self.key.pass(now, KEY_TRIAL) || !self.account.pass(now, ACCOUNT_TRIAL) {
            return Err(Failure::BreakerOpen);
        }
        if !self.throttle.pass(now, THROTTLE) {
            return Err(Failure::RateLimited);
        }
        let endpoint = if self.primary.pass(&limits.breaker, now) {
            Endpoint::Primary
        } else if limits.has_backup && self.backup.pass(&limits.breaker, now) {
            Endpoint::Backup
        } else {
            return Err(Failure::BreakerOpen);
        };
        if limits.rate.is_some_and(|rate| !self.bucket.take(rate, now)) {
            return Err(Failure::RateLimited);
        }
        Ok(Permit {
            endpoint,
            secret: usize::try_from(self.secret.load(Acquire)).unwrap_or(0),
        })
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
        let endpoint = permit.endpoint;
        let Err(failure) = outcome else {
            self.answered(endpoint, &mut changes);
            let gates = [
                (&self.key, Change::KeyAccepted),
                (&self.account, Change::AccountAccepted),
                (&self.throttle, Change::ThrottleOver),
            ];
            changes.extend(
                gates
                    .into_iter()
                    .filter(|(gate, _)| gate.open())
                    .map(|(_, change)| change),
            );
            return changes;
        };
        match failure {
            Failure::Signature if self.switch_secret(limits, permit) => {
                changes.push(Change::SecretSwitched);
            }
            Failure::Http401 | Failure::Http403 | Failure::Signature | Failure::ClockSkew => {
                if self.key.shut(now.after(KEY_TRIAL)) {
                    changes.push(Change::KeyRefused {
                        failure,
                        trial: KEY_TRIAL,
                    });
                }
            }
            Failure::Http402 => {
                if self.account.shut(now.after(ACCOUNT_TRIAL)) {
                    changes.push(Change::AccountRefused {
                        trial: ACCOUNT_TRIAL,
                    });
                }
            }
            Failure::Http429 => {
                let span = retry_after
                    .unwrap_or(THROTTLE)
                    .clamp(SHORTEST_THROTTLE, LONGEST_THROTTLE);
                if self.throttle.shut(now.after(span)) {
                    changes.push(Change::Throttled { span });
                }
            }
            // About this request, not about the API.
            Failure::Http400 | Failure::Http4xx => {}
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
    pub fn complain(&self, failure: Failure, now: Moment) -> Option<u64> {
        self.complaints.tell(failure, now)
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

    /// During a rotation of the signing secret the other one may be right. False if it has been tried as well.
    fn switch_secret(&self, limits: &Limits, permit: Permit) -> bool {
        let used = u32::try_from(permit.secret).unwrap_or(0);
        let next = if permit.secret + 1 < limits.secrets {
            used + 1
        } else {
            0
        };
        let switched = self
            .secret
            .compare_exchange(used, next, AcqRel, Acquire)
            .is_ok();
        switched && next != 0
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
