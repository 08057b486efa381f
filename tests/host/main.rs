// SPDX-License-Identifier: GPL-2.0-or-later
//! The module in real SIP servers, asked with real SIP, with the API played by a server that can be as rude as it likes.
//!
//! Trials come from tables and run on every server that is there; one that cannot run says what it misses and is counted as
//! ignored, never as passed. `NOL_STAGE` names the directory with the built modules, `target/stage` if it is not set. The logs
//! of all servers stay in `target/tmp/host-logs` until the next run.
mod addresses;
mod bench;
mod cache;
mod callers;
mod calls;
mod connections;
mod decisions;
mod expect;
mod faults;
mod kemi;
mod latency;
mod names;
mod operator;
mod package;
mod privacy;
mod proxied;
mod pulse;
mod redis;
mod refusals;
mod rig;
mod signing;
mod states;
mod suite;

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Trial};

use suite::Suite;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let suite = match Suite::new() {
        Ok(suite) => Arc::new(suite),
        Err(trouble) => {
            suite::say(&format!("the suite cannot start: {trouble}\n"));
            return ExitCode::FAILURE;
        }
    };
    let mut trials: Vec<Trial> = Vec::new();
    for server in suite.servers() {
        trials.extend(rig::trials(&suite, server));
        trials.extend(decisions::trials(&suite, server));
        trials.extend(calls::trials(&suite, server));
        trials.extend(refusals::trials(&suite, server));
        trials.extend(faults::trials(&suite, server));
        trials.extend(connections::trials(&suite, server));
        trials.extend(names::trials(&suite, server));
        trials.extend(addresses::trials(&suite, server));
        trials.extend(states::trials(&suite, server));
        trials.extend(proxied::trials(&suite, server));
        trials.extend(signing::trials(&suite, server));
        trials.extend(cache::trials(&suite, server));
        trials.extend(redis::trials(&suite, server));
        trials.extend(operator::trials(&suite, server));
        trials.extend(kemi::trials(&suite, server));
        trials.extend(package::trials(&suite, server));
    }
    // Last, because it waits for all others: they leave the logs that it searches.
    trials.push(privacy::trial(&suite));
    if !args.list {
        suite.say_what_is_missing();
    }
    let conclusion = libtest_mimic::run(&args, trials);
    if !args.list {
        let repeated = suite.repeated();
        suite::say(&format!(
            "{}trials repeated because the machine stood still: {repeated}\n",
            suite.latencies().report()
        ));
    }
    conclusion.exit_code()
}
