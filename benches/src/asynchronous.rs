// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that no SIP worker waits for: ours against `http_async_client`, and against waiting where there is no such module.

mod servers;

use std::thread;
use std::time::Duration;

use testbed::Result;

use crate::contest::{Entrant, hold, standings};
use crate::invite::Callers;
use crate::load::{Load, Pace};
use crate::rig::{Rig, say};
use crate::stub::Stub;
use crate::table::Table;
use crate::wanted::Wanted;

/// SIP workers of each server, and as many asynchronous ones.
const WORKERS: usize = 4;

/// The deadline of every lookup, in milliseconds.
const TIMEOUT: i64 = 1000;

/// Runs the benchmark. Of the words, numbers are delays of the API in milliseconds, and others are parts of the names of rows;
/// without any, all are measured.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let wanted = Wanted::of(words, &[0, 20, 100]);
    let stub = Stub::blocking_calls()?;
    let mut rigs = Vec::new();
    match Rig::unpacked("kamailio-6.0") {
        Ok(rig) => rigs.push(rig),
        Err(trouble) => say(&format!("http_async_client: skipped, {trouble}")),
    }
    rigs.push(Rig::new()?);
    let start = || -> Result<Vec<Entrant>> {
        let mut entrants = Vec::new();
        for rig in &rigs {
            entrants.extend(servers::all(rig, &stub, &|name| wanted.has(name))?);
        }
        Ok(entrants)
    };
    let mut entrants = start()?;
    for delay in wanted.delays.iter().copied() {
        stub.answer_after(Duration::from_millis(delay));
        say(&format!(
            "\nasync: {WORKERS} workers, API answers after {delay} ms"
        ));
        // As many lookups at a time as the delay takes for a server that is fully busy, and some more.
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
        let mut entered: Vec<_> = entrants
            .iter_mut()
            .filter(|entrant| !unsuited(&entrant.name))
            .collect();
        let windows = match delay {
            0..10 => [32, 128, 512],
            10..50 => [128, 512, 1024],
            _ => [1024, 2048, 3072],
        };
        hold(&mut entered, &windows)?;
        standings::print(&entered, delay);
    }
    stop(entrants)?;
    if wanted.has("untuned") {
        untuned(&rigs, &stub, &wanted.delays)?;
    }
    // Others, for memory that full speed has left in a thousand pieces is slow, and not what is measured.
    let entrants = start()?;
    stub.fall_silent();
    print_stalled(&entrants)?;
    stop(entrants)
}

/// The comparison of an operator who has read no more than the examples of the manuals.
fn untuned(rigs: &[Rig], stub: &Stub, delays: &[u64]) -> Result<()> {
    let mut entrants = Vec::new();
    for rig in rigs {
        entrants.extend(servers::untuned(rig, stub)?);
    }
    let delays = if entrants.is_empty() { &[] } else { delays };
    for delay in delays.iter().copied() {
        stub.answer_after(Duration::from_millis(delay));
        say(&format!(
            "\nasync, untuned: {WORKERS} + {WORKERS} workers, 1024 lookups, defaults, API answers after {delay} ms"
        ));
        let mut entered: Vec<_> = entrants.iter_mut().collect();
        hold(&mut entered, &[128, 512, 1024])?;
        standings::print(&entered, delay);
    }
    stop(entrants)
}

fn stop(entrants: Vec<Entrant>) -> Result<()> {
    entrants
        .into_iter()
        .try_for_each(|entrant| entrant.server.host.stop())
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
