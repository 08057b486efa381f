// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of a comparison.

use crate::comparison::{Candidate, Round};
use crate::installation::say;
use crate::table::Table;

/// Prints the results of a comparison. `delay` is the API's delay in milliseconds.
#[allow(clippy::cast_precision_loss, reason = "a few milliseconds")]
pub(crate) fn print(candidates: &[&mut Candidate], delay: u64) {
    let mut baselines: Vec<(&str, Vec<&Candidate>)> = Vec::new();
    for candidate in candidates.iter().map(|candidate| &**candidate) {
        let Some(short) = candidate.baseline else {
            continue;
        };
        match baselines.iter_mut().find(|(other, _)| *other == short) {
            Some((_, same)) => same.push(candidate),
            None => baselines.push((short, vec![candidate])),
        }
    }
    let mut headings: Vec<String> = [
        "",
        "open",
        "calls/s",
        "failed",
        "p50 ms",
        "p99 ms",
        "CPU us",
        "calls/CPU s",
        "| calm/s",
        "p50 - API",
        "p99 - API",
        "CPU us",
        "|",
    ]
    .map(str::to_owned)
    .to_vec();
    for (short, _) in &baselines {
        headings.push(format!("x {short}"));
        headings.push("per CPU".to_owned());
    }
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(&headings);
    for candidate in candidates {
        let late = |percent| candidate.calm(|round| round.report.latency(percent)) - delay as f64;
        let mut row = vec![
            candidate.name.clone(),
            candidate.window().to_string(),
            format!("{:.0}", candidate.full(Round::rate)),
            candidate.failed().to_string(),
            format!("{:.2}", candidate.full(|round| round.report.latency(50))),
            format!("{:.2}", candidate.full(|round| round.report.latency(99))),
            format!("{:.0}", candidate.full(Round::cpu_per_call)),
            format!("{:.0}", candidate.full(Round::per_cpu)),
            format!("{:.0}", candidate.calm(Round::rate)),
            format!("{:.2}", late(50)),
            format!("{:.2}", late(99)),
            format!("{:.0}", candidate.calm(Round::cpu_per_call)),
            "|".to_owned(),
        ];
        for (_, same) in &baselines {
            row.push(format!("{:.2}", candidate.ratio(same, Round::rate)));
            row.push(format!("{:.2}", candidate.ratio(same, Round::per_cpu)));
        }
        table.row(row);
    }
    table.print();
    say(
        "open: calls at once; failed: without the API's answer; calm: at a moderate rate; x, per CPU: as a multiple of the best of the rows of that name, median of the rounds",
    );
}
