// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of a contest.

use crate::contest::{Entrant, Round};
use crate::rig::say;
use crate::table::Table;

/// Prints what came of a contest with an API that answers after so many milliseconds.
#[allow(clippy::cast_precision_loss, reason = "a few milliseconds")]
pub(crate) fn print(entrants: &[&mut Entrant], delay: u64) {
    let rivals: Vec<(&str, &Entrant)> = entrants
        .iter()
        .filter_map(|entrant| Some((entrant.rival?, &**entrant)))
        .collect();
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
    for (short, _) in &rivals {
        headings.push(format!("x {short}"));
        headings.push("per CPU".to_owned());
    }
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table::new(&headings);
    for entrant in entrants {
        let late = |percent| entrant.calm(|round| round.report.latency(percent)) - delay as f64;
        let mut row = vec![
            entrant.name.clone(),
            entrant.window().to_string(),
            format!("{:.0}", entrant.full(Round::rate)),
            entrant.failed().to_string(),
            format!("{:.2}", entrant.full(|round| round.report.latency(50))),
            format!("{:.2}", entrant.full(|round| round.report.latency(99))),
            format!("{:.0}", entrant.full(Round::cpu_per_call)),
            format!("{:.0}", entrant.full(Round::per_cpu)),
            format!("{:.0}", entrant.calm(Round::rate)),
            format!("{:.2}", late(50)),
            format!("{:.2}", late(99)),
            format!("{:.0}", entrant.calm(Round::cpu_per_call)),
            "|".to_owned(),
        ];
        for (_, rival) in &rivals {
            row.push(format!("{:.2}", entrant.ratio(rival, Round::rate)));
            row.push(format!("{:.2}", entrant.ratio(rival, Round::per_cpu)));
        }
        table.row(row);
    }
    table.print();
    say(
        "open: calls at once; failed: without the API's answer; calm: at a moderate rate; x: as a multiple of another row, median of the rounds",
    );
}
