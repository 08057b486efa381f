// SPDX-License-Identifier: GPL-2.0-or-later
//! `OpenSIPS`: this module against `rest_client` and the json module, with an API that answers and with one that cannot be reached.

mod black_hole;
mod servers;

use std::time::Duration;

use testbed::Result;

use self::servers::{Method, Sips};
use crate::comparison::{Candidate, measure_all, results};
use crate::installation::say;
use crate::selection::Selection;
use crate::stub::Stub;

/// SIP workers of each server.
const WORKERS: usize = 4;

/// The time for a lookup in seconds, the unit of `rest_client`.
const SECONDS: i64 = 1;

/// Runs the benchmark. The arguments are those of [`crate::asynchronous::run`], and the delay `black-hole`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let sips = match Sips::new() {
        Ok(sips) => sips,
        Err(error) => {
            say(&format!("opensips: skipped, {error}"));
            return Ok(());
        }
    };
    let is_hole = |argument: &&String| argument.as_str() == "black-hole";
    let others: Vec<String> = arguments
        .iter()
        .filter(|argument| !is_hole(argument))
        .cloned()
        .collect();
    let selection = Selection::of(&others, &[0, 20, 100]);
    let methods: Vec<Method> = Method::all()
        .into_iter()
        .filter(|method| sips.can(method) && selection.has(&sips.row(method)))
        .collect();
    let has_delays = others
        .iter()
        .any(|argument| argument.parse::<u64>().is_ok());
    let has_hole = arguments.iter().any(|argument| is_hole(&argument));
    if has_delays || !has_hole {
        compare(&sips, &methods, &selection.delays)?;
    }
    if has_hole || !has_delays {
        black_hole::run(&sips, &methods)?;
    }
    Ok(())
}

fn compare(sips: &Sips, methods: &[Method], delays: &[u64]) -> Result<()> {
    let stub = Stub::blocking_calls()?;
    let mut candidates = Vec::new();
    for method in methods {
        let server = sips.start(method, WORKERS, &stub.url())?;
        let name = sips.row(method);
        let candidate = match method.baseline() {
            Some(short) => Candidate::baseline(short, name, server),
            None => Candidate::ours(name, server),
        };
        candidates.push(if method.is_waiting() {
            candidate.waiting()
        } else {
            candidate
        });
    }
    for delay in delays {
        stub.answer_after(Duration::from_millis(*delay));
        say(&format!(
            "\nopensips: {WORKERS} UDP workers, API answers after {delay} ms"
        ));
        let windows: &[u32] = match delay {
            0..10 => &[32, 128, 512],
            10..50 => &[32, 128, 512, 1024],
            _ => &[128, 256, 512, 1024, 2048],
        };
        let mut compared: Vec<_> = candidates.iter_mut().collect();
        measure_all(&mut compared, windows)?;
        results::print(&compared, *delay);
    }
    say("bars at 100 ms: asynchronous ones of ours x async at least 1.00, p99 - API at most 15.00");
    for candidate in candidates {
        candidate.server.host.stop()?;
    }
    Ok(())
}
