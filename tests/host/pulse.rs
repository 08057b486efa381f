// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether the machine itself stood still: a process that gets no CPU misses a deadline through no fault of its own.
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

/// How long one beat is.
const BEAT: Duration = Duration::from_millis(5);

/// A beat that is so much too long shows a machine that stood still. Deadlines are asserted with 50 ms to spare: less than this
/// explains no failure.
const STALL: Duration = Duration::from_millis(30);

/// A thread that sleeps, and notes when it overslept. It ends with this.
#[derive(Debug)]
pub(crate) struct Pulse(Arc<Mutex<Vec<Instant>>>);

impl Pulse {
    pub(crate) fn new() -> Self {
        let stalls = Arc::new(Mutex::default());
        let heart = Arc::downgrade(&stalls);
        thread::spawn(move || beat(&heart));
        Self(stalls)
    }

    /// Whether a stall ended after `start`.
    pub(crate) fn stalled_since(&self, start: Instant) -> bool {
        // A stall that is still on shows at the end of the beat.
        thread::sleep(2 * BEAT);
        let stalls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stalls.iter().any(|end| *end > start)
    }

    /// Takes into account how long a process under test was kept from running.
    pub(crate) fn note(&self, late: Duration) {
        note(&self.0, late);
    }
}

fn beat(stalls: &Weak<Mutex<Vec<Instant>>>) {
    loop {
        let start = Instant::now();
        thread::sleep(BEAT);
        let late = start.elapsed().saturating_sub(BEAT);
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
