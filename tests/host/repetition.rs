// SPDX-License-Identifier: GPL-2.0-or-later
//! Failures that prove nothing about the module. Their trials are repeated, and the report names each of them.
//!
//! There must be evidence, and the failure must be of the kind that the evidence explains. A wrong decision is a wrong decision
//! on every machine: it is never repeated because of a stall.
use libtest_mimic::{Failed, Trial};
use testbed::LOCKED_UP;

use crate::{
    bench::WITHIN,
    latency::{EARLY, LATE},
};

/// How often a trial may be run.
pub(crate) const ATTEMPTS: usize = 4;

/// How the failure begins of a trial in which Redis had no CPU for longer than the module waits for it.
pub(crate) const SLOW_REDIS: &str = "Redis did not answer in the 10 ms that the module waits";

/// Why a trial with this failure is repeated, if it is. `stalled` returns whether the machine stalled meanwhile.
pub(crate) fn reason(failure: &str, stalled: impl FnOnce() -> bool) -> Option<&'static str> {
    if failure.starts_with(LOCKED_UP) {
        return Some("a server locked itself up at its end");
    }
    if failure.starts_with(SLOW_REDIS) {
        return Some("Redis had no CPU");
    }
    (is_about_time(failure) && stalled()).then_some("the machine stood still")
}

/// Whether a deadline was missed, or a call met one that it should not have met.
fn is_about_time(failure: &str) -> bool {
    let missed = [LATE, EARLY, WITHIN];
    let met = |line: &str| {
        let found = line.split_once("found ").map(|(_, found)| found);
        found.is_some_and(|found| found.contains("\"timeout_"))
    };
    missed.iter().any(|words| failure.contains(words)) || failure.lines().any(met)
}

/// Checks all that, without a server.
pub(crate) fn trial() -> Trial {
    Trial::test("suite/no stall excuses a wrong decision", || {
        for (failure, stalled, repeated) in [
            ("the function took 352200 us, timeout 300 ms", true, true),
            ("the function took 352200 us, timeout 300 ms", false, false),
            (
                "failure: wanted \"none\", found \"timeout_response\"",
                true,
                true,
            ),
            (
                "failure: wanted \"timeout_response\", found \"none\"",
                true,
                false,
            ),
            ("decision: wanted \"block\", found \"allow\"", true, false),
            ("the server died: signal: 11", true, false),
            (LOCKED_UP, false, true),
            (SLOW_REDIS, false, true),
        ] {
            if reason(failure, || stalled).is_some() != repeated {
                return Err(Failed::from(format!("stalled: {stalled}: {failure}")));
            }
        }
        Ok(())
    })
}
