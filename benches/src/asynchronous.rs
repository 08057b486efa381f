// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that no SIP worker waits for: ours against `http_async_client`, and against waiting where there is no such module.

mod servers;

use std::thread;
use std::time::Duration;

use testbed::Result;

use crate::contest::{Entrant, Round, hold};
use crate::invite::Callers;
use crate::load::{Load, Pace};
use crate::rig::{Rig, say};
use crate::stub::Stub;
use crate::table::Table;

/// SIP workers of each server, and as many asynchronous ones.
const WORKERS: usize = 4;

/// The deadline of every lookup, in milliseconds.
const TIMEOUT: i64 = 1000;

/// Runs the benchmark. Of the words, numbers are delays of the API in milliseconds, and others are parts of the names of rows;
/// without any, all are measured.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let given: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let delays = if given.is_empty() {
        vec![0, 20, 100]
    } else {
        given
    };
    let parts: Vec<&String> = words
        .iter()
        .filter(|word| word.parse::<u64>().is_err())
        .collect();
    let is_wanted = |name: &str| parts.is_empty() || parts.iter().any(|part| name.contains(*part));
    let stub = Stub::blocking_calls()?;
    let mut rigs = Vec::new();
    match Rig::unpacked("kamailio-6.0") {
        Ok(rig) => rigs.push(rig),
        Err(trouble) => say(&format!("http_async_client: skipped, {trouble}")),
    }
    rigs.push(Rig::new()?);
    let mut entrants = Vec::new();
    for rig in &rigs {
        entrants.extend(servers::all(rig, &stub, &is_wanted)?);
    }
    for delay in delays {
        stub.answer_after(Duration::from_millis(delay));
        say(&format!(
            "\nasync: {WORKERS} workers, API answers after {delay} ms"
        ));
        // As many lookups at a time as by default suffice for an API that answers at once.
        let few = format!(", {}", servers::DEFAULT);
        let entered = entrants
            .iter_mut()
            .filter(|entrant| delay == 0 || !entrant.name.ends_with(&few));
        let windows = match delay {
            0..10 => [32, 128, 512],
            10..50 => [128, 512, 1024],
            _ => [512, 1024, 2048],
        };
        print(&hold(entered.collect(), &windows)?, delay);
    }
    stub.fall_silent();
    print_stalled(&entrants)?;
    for entrant in entrants {
        entrant.server.host.stop()?;
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "a few milliseconds")]
fn print(entrants: &[&mut Entrant], delay: u64) {
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

/// Calls that need no lookup, beside others that wait for an API that never answers.
fn print_stalled(entrants: &[Entrant]) -> Result<()> {
    say(&format!(
        "\nstalled: the API takes connections and never answers; {RATE} calls a second wait {TIMEOUT} ms for it, and as many withhold their number and need no lookup"
    ));
    let mut table = Table::new(&[
        "",
        "p50 ms",
        "p99 ms",
        "max ms",
        "lost",
        "| waiting: p50 ms",
        "p99 ms",
        "lost",
    ]);
    for entrant in entrants {
        let load = |callers| Load {
            pace: Pace::Open(RATE),
            callers,
            ..Load::closed(entrant.server.host.address(), Duration::from_secs(3))
        };
        let waiting = load(Callers::Numbers(70_000));
        let waiting = thread::spawn(move || waiting.run());
        let passing = load(Callers::Withheld).run()?;
        let waiting = waiting.join().map_err(|_| "the sender panicked")??;
        table.row(vec![
            entrant.name.clone(),
            format!("{:.2}", passing.latency(50)),
            format!("{:.2}", passing.latency(99)),
            format!("{:.2}", passing.latency(100)),
            passing.lost.to_string(),
            format!("{:.0}", waiting.latency(50)),
            format!("{:.0}", waiting.latency(99)),
            waiting.lost.to_string(),
        ]);
    }
    table.print();
    Ok(())
}

/// Calls a second, of either kind.
const RATE: u32 = 300;
