// SPDX-License-Identifier: GPL-2.0-or-later
//! Benchmarks of the module in a real Kamailio: `throughput`, `outage` and `deadline`, which `make bench` runs, `attack` and
//! `async`. In a real `OpenSIPS` there is `opensips`. For profiling there are `send`, a load on any server, and `stub`, an API that answers at
//! once or after a delay.
//!
//! They print tables with ratios from one run and assert nothing: figures of two machines, or of two days, do not compare.
#![deny(unsafe_code)]

mod asynchronous;
mod attack;
mod by_hand;
mod contest;
mod deadline;
mod invite;
mod load;
mod mmsg;
mod opensips;
mod outage;
mod pings;
mod processes;
mod report;
mod rig;
mod send;
mod stub;
mod table;
mod throughput;
mod wanted;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use testbed::Result;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            rig::say(&format!("numbers-online-bench: {trouble}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    match words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        Some(("throughput", only)) => throughput::run(only),
        Some(("outage", [])) => outage::run(),
        Some(("async", words)) => asynchronous::run(words),
        Some(("opensips", words)) => opensips::run(words),
        Some(("attack", [])) => attack::run(),
        Some(("deadline", [])) => deadline::run(""),
        Some(("deadline", [filter])) => deadline::run(filter),
        Some(("send", options)) => send::run(options),
        Some(("stub", [])) => stand_in(0),
        Some(("stub", [delay])) => stand_in(delay.parse()?),
        _ => Err(format!(
            "what to do? throughput, outage, attack, deadline, async, opensips, stub [MS], or {}",
            send::USAGE
        )
        .into()),
    }
}

/// The stand-in for the API by itself, until the end of the input. It answers after so many milliseconds.
fn stand_in(delay: u64) -> Result<()> {
    let stub = stub::Stub::blocking_calls()?;
    stub.answer_after(Duration::from_millis(delay));
    rig::say(&stub.url());
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    rig::say(&format!("{} requests", stub.requests()));
    Ok(())
}
