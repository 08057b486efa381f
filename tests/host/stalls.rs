// SPDX-License-Identifier: GPL-2.0-or-later
//! Detects stalls of the machine: a process that gets no CPU misses a deadline without a fault of its own.
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

/// How long the thread sleeps at a time.
const TICK: Duration = Duration::from_millis(5);

/// A sleep that is too long by this much is a stall. Deadlines are asserted with a margin of 50 ms, so a shorter stall explains no
/// failure.
const STALL: Duration = Duration::from_millis(30);

/// The machine is calm after so long without a stall, and is waited for no longer than this.
const CALM: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);

/// The stalls that a thread detected by sleeping too long. The thread ends with this value.
#[derive(Debug)]
pub(crate) struct Stalls(Arc<Mutex<Vec<Instant>>>);

impl Stalls {
    pub(crate) fn new() -> Self {
        let stalls = Arc::new(Mutex::default());
        let shared = Arc::downgrade(&stalls);
        thread::spawn(move || watch(&shared));
        Self(stalls)
    }

    /// Whether a stall ended after `start`.
    pub(crate) fn stalled_since(&self, start: Instant) -> bool {
        // A current stall is recorded at the end of the sleep.
        thread::sleep(2 * TICK);
        let stalls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stalls.iter().any(|end| *end > start)
    }

    /// Waits until the machine has not stalled for a while. Not for ever: on some machines that never comes.
    pub(crate) fn wait_for_calm(&self) {
        let end = Instant::now() + PATIENCE;
        let mut calm = Instant::now();
        while calm.elapsed() < CALM && Instant::now() < end {
            if self.stalled_since(calm) {
                calm = Instant::now();
            }
        }
    }

    /// Records how long a process under test had no CPU.
    pub(crate) fn note(&self, late: Duration) {
        note(&self.0, late);
    }
}

fn watch(stalls: &Weak<Mutex<Vec<Instant>>>) {
    loop {
        let start = Instant::now();
        thread::sleep(TICK);
        let late = start.elapsed().saturating_sub(TICK);
        let Some(stalls) = stalls.upgrade() else {
            return;
        };
        note(&stalls, late);
    }
}

fn note(stalls: &Mutex<Vec<Instant>>, late: Duration) {
    if late > STALL {
        let mut stalls = stalls.lock().unwrap_or_else(PoisonError::into_inner);
        stalls.push(Instant::now());
    }
}
