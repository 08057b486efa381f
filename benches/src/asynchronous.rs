// SPDX-License-Identifier: GPL-2.0-or-later
//! Asynchronous decisions: this module against `http_async_client`, or against synchronous modules if that one is missing.

mod servers;

use std::thread;
use std::time::Duration;

use testbed::Result;

use crate::comparison::{Candidate, measure_all, results};
use crate::installation::{Installation, say};
use crate::invite::Callers;
use crate::load::{Load, Pace};
use crate::selection::Selection;
use crate::stub::Stub;
use crate::table::Table;

/// SIP workers of each server, and as many asynchronous ones.
const WORKERS: usize = 4;

/// The deadline of every lookup, in milliseconds.
const TIMEOUT: i64 = 1000;

/// Runs the benchmark. Arguments that are numbers are delays of the API in milliseconds. Others are parts of the names of rows.
/// Without arguments all are measured.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let selection = Selection::of(arguments, &[0, 20, 100]);
    let stub = Stub::blocking_calls()?;
    let mut installations = Vec::new();
    match Installation::unpacked("kamailio-6.0") {
        Ok(installation) => installations.push(installation),
        Err(error) => say(&format!("http_async_client: skipped, {error}")),
    }
    installations.push(Installation::new()?);
    let start = || -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for installation in &installations {
            candidates.extend(servers::all(installation, &stub, &|name| {
                selection.has(name)
            })?);
        }
        Ok(candidates)
    };
    let mut candidates = start()?;
    for delay in selection.delays.iter().copied() {
        stub.answer_after(Duration::from_millis(delay));
        say(&format!(
            "\nasync: {WORKERS} workers, API answers after {delay} ms"
        ));
        // Enough lookups in flight to keep a server fully busy at this delay, and a larger number.
        let suits: &[i64] = match delay {
            0..10 => &[64, 1024],
            10..50 => &[512, 1024],
            _ => &[1024, 2048],
        };
        let unsuited = |name: &str| {
            let mut others = servers::LOOKUPS
                .iter()
                .filter(|lookups| !suits.contains(lookups));
            others.any(|lookups| name.ends_with(&format!("decide_async, {lookups}")))
        };
        let mut compared: Vec<_> = candidates
            .iter_mut()
            .filter(|candidate| !unsuited(&candidate.name))
            .collect();
        let windows = match delay {
            0..10 => [32, 128, 512],
            10..50 => [128, 512, 1024],
            _ => [1024, 2048, 3072],
        };
        measure_all(&mut compared, &windows)?;
        results::print(&compared, delay);
    }
    stop(candidates)?;
    if selection.has("untuned") {
        untuned(&installations, &stub, &selection.delays)?;
    }
    // New servers: memory fragmented by full speed is slow, and that is not measured here.
    let candidates = start()?;
    stub.fall_silent();
    print_stalled(&candidates)?;
    stop(candidates)
}

/// The comparison of untuned servers, configured as in the examples of the manuals.
fn untuned(installations: &[Installation], stub: &Stub, delays: &[u64]) -> Result<()> {
    let mut candidates = Vec::new();
    for installation in installations {
        candidates.extend(servers::untuned(installation, stub)?);
    }
    let delays = if candidates.is_empty() { &[] } else { delays };
    for delay in delays.iter().copied() {
        stub.answer_after(Duration::from_millis(delay));
        say(&format!(
            "\nasync, untuned: {WORKERS} + {WORKERS} workers, 1024 lookups, defaults, API answers after {delay} ms"
        ));
        let mut compared: Vec<_> = candidates.iter_mut().collect();
        measure_all(&mut compared, &[128, 512, 1024])?;
        results::print(&compared, delay);
    }
    stop(candidates)
}

fn stop(candidates: Vec<Candidate>) -> Result<()> {
    candidates
        .into_iter()
        .try_for_each(|candidate| candidate.server.host.stop())
}

/// Measures calls that need no lookup, while others wait for an API that never answers.
fn print_stalled(candidates: &[Candidate]) -> Result<()> {
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
    for candidate in candidates {
        let load = |callers| Load {
            pace: Pace::Open(RATE),
            callers,
            ..Load::closed(candidate.server.host.address(), Duration::from_secs(3))
        };
        let waiting = load(Callers::Numbers(70_000));
        let waiting = thread::spawn(move || waiting.run());
        let passing = load(Callers::Withheld).run()?;
        let waiting = waiting.join().map_err(|_| "the sender panicked")??;
        table.row(vec![
            candidate.name.clone(),
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

/// Calls a second of each kind.
const RATE: u32 = 300;
