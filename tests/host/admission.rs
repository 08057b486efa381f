// SPDX-License-Identifier: GPL-2.0-or-later
//! Admission control, shared by all workers: an outcome counts only for what it proves, a change is logged once, and each change ends
//! again.
mod breaker;
mod latches;
mod limits;
mod numbers;

use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, Setup, Step,
    answer::{self, decision, ok},
};

use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::Expected,
    subject::Subject,
    suite::{Needs, Suite},
};

/// A trial's name, the parameter that it needs, and what it does.
type Row = (&'static str, &'static str, fn(&Bench) -> Result<()>);

/// The trials below this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let rows = [breaker::ROWS, latches::ROWS, limits::ROWS, numbers::ROWS];
    let trial = |(name, parameter, body): &Row| {
        let needs = Needs {
            parameter: Some(parameter),
            ..Needs::default()
        };
        suite.trial(subject, &format!("admission/{name}"), needs, *body)
    };
    let mut trials: Vec<_> = rows.into_iter().flatten().map(trial).collect();
    trials.extend(latches::each_refusal(suite, subject));
    trials
}

/// Four workers, so that a change by one of them must affect the others.
fn start(bench: &Bench, setup: Setup) -> Result<Running> {
    bench.start(&Setup {
        children: 4,
        ..setup
    })
}

/// Calls from this many numbers, all with the same outcome.
fn calls(server: &Running, count: usize, expected: &Expected) -> Result<()> {
    callers::several(count).try_for_each(|number| {
        server
            .expect(&number, expected)
            .map_err(|e| format!("the call from {number}: {e}").into())
    })
}

fn block() -> Vec<Step> {
    ok(&decision("block", 603))
}

fn error() -> Vec<Step> {
    answer::refusal("500 Internal Server Error", "", &[])
}

/// The HTML page of an intermediary.
fn page(status: &str) -> Vec<Step> {
    vec![Step::Send(answer::response(
        status,
        &[("Server", "cloudflare"), ("Content-Type", "text/html")],
        b"<html><body>Attention Required!</body></html>",
    ))]
}

/// An API that fails for every request.
fn out_of_order() -> Plan {
    Plan::always(error()).health(answer::degraded())
}

/// The number of the module's lines with this text, once there is one.
fn lines(server: &Running, words: &str) -> usize {
    let is_one = |line: &str| line.contains("numbers_online") && line.contains(words);
    server.host.log().wait_for_lines(1, SOON, is_one)
}

/// The checks of the API's health after the one that is made at the start of the server.
fn checks(api: &Api) -> usize {
    api.wait_for_health_requests(1, SOON)
        .len()
        .saturating_sub(1)
}

fn breaker(bench: &Bench, api: &Api) -> Setup {
    bench
        .setup(&api.url())
        .param("breaker_errors", 5)
        .param("breaker_window", 10)
        .param("breaker_retry", 1)
}
