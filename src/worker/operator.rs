// SPDX-License-Identifier: GPL-2.0-or-later
//! The operator's commands (RPC on Kamailio, MI on `OpenSIPS`).

use std::ffi::CStr;
use std::time::Instant;

use numbers_online_number::METADATA;

use super::Worker;
use crate::admission::{Endpoint, LatchState, Mode};
use crate::decision::Decision;
use crate::http::Phase;
use crate::number::Number;
use crate::policy::Call;
use crate::reply::Reply;
use crate::report::Report;

/// A command that failed: one line that says what is allowed, or what to repair.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl Worker<'_> {
    /// Keys, breakers, latches, cache and clock, as all workers see them.
    #[must_use]
    pub fn status(&mut self) -> Report {
        let (config, now) = (&self.current.config, self.engine.clock.at(Instant::now()));
        let key = match config.api_key.value() {
            Ok(_) => "present".to_owned(),
            Err(missing) => missing.to_string(),
        };
        let mut report = Report::default()
            .text(c"key", key)
            .number(c"signing_secrets", config.signing_secrets.usable().count());
        let endpoints = [
            Some(Endpoint::Primary),
            config.api_url_backup.as_ref().map(|_| Endpoint::Backup),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            for LatchState { name, shut_for } in self.engine.admission.latches(endpoint, now) {
                let state = if shut_for.is_some() { "yes" } else { "no" };
                let (name, trial) = names(endpoint, name);
                report = report
                    .text(name, state)
                    .maybe(trial, shut_for.map(|span| span.as_secs()));
            }
        }
        let admission = &self.engine.admission;
        let cache = self.engine.cache.stats(now);
        if let Some((failure, cause, ago)) = admission.last_failure(now) {
            let cause = cause.map_or(String::new(), |cause| format!(" ({})", cause.as_str()));
            report = report
                .text(c"last_failure", format!("{}{cause}", failure.as_str()))
                .number(c"last_failure_ago_s", ago.as_secs());
        }
        report
            .text(c"breaker_mode", admission.mode().as_str())
            .text(c"dns", admission.dns())
            .number(c"reloads", admission.generation())
            .text(c"numbering_plan_version", METADATA.version)
            .text(c"numbering_plan_date", METADATA.date)
            .maybe(c"clock_skew_s", admission.clock_skew())
            .number(c"cache_entries", cache.entries)
            .number(c"cache_used", cache.used)
            .number(
                c"timeout_ms",
                u64::try_from(self.current.config.timeout.span().as_millis()).unwrap_or(u64::MAX),
            )
    }

    /// A real decision about a number, made as for a call from it.
    pub fn check(&mut self, number: &str) -> Result<Report, Refused> {
        self.number(number)?;
        let started = Instant::now();
        let head = format!("From: <tel:{number}>");
        let call = Call {
            method: b"INVITE",
            call_id: b"check",
            head: head.as_bytes(),
            ..Call::default()
        };
        let (decision, _) = self.decide(&call, started);
        let reply = Reply::new(&decision, &self.current.config.replies);
        Ok(describe(&decision, &reply).number(
            c"latency_us",
            u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        ))
    }

    fn number(&self, text: &str) -> Result<Number, Refused> {
        Number::new(text.as_bytes(), self.current.config.default_country)
            .ok_or_else(|| Refused(NUMBER.to_owned()))
    }

    /// Whether the API is reachable, without a key and without a charge, and how long each phase takes.
    #[must_use]
    pub fn probe(&mut self) -> Report {
        let probe = self.current.client.probe(self.deadline(Instant::now()));
        let outcome = probe.outcome.map_or_else(
            |failure| failure.as_str().to_owned(),
            |status| format!("http_{status}"),
        );
        let mut report = Report::default()
            .text(c"url", self.current.client.url())
            .text(c"outcome", outcome);
        if let Some(cause) = probe.cause {
            report = report.text(c"cause", cause.as_str());
        }
        for (phase, took) in probe.phases {
            let name = match phase {
                Phase::Dns => c"dns_us",
                Phase::Connect => c"connect_us",
                Phase::Tls => c"tls_us",
                Phase::Response => c"response_us",
            };
            report = report.number(name, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
        report
    }

    /// The size and use of the cache.
    #[must_use]
    pub fn cache_stats(&mut self) -> Report {
        let stats = self
            .engine
            .cache
            .stats(self.engine.clock.at(Instant::now()));
        Report::default()
            .number(c"entries", stats.entries)
            .number(c"used", stats.used)
            .number(c"stale", stats.stale)
            .number(c"claimed", stats.claimed)
    }

    /// Removes a number from the cache, or with an empty text all of them.
    pub fn cache_purge(&mut self, number: &str) -> Result<Report, Refused> {
        let key = if number.is_empty() {
            None
        } else {
            let number = self.number(number)?;
            Some(self.current.keys.key(&number, ""))
        };
        self.engine.failed.forget(key.as_ref());
        Ok(Report::default().number(c"purged", self.engine.cache.purge(key.as_ref())))
    }

    /// Sets the breakers to open, closed or automatic.
    pub fn set_breaker(&mut self, mode: &str) -> Result<Report, Refused> {
        let mode = Mode::from_name(mode)
            .ok_or_else(|| Refused("allowed: auto, open or closed".to_owned()))?;
        self.engine.admission.set_mode(mode);
        self.engine.failed.forget(None);
        Ok(Report::default().text(c"breaker_mode", mode.as_str()))
    }

    /// Reads keys and certificates again. If they can be used, every worker reads them before its next call. If not, all keep the old
    /// ones.
    pub fn reload(&mut self) -> Result<Report, Refused> {
        let config = self
            .engine
            .read_again(&self.current.config)
            .map_err(|bad| Refused(format!("{bad}; everything stays as it is")))?;
        let generation = self.engine.admission.reloaded();
        self.engine.failed.forget(None);
        self.current = self.generations.replace(generation, config);
        self.forget_names();
        Ok(Report::default().number(c"reloads", generation))
    }
}

/// Every field of a decision that may be shown in a terminal.
fn describe(decision: &Decision, reply: &Reply<'_>) -> Report {
    let advice = &decision.advice;
    Report::default()
        .text(c"decision", decision.treatment.as_str())
        .number(c"code", reply.sip.code)
        .text(c"phrase", reply.sip.phrase.as_str())
        .text(c"reason", decision.reason.as_str())
        .text(c"source", decision.source.as_str())
        .text(c"failure", decision.failure.as_str())
        .text(c"would", decision.would.as_str())
        .maybe(c"valid", advice.valid.map(i64::from))
        .maybe(c"spam_score", advice.spam_score)
        .text(c"risk_level", advice.risk_level.as_str())
        .text(c"line_type", advice.line_type.as_str())
        .text(c"verstat", advice.verstat.as_str())
        .text(c"dnc", advice.dnc.as_str())
        .text(c"reassigned", advice.reassigned.as_str())
        .text(c"receipt", advice.receipt.as_str())
        .text(
            c"reply_reason",
            reply
                .reason
                .map_or(String::new(), |reason| reason.to_string()),
        )
        .maybe(c"balance_low", advice.balance_low.map(i64::from))
}

/// The lines about a latch and the time to its next trial.
fn names(endpoint: Endpoint, latch: &str) -> (&'static CStr, &'static CStr) {
    match (endpoint, latch) {
        (Endpoint::Primary, "breaker") => (c"breaker", c"breaker_trial_s"),
        (Endpoint::Primary, "key_refused") => (c"key_refused", c"key_trial_s"),
        (Endpoint::Primary, "account_refused") => (c"account_refused", c"account_trial_s"),
        (Endpoint::Primary, _) => (c"throttled", c"throttle_s"),
        (Endpoint::Backup, "breaker") => (c"breaker_backup", c"breaker_backup_trial_s"),
        (Endpoint::Backup, "key_refused") => (c"key_refused_backup", c"key_backup_trial_s"),
        (Endpoint::Backup, "account_refused") => {
            (c"account_refused_backup", c"account_backup_trial_s")
        }
        (Endpoint::Backup, _) => (c"throttled_backup", c"throttle_backup_s"),
    }
}

const NUMBER: &str =
    "allowed: a number with a leading + and at most 15 digits, or one in a form of default_country";
