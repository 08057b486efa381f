// SPDX-License-Identifier: GPL-2.0-or-later
//! The report at the end of a run: which trials were repeated and why, and which took longest.
use std::{
    fmt::{self, Display, Formatter},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How many of the slowest trials are named.
const SLOWEST: usize = 10;

/// The limit of repetitions in a hundred trials. With more the run fails.
const REPETITIONS_IN_A_HUNDRED: usize = 2;
const A_FEW: usize = 10;

/// Kept by the suite, filled by its trials.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    repeated: Vec<String>,
    took: Vec<(Duration, String)>,
}

impl Record {
    /// Records that a trial is repeated. Its failure does not count, but is printed.
    pub(crate) fn repeated(&self, trial: &str, reason: &str, failure: &str) {
        let first = failure.lines().next().unwrap_or_default();
        self.add(|entries| entries.repeated.push(format!("{trial}: {reason}: {first}")));
    }

    /// Records that a trial has ended, with all its repetitions.
    pub(crate) fn took(&self, trial: &str, time: Duration) {
        self.add(|entries| entries.took.push((time, trial.to_owned())));
    }

    /// Whether so many trials were repeated that the run proves nothing.
    pub(crate) fn has_too_many_repetitions(&self) -> bool {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = entries.took.len() * REPETITIONS_IN_A_HUNDRED / 100;
        entries.repeated.len() > most.max(A_FEW)
    }

    fn add(&self, add: impl FnOnce(&mut Entries)) {
        add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Display for Record {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut took: Vec<_> = entries.took.iter().collect();
        took.sort_unstable_by(|one, other| other.cmp(one));
        let all: Duration = took.iter().map(|(time, _)| *time).sum();
        writeln!(
            to,
            "seconds of all trials: {:.1}; the slowest:",
            all.as_secs_f64()
        )?;
        for (time, trial) in took.iter().take(SLOWEST) {
            writeln!(to, "  {:6.1} {trial}", time.as_secs_f64())?;
        }
        writeln!(to, "trials repeated: {}", entries.repeated.len())?;
        entries
            .repeated
            .iter()
            .try_for_each(|line| writeln!(to, "  {line}"))
    }
}
