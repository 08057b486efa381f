// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of a contest.

use crate::contest::{Entrant, Round};
use crate::rig::say;
use crate::table::Table;

/// Prints what came of a contest with an API that answers after so many milliseconds.
#[allow(clippy::cast_precision_loss, reason = "a few milliseconds")]
pub(crate) fn print(entrants: &[&mut Entrant], delay: u64) {
    let mut rivals: Vec<(&str, Vec<&Entrant>)> = Vec::new();
    for entrant in entrants.iter().map(|entrant| &**entrant) {
        let Some(short) = entrant.rival else {
            continue;
        };
        match rivals.iter_mut().find(|(other, _)| *other == short) {
            Some((_, same)) => same.push(entrant),
            None => rivals.push((short, vec![entrant])),
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
        for (_, same) in &rivals {
            row.push(format!("{:.2}", entrant.ratio(same, Round::rate)));
            row.push(format!("{:.2}", entrant.ratio(same, Round::per_cpu)));
        }
        table.row(row);
    }
    table.print();
    say(
        "open: calls at once; failed: without the API's answer; calm: at a moderate rate; x, per CPU: as a multiple of the best of the rows of that name, median of the rounds",
    );
}
