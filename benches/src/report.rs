// SPDX-License-Identifier: GPL-2.0-or-later
//! The result of a load.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The result of a load.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// When the first call was sent.
    pub(crate) started: Instant,
    /// Calls sent.
    pub(crate) sent: u64,
    /// Calls that got no final reply within [`crate::load::PATIENCE`].
    pub(crate) lost: u64,
    /// Final replies by status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Microseconds to the final reply, sorted. They may include a sleep of the sender: [`crate::load::NAP`], or up to a millisecond in
    /// a closed loop with a slow server.
    pub(crate) latencies: Vec<u32>,
    /// Final replies in each [`TICK`] since the start.
    pub(crate) ticks: Vec<u32>,
    /// The time in which calls were sent.
    pub(crate) span: Duration,
}

impl Report {
    /// An empty report. Calls are sent for `span`, and replies are awaited for `patience` longer.
    pub(crate) fn new(span: Duration, patience: Duration) -> Self {
        let ticks = (span + patience).as_millis() / TICK.as_millis() + 1;
        Self {
            started: Instant::now(),
            sent: 0,
            lost: 0,
            statuses: BTreeMap::new(),
            latencies: Vec::with_capacity(1 << 20),
            ticks: vec![0; usize::try_from(ticks).unwrap_or(1)],
            span,
        }
    }

    /// Calls that got a final reply.
    pub(crate) fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// Answered calls a second.
    pub(crate) fn rate(&self) -> f64 {
        real(self.answered()) / self.span.as_secs_f64()
    }

    /// The latency percentile of the answered calls, in milliseconds.
    pub(crate) fn latency(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let micros = self.latencies.get(last * percent / 100).copied();
        f64::from(micros.unwrap_or(0)) / 1000.0
    }

    /// Answered calls a second between two points in time.
    pub(crate) fn rate_between(&self, from: Instant, to: Instant) -> f64 {
        let tick = |at: Instant| {
            let since = at.saturating_duration_since(self.started).as_millis();
            usize::try_from(since / TICK.as_millis()).unwrap_or(usize::MAX)
        };
        let (from, to) = (tick(from), tick(to).min(self.ticks.len()));
        let answered: u32 = self.ticks.get(from..to).unwrap_or_default().iter().sum();
        let ticks = u32::try_from(to.saturating_sub(from)).unwrap_or(1).max(1);
        f64::from(answered) / (TICK * ticks).as_secs_f64()
    }
}

/// A count as a float. Counts are small enough.
#[allow(
    clippy::cast_precision_loss,
    reason = "2^53 calls take longer than a benchmark"
)]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// The resolution of a report's course.
pub(crate) const TICK: Duration = Duration::from_millis(20);
pub(crate) const TICK_MICROS: u32 = 20_000;
