// SPDX-License-Identifier: GPL-2.0-or-later
//! One request to the API, and what its outcome proves.

use std::time::{Duration, Instant, SystemTime};

use super::Worker;
use crate::admission::{Change, Permit};
use crate::answer::{self, Answer, Unusable};
use crate::cache::Key;
use crate::cause::Cause;
use crate::counters::Counters;
use crate::evidence::{Evidence, Health};
use crate::failure::Failure;
use crate::http::{Credentials, Reply};
use crate::log::Level;
use crate::question::Question;

impl Worker<'_> {
    /// Asks the API about a number, whose key is given.
    pub(super) fn ask(
        &mut self,
        question: &Question<'_>,
        key: Key,
        started: Instant,
        counters: &mut Counters,
    ) -> Result<Answer, Failure> {
        let (engine, config) = (self.engine, &self.current.config);
        let admission = self.admission();
        let api_key = config.api_key.value().map_err(|_| Failure::NoKey)?;
        let mut secrets = config.signing_secrets.usable();
        let first = secrets.next();
        if config.signing_secrets.is_on() && first.is_none() {
            return Err(Failure::NoKey);
        }
        let now = Instant::now();
        let deadline = self.deadline(started);
        let has_waited = now.duration_since(started) > config.timeout.short_wait();
        let fastest = admission.fastest_answer(engine.clock.at(now));
        // The API has not been that fast of late: the request would be paid for, and its answer come too late.
        if has_waited && deadline.left(now).unwrap_or_default() <= fastest.unwrap_or_default() {
            return Err(Failure::TimeoutQueue);
        }
        let permit = admission.admit(&config.limits, self.current.number, engine.clock.at(now))?;
        let mut is_doubtful = false;
        if permit.check {
            // Half of the time is left for the request itself.
            let now = Instant::now();
            let half = deadline.left(now).unwrap_or_default() / 2;
            let until = deadline.or_after(now, half);
            let health = self.check_health(permit.endpoint, deadline, until, counters);
            match health {
                Health::Bad(failure) | Health::Unknown(failure) => return Err(failure),
                Health::Doubtful(_) => is_doubtful = true,
                Health::Good => {}
            }
        }
        let signing = permit
            .secret
            .checked_sub(1)
            .and_then(|index| secrets.nth(index))
            .or(first);
        let sent = Instant::now();
        let given = deadline.left(sent).unwrap_or_default();
        let exchange = self.current.client.ask(
            permit.endpoint,
            question,
            Credentials {
                key: api_key,
                signing,
            },
            config.timeout.budget_ms(),
            deadline,
        );
        counters.retried = exchange.retried;
        // Without a descriptor or memory nothing was sent.
        counters.requested = !matches!(exchange.reply, Err(Failure::Shed));
        let now = Instant::now();
        let retry_after = exchange.reply.as_ref().ok().and_then(wait);
        let answer = exchange
            .reply
            .map_err(|failure| Unusable {
                failure,
                cause: exchange.cause,
            })
            .and_then(|reply| self.read(&reply, question, signing.is_some()))
            .and_then(|answer| {
                if deadline.is_over(now) {
                    Err(Unusable::new(Failure::TimeoutResponse))
                } else {
                    Ok(answer)
                }
            });
        let evidence = match &answer {
            Ok(_) => {
                admission.note_answer(now.duration_since(sent), engine.clock.at(now));
                if is_doubtful {
                    admission.health_does_not_reach(permit.endpoint);
                }
                Evidence::Accepted
            }
            Err(unusable) => self.evidence(*unusable, retry_after, given),
        };
        self.learn(permit, &answer, evidence, key, now, counters);
        if let Err(unusable) = answer {
            if unusable.cause == Some(Cause::OtherNumber) {
                // Further answers on these connections may be about other numbers too.
                self.current.client.close_idle(permit.endpoint);
            }
            self.note_failure(unusable, now.duration_since(started), now);
            let has_time = deadline.left(now).is_some_and(|left| left >= CHECK);
            if has_time && admission.take_check(permit.endpoint, engine.clock.at(now)) {
                // This call has failed already. Otherwise the next call would have to wait for the check.
                self.check_health(permit.endpoint, deadline, deadline, counters);
            }
        }
        answer.map_err(|unusable| unusable.failure)
    }

    /// Records, for all workers, what the outcome of a request proves.
    fn learn(
        &self,
        permit: Permit,
        answer: &Result<Answer, Unusable>,
        evidence: Evidence,
        key: Key,
        now: Instant,
        counters: &mut Counters,
    ) {
        let engine = self.engine;
        let moment = engine.clock.at(now);
        let outcome = answer.as_ref().map(|_| ()).map_err(|error| error.failure);
        if let Err(failure) = outcome
            && evidence.may_be_about_the_number()
        {
            let requested = self.request_key(key);
            engine.failed.remember(&requested, failure, moment);
        }
        let [hash, _] = key.words();
        let limits = &self.current.config.limits;
        let changes = self
            .admission()
            .record(limits, permit, outcome, evidence, hash, moment);
        for change in changes {
            self.announce(&change, counters);
        }
    }

    pub(super) fn announce(&self, change: &Change, counters: &mut Counters) {
        counters.changes |= change.bit();
        let line = format!("{}{change}", self.prefix());
        self.log.line(change.level(), &line);
    }

    /// Begins a line that is about the current profile.
    fn prefix(&self) -> String {
        self.engine.profiles.get(self.current.profile).prefix()
    }

    /// Reads a response. If a signature is refused while the clocks differ, the cause is this machine's clock.
    fn read(
        &self,
        reply: &Reply,
        question: &Question<'_>,
        is_signed: bool,
    ) -> Result<Answer, Unusable> {
        let skew = reply.date.map(|date| skew(date, SystemTime::now()));
        if let Some(skew) = skew {
            self.admission().note_skew(skew);
        }
        Answer::new(reply.status, &reply.body, &question.caller.number).map_err(|unusable| {
            let is_off = skew.is_some_and(|skew| skew.abs() > SIGNATURE_WINDOW_S);
            if unusable.failure == Failure::Signature && is_signed && is_off {
                Unusable::new(Failure::ClockSkew)
            } else {
                unusable
            }
        })
    }

    pub(super) fn note_failure(&self, unusable: Unusable, took: Duration, now: Instant) {
        let Unusable { failure, cause } = unusable;
        let moment = self.engine.clock.at(now);
        let Some(times) = self.admission().note_failure(failure, cause, moment) else {
            return;
        };
        let cause = cause.map_or(String::new(), |cause| format!(" ({})", cause.as_str()));
        let line = format!(
            "{}a lookup failed: {}{cause} after {} ms; the call is allowed ({times} since the last such line)",
            self.prefix(),
            failure.as_str(),
            took.as_millis(),
        );
        self.log.line(Level::Warning, &line);
    }

    /// What a failed exchange proves that had this much time.
    pub(super) fn evidence(
        &self,
        unusable: Unusable,
        retry_after: Option<Duration>,
        given: Duration,
    ) -> Evidence {
        let Unusable { failure, cause } = unusable;
        // The rest of the time was spent in the module's own queue, or in an exchange before this one.
        if is_timeout(failure) && given < self.current.config.timeout.span() * 3 / 4 {
            Evidence::Nothing
        } else {
            Evidence::of(failure, cause, retry_after)
        }
    }
}

fn is_timeout(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::TimeoutDns
            | Failure::TimeoutConnect
            | Failure::TimeoutTls
            | Failure::TimeoutResponse
    )
}

/// How long the API asks to wait before the next request: from the header, or else from the body.
fn wait(reply: &Reply) -> Option<Duration> {
    reply
        .retry_after
        .or_else(|| answer::retry_after(reply.status, &reply.body))
}

/// The difference of the API's clock to this machine's, in seconds.
pub(super) fn skew(theirs: SystemTime, ours: SystemTime) -> i64 {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX >> 1);
    match theirs.duration_since(ours) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}

/// A call whose request failed and that has this much time left checks the API's health.
const CHECK: Duration = Duration::from_millis(50);

/// How far a signature's timestamp may be off (operator request signing).
const SIGNATURE_WINDOW_S: i64 = 300;

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::skew;

    #[test]
    fn a_clock_ahead_of_ours_has_a_positive_skew() {
        let now = SystemTime::now();
        let apart = Duration::from_secs(301);
        assert_eq!(
            (
                skew(now + apart, now),
                skew(now, now + apart),
                skew(now, now)
            ),
            (301, -301, 0)
        );
    }
}
