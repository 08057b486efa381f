// SPDX-License-Identifier: GPL-2.0-or-later
//! Benchmarks of the module.
//!
//! * In Kamailio: `throughput`, `outage` and `deadline`, which `make bench` runs; `attack` and `async`.
//! * In `OpenSIPS`: `opensips`.
//! * Without a server: `numbers`, `lists`.
//! * For profiling: `send`, a load on any server, and `stub`, an API that answers at once or after a delay.
//!
//! They print tables with ratios from one run and assert nothing. Figures of different machines or days cannot be compared.
#![deny(unsafe_code)]

mod asynchronous;
mod attack;
mod by_hand;
mod comparison;
mod deadline;
mod installation;
mod invite;
mod lists;
mod load;
mod mmsg;
mod numbers;
mod opensips;
mod outage;
mod pings;
mod processes;
mod report;
mod selection;
mod send;
mod stub;
mod table;
mod throughput;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use testbed::Result;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            installation::say(&format!("numbers-online-bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    match arguments
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        Some(("throughput", only)) => throughput::run(only),
        Some(("outage", [])) => outage::run(),
        Some(("async", arguments)) => asynchronous::run(arguments),
        Some(("opensips", arguments)) => opensips::run(arguments),
        Some(("numbers", [])) => {
            numbers::run();
            Ok(())
        }
        Some(("attack", [])) => attack::run(),
        Some(("lists", [])) => lists::run(),
        Some(("deadline", [])) => deadline::run(""),
        Some(("deadline", [filter])) => deadline::run(filter),
        Some(("send", options)) => send::run(options),
        Some(("stub", [])) => stand_in(0),
        Some(("stub", [delay])) => stand_in(delay.parse()?),
        _ => Err(format!(
            "what to do? throughput, outage, attack, deadline, lists, numbers, async, opensips, stub [MS], or {}",
            send::USAGE
        )
        .into()),
    }
}

/// Runs only the stand-in for the API, until the end of the input. `delay` is in milliseconds.
fn stand_in(delay: u64) -> Result<()> {
    let stub = stub::Stub::blocking_calls()?;
    stub.answer_after(Duration::from_millis(delay));
    installation::say(&stub.url());
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    installation::say(&format!("{} requests", stub.requests()));
    Ok(())
}
