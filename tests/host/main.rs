// SPDX-License-Identifier: GPL-2.0-or-later
//! The module in real SIP servers, with real SIP and a simulated API, whose faults are part of the trials.
//!
//! Trials come from tables and run on every server that is found. One that cannot run reports what is missing. It counts as ignored,
//! never as passed. `NOL_STAGE` names the directory with the built modules, `target/stage` if it is not set. The logs
//! of all servers stay in `target/tmp/host-logs` until the next run.
mod addresses;
mod admission;
mod bench;
mod beside_tls;
mod cache;
mod callers;
mod calls;
mod causes;
mod connections;
mod contact;
mod decisions;
mod dsiprouter;
mod emergency;
mod expect;
mod faults;
mod identity;
mod kemi;
mod labels;
mod latency;
mod lists;
mod names;
mod network_blocked;
mod numbers;
mod operator;
mod overrides;
mod package;
mod privacy;
mod profiles;
mod proxied;
mod reasons;
mod record;
mod redirect_server;
mod redis;
mod refusals;
mod repetition;
mod replies;
mod resolution;
mod sbc;
mod self_test;
mod shadow;
mod shortage;
mod signing;
mod stalls;
mod subject;
mod suite;
mod suspended;
mod torture;
mod versions;
mod withheld;

use std::{num::NonZero, process::ExitCode, sync::Arc, thread};

use libtest_mimic::{Arguments, Trial};
use testbed::Form;

use subject::Subject;
use suite::Suite;
use versions::Absent;

/// How many trials run at once. One takes half a second, most of it until a deadline, and 50 ms of a CPU.
const TRIALS_PER_CORE: usize = 4;

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    // A trial mostly waits.
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    args.test_threads.get_or_insert(TRIALS_PER_CORE * cores);
    let suite = match Suite::new() {
        Ok(suite) => Arc::new(suite),
        Err(trouble) => {
            suite::say(&format!("the suite cannot start: {trouble}\n"));
            return ExitCode::FAILURE;
        }
    };
    let mut trials: Vec<Trial> = suite.absent().iter().map(Absent::trial).collect();
    for subject in Subject::all(suite.servers()) {
        trials.extend(on_calls(&suite, &subject));
        if subject.form == Form::Sync {
            trials.extend(on_the_server(&suite, &subject));
        }
    }
    trials.push(repetition::trial());
    // Last, because it waits for all others and then searches their logs.
    trials.push(privacy::trial(&suite));
    if !args.list {
        suite.say_what_is_missing();
    }
    let conclusion = libtest_mimic::run(&args, trials);
    if !args.list {
        suite::say(&format!("{}{}", suite.latencies().report(), suite.record()));
    }
    if suite.record().has_too_many_repetitions() {
        suite::say(
            "too many trials were repeated: the result is not to be believed, on a machine as busy as this\n",
        );
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

/// Trials of calls, for both forms of the script function.
fn on_calls(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    [
        decisions::trials,
        calls::trials,
        emergency::trials,
        lists::trials,
        identity::trials,
        withheld::trials,
        numbers::trials,
        shadow::trials,
        torture::trials,
        sbc::trials,
        faults::trials,
        connections::trials,
        names::trials,
        addresses::trials,
        admission::trials,
        resolution::trials,
        proxied::trials,
        signing::trials,
        cache::trials,
        redis::trials,
        beside_tls::trials,
        reasons::trials,
        network_blocked::trials,
        labels::trials,
        shortage::trials,
        profiles::trials,
        contact::trials,
        overrides::trials,
    ]
    .iter()
    .flat_map(|trials| trials(suite, subject))
    .collect()
}

/// Trials that do not depend on the form.
fn on_the_server(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    [
        self_test::trials,
        refusals::trials,
        causes::trials,
        replies::trials,
        emergency::server_trials,
        lists::server_trials,
        shadow::server_trials,
        sbc::server_trials,
        operator::trials,
        profiles::server_trials,
        kemi::trials,
        suspended::trials,
        package::trials,
        dsiprouter::trials,
    ]
    .iter()
    .flat_map(|trials| trials(suite, subject))
    .collect()
}
