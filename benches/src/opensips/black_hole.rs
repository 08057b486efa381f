// SPDX-License-Identifier: GPL-2.0-or-later
//! OPTIONS, which need no lookup, while calls need one from an API that cannot be reached.

use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use testbed::{BlackHole, Result};

use super::servers::{Method, Sips};
use super::{SECONDS, WORKERS};
use crate::installation::say;
use crate::load::{Load, Pace};
use crate::pings::Pings;
use crate::table::Table;

/// Measures the asynchronous methods: with one worker, so that each time the worker blocks delays the OPTIONS, and with all workers.
pub(super) fn run(sips: &Sips, methods: &[Method]) -> Result<()> {
    let hole = BlackHole::at((Ipv4Addr::LOCALHOST, 0).into())?;
    let url = format!("http://{}", hole.address());
    say(&format!(
        "\nopensips: the API's host answers no SYN; calls with {SECONDS} s for it, for {} s, and OPTIONS beside them",
        SPAN.as_secs()
    ));
    let mut table = Table::new(&[
        "",
        "workers",
        "calls/s",
        "OPTIONS",
        "p50 ms",
        "p99 ms",
        "max ms",
        "> 5 ms",
        "lost",
        "no CPU ms",
        "| alone: max ms",
        "> 5 ms",
        "| calls: p50 ms",
        "max ms",
        "lost",
    ]);
    for method in methods.iter().filter(|one| !one.is_waiting()) {
        for (workers, rate) in [(1, FEW), (WORKERS, FEW), (WORKERS, MANY)] {
            // A baseline that blocks with few calls is not measured with many.
            if method.baseline().is_some() && rate == MANY {
                continue;
            }
            table.row(measure(sips, method, workers, rate, &url)?);
        }
    }
    table.print();
    say(
        "bar: none of ours > 5 ms, but for those that are so alone too; no CPU: all that its processes waited for one. rest_client waits in the worker for its connection_timeout, 20 s by default. \
         Of calls, those are lost that took longer than 1.5 s.",
    );
    Ok(())
}

fn measure(
    sips: &Sips,
    method: &Method,
    workers: usize,
    rate: u32,
    url: &str,
) -> Result<Vec<String>> {
    // It is killed with its guard: a server that still waits would not end on request.
    let server = sips.start(method, workers, url)?;
    let address = server.host.address();
    let alone = Pings::run(address, SPAN)?;
    let load = Load {
        pace: Pace::Open(rate),
        ..Load::closed(address, SPAN)
    };
    let waited = server.waited();
    let calls = thread::spawn(move || load.run());
    let beside = Pings::run(address, SPAN)?;
    let waited = server.waited().saturating_sub(waited);
    let calls = calls.join().map_err(|_| "the sender panicked")??;
    Ok(vec![
        sips.row(method),
        workers.to_string(),
        rate.to_string(),
        beside.sent().to_string(),
        format!("{:.2}", beside.latency(50)),
        format!("{:.2}", beside.latency(99)),
        format!("{:.2}", beside.latency(100)),
        beside.longer_than(BAR).to_string(),
        beside.lost.to_string(),
        waited.as_millis().to_string(),
        format!("{:.2}", alone.latency(100)),
        alone.longer_than(BAR).to_string(),
        format!("{:.0}", calls.latency(50)),
        format!("{:.0}", calls.latency(100)),
        calls.lost.to_string(),
    ])
}

/// The longest time that a worker may be blocked.
const BAR: Duration = Duration::from_millis(5);

/// How long calls are sent.
const SPAN: Duration = Duration::from_secs(2);

/// Calls a second: so few that one blocked worker is through with them in less than [`crate::pings`]' patience, and many.
const FEW: u32 = 10;
const MANY: u32 = 300;
