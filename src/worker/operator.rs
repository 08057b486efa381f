// SPDX-License-Identifier: GPL-2.0-or-later
//! The operator's commands (RPC on Kamailio, MI on `OpenSIPS`).

use std::ffi::CStr;
use std::time::{Instant, SystemTime};

use numbers_online_number::METADATA;

use super::Worker;
use super::generation::Generation;
use super::request::skew;
use crate::admission::{Endpoint, LatchState, Mode};
use crate::cache::Key;
use crate::clock::Moment;
use crate::config::{ProfileId, ProfileName};
use crate::decision::{Decision, Source, Treatment};
use crate::http::{Phase, Probe};
use crate::identity::Verstat;
use crate::lists::Match;
use crate::number::Number;
use crate::os::heap;
use crate::reply::Reply;
use crate::report::Report;

/// A command that failed: one line that says what is allowed, or what to repair.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl Worker<'_> {
    /// Whether there is memory for what a command collects, some of it for each profile.
    #[must_use]
    pub(crate) fn has_room_for_report(&self) -> bool {
        heap::has_room(REPORT * (1 + self.engine.profiles.iter().count()))
    }

    /// Keys, breakers, latches, cache and clock, as all workers see them; then the same of each profile.
    #[must_use]
    pub fn status(&mut self) -> Report {
        let now = self.engine.clock.at(Instant::now());
        let (admission, cache) = (
            self.engine.admission(ProfileId::BASE),
            self.engine.cache.stats(now),
        );
        let base = self
            .state(self.all.base(), Report::default(), now)
            .text(c"breaker_mode", admission.mode().as_str())
            .text(c"dns", admission.dns())
            .number(c"reloads", self.engine.generation())
            .text(c"numbering_plan_version", METADATA.version)
            .text(c"numbering_plan_date", METADATA.date)
            .maybe(c"clock_skew_s", admission.clock_skew())
            .number(
                c"emergency_callers",
                self.engine.emergency_window.count(now),
            )
            .number(c"cache_entries", cache.entries)
            .number(c"cache_used", cache.used);
        let base = match self.redis {
            Some(_) => base.text(c"redis", self.engine.redis.as_str()),
            None => base,
        };
        let report = settings(base, self.all.base());
        self.all.iter().fold(report, |report, generation| {
            match &self.engine.profiles.get(generation.profile).name {
                None => report,
                Some(name) => {
                    let report = report.text(c"profile", name.as_str());
                    settings(self.state(generation, report, now), generation)
                }
            }
        })
    }

    /// What may stop the requests of one profile.
    fn state(&self, generation: &Generation, mut report: Report, now: Moment) -> Report {
        let config = &generation.config;
        let admission = self.engine.admission(generation.profile);
        let key = match config.api_key.value() {
            Ok(_) => "present".to_owned(),
            Err(missing) => missing.to_string(),
        };
        report = report
            .text(c"key", key)
            .number(c"signing_secrets", config.signing_secrets.usable().count());
        let endpoints = [
            Some(Endpoint::Primary),
            config.api_url_backup.as_ref().map(|_| Endpoint::Backup),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            for LatchState { name, shut_for } in admission.latches(endpoint, now) {
                let state = if shut_for.is_some() { "yes" } else { "no" };
                let (name, trial) = names(endpoint, name);
                report = report
                    .text(name, state)
                    .maybe(trial, shut_for.map(|span| span.as_secs()));
            }
        }
        report = self.describe_lists(generation, report);
        let Some((failure, cause, ago)) = admission.last_failure(now) else {
            return report;
        };
        let cause = cause.map_or(String::new(), |cause| format!(" ({})", cause.as_str()));
        report
            .text(c"last_failure", format!("{}{cause}", failure.as_str()))
            .number(c"last_failure_ago_s", ago.as_secs())
    }

    /// A real decision about a number, made as for a call from it by a profile; without a name by the module's parameters.
    pub fn check(&mut self, number: &str, profile: &str) -> Result<Report, Refused> {
        let Some(id) = self.engine.profiles.find(profile.as_bytes()) else {
            return Err(Refused(self.profile_names()));
        };
        let number = read(number, self.all.get(id)).ok_or_else(|| Refused(NUMBER.to_owned()))?;
        let started = Instant::now();
        let (decision, _) = self.decide_about(number, id, started);
        let reply = Reply::new(&decision, &self.current.config.replies);
        let mut report = describe(&decision, &reply)
            .text(c"e164", number.as_str())
            .text(c"profile", profile);
        let contact = self.current.config.redirect_contact.as_ref();
        if let Some(contact) = contact.and_then(|contact| contact.of(&decision.called))
            && decision.treatment == Treatment::Redirect
        {
            report = report.text(c"contact", contact.to_string());
        }
        if let Some(found) = self.listed_at(&decision) {
            report = report
                .text(c"list_file", found.file.path.display().to_string())
                .number(c"list_line", found.line);
        }
        Ok(report.number(
            c"latency_us",
            u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        ))
    }

    fn profile_names(&self) -> String {
        let profiles = self.engine.profiles.iter();
        let names: Vec<_> = profiles
            .filter_map(|(_, profile)| profile.name.as_ref())
            .map(ProfileName::as_str)
            .take(SHOWN_NAMES)
            .collect();
        match names.len() {
            0 => "allowed: no profile, because there is none".to_owned(),
            SHOWN_NAMES => format!("allowed: a profile such as {}", names.join(", ")),
            _ => format!("allowed: {}, or no profile", names.join(", ")),
        }
    }

    /// Whether the API is reachable, without a key and without a charge, and how long each phase takes.
    #[must_use]
    pub fn probe(&mut self) -> Report {
        let (probe, skew) = self.measure();
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
        report.maybe(c"clock_skew_s", skew)
    }

    /// The same as values, and how many seconds the API's clock is ahead of this machine's.
    pub fn measure(&mut self) -> (Probe, Option<i64>) {
        self.turn_to(ProfileId::BASE);
        let probe = self.current.client.probe(self.deadline(Instant::now()));
        let skew = probe.date.map(|date| skew(date, SystemTime::now()));
        (probe, skew)
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

    /// Removes a number from the cache, for all profiles, or with an empty text all numbers.
    pub fn cache_purge(&mut self, number: &str) -> Result<Report, Refused> {
        let engine = self.engine;
        if number.is_empty() {
            engine.failed.forget(None);
            return Ok(Report::default().number(c"purged", engine.cache.purge(None)));
        }
        // Each verification has an answer of its own.
        let classes = || [""].into_iter().chain(Verstat::ALL.map(Verstat::as_str));
        let keys = self.all.iter().flat_map(|profile| {
            let number = read(number, profile);
            let key = move |number, class| (profile.profile, profile.keys.key(&number, class));
            number
                .into_iter()
                .flat_map(move |number| classes().map(move |class| key(number, class)))
        });
        let keys: Vec<(ProfileId, Key)> = keys.collect();
        if keys.is_empty() {
            return Err(Refused(NUMBER.to_owned()));
        }
        let purged = keys.iter().map(|(profile, key)| {
            engine
                .failed
                .forget(Some(&engine.request_key(*profile, *key)));
            engine.cache.purge(Some(key))
        });
        Ok(Report::default().number(c"purged", purged.sum::<usize>()))
    }

    /// Sets the breakers to open, closed or automatic.
    pub fn set_breaker(&mut self, mode: &str) -> Result<Report, Refused> {
        let mode = Mode::from_name(mode)
            .ok_or_else(|| Refused("allowed: auto, open or closed".to_owned()))?;
        self.engine.set_mode(mode);
        self.engine.failed.forget(None);
        Ok(Report::default().text(c"breaker_mode", mode.as_str()))
    }

    /// The sizes of the lists, and how old that of numbers that never call is.
    pub(super) fn describe_lists(&self, generation: &Generation, report: Report) -> Report {
        let lists = &self.engine.lists;
        let summary = lists.summary(generation.lists, SystemTime::now());
        report
            .maybe(c"allow_list_entries", summary.allow)
            .maybe(c"deny_list_entries", summary.deny)
            .maybe(c"dno_list_entries", summary.dno)
            .maybe(c"dno_age_s", summary.dno_age.map(|age| age.as_secs()))
    }

    /// The line of a list that made a decision.
    fn listed_at(&self, decision: &Decision) -> Option<Match<'_>> {
        let number = decision.number.as_ref()?;
        let lists = &self.engine.lists;
        let listed = lists.find(number, self.current.lists)?;
        let found = lists.line(number, listed, self.current.lists);
        found.filter(|_| decision.source == Source::List)
    }
}

fn settings(report: Report, generation: &Generation) -> Report {
    let config = &generation.config;
    report
        .number(
            c"timeout_ms",
            u64::try_from(config.timeout.span().as_millis()).unwrap_or(u64::MAX),
        )
        .number(c"enforce_percent", config.enforcement.percent())
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
        .number(c"enforced", decision.enforced)
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

/// A number as a profile reads it.
fn read(text: &str, profile: &Generation) -> Option<Number> {
    Number::new(text.as_bytes(), profile.config.default_country)
}

/// More bytes than a command needs for the module's parameters, or for a profile.
const REPORT: usize = 8 * 1024;

/// How many names a line lists.
const SHOWN_NAMES: usize = 20;

const NUMBER: &str = "allowed: a number with a leading + and at most 15 digits, or one in a form of default_country; no short or emergency number";
