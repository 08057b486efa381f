// SPDX-License-Identifier: GPL-2.0-or-later
//! The deadline: the only time that the suite asserts.
use std::{
    fmt::Write,
    sync::{Mutex, PoisonError},
};

use testbed::Result;

/// How much later than `timeout` the function may return, in microseconds.
const ALLOWANCE: i64 = 50_000;

/// Texts of failures: a call returned too late, or gave up too early.
pub(crate) const LATE: &str = "the function took";
pub(crate) const EARLY: &str = "although the timeout is";

/// The time that each call of the suite spent in the function.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Mutex<Vec<Sample>>);

#[derive(Clone, Debug)]
struct Sample {
    trial: String,
    timed_out: bool,
    /// Microseconds in the function.
    spent: i64,
    /// Microseconds past the deadline; negative before it.
    overrun: i64,
}

impl Latencies {
    /// Records a call. An error if it returned too late or gave up too early.
    pub(crate) fn record(
        &self,
        trial: &str,
        timeout_ms: i64,
        failure: &str,
        spent: i64,
    ) -> Result<()> {
        let overrun = spent - timeout_ms * 1000;
        let timed_out = failure.starts_with("timeout");
        if overrun > ALLOWANCE {
            return Err(
                format!("{LATE} {spent} us, timeout {timeout_ms} ms, failure {failure}").into(),
            );
        }
        if timed_out && overrun < -ALLOWANCE {
            return Err(format!("{failure} after {spent} us {EARLY} {timeout_ms} ms").into());
        }
        let sample = Sample {
            trial: trial.to_owned(),
            timed_out,
            spent,
            overrun,
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sample);
        Ok(())
    }

    /// The distribution, for people.
    pub(crate) fn report(&self) -> String {
        let samples = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (late, early): (Vec<Sample>, Vec<Sample>) =
            samples.into_iter().partition(|sample| sample.timed_out);
        let mut text = String::new();
        let mut overruns: Vec<i64> = late.iter().map(|sample| sample.overrun).collect();
        let mut spans: Vec<i64> = early.iter().map(|sample| sample.spent).collect();
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{}",
            line(
                "calls that ran into the deadline, milliseconds past it",
                &mut overruns
            )
        );
        if let Some(worst) = late.iter().max_by_key(|sample| sample.overrun) {
            let _ = writeln!(text, "  the latest of them: {}", worst.trial);
        }
        let _ = writeln!(
            text,
            "{}",
            line("all other calls, milliseconds in the function", &mut spans)
        );
        text
    }
}

/// Count, quantiles and maximum of some microseconds, as milliseconds.
fn line(what: &str, micros: &mut [i64]) -> String {
    micros.sort_unstable();
    let Some(last) = micros.len().checked_sub(1) else {
        return format!("{what}: none");
    };
    let at = |percent: usize| {
        let value = micros[last * percent / 100];
        let sign = if value < 0 { "-" } else { "" };
        format!(
            "{sign}{}.{:02}",
            value.abs() / 1000,
            value.abs() % 1000 / 10
        )
    };
    let (count, min, median, p90, p99, max) =
        (micros.len(), at(0), at(50), at(90), at(99), at(100));
    format!("{what}: {count} calls, min {min}, median {median}, p90 {p90}, p99 {p99}, max {max}")
}
