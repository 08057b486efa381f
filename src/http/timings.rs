// SPDX-License-Identifier: GPL-2.0-or-later
//! How long the phases of a request take.

use std::time::{Duration, Instant};

/// A phase of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution.
    Dns,
    /// TCP, and the proxy's tunnel.
    Connect,
    /// The TLS handshake.
    Tls,
    /// From the request to the last byte of the answer.
    Response,
}

/// Takes the time of one phase after the other.
#[derive(Debug)]
pub(super) struct Timings {
    last: Instant,
    laps: Vec<(Phase, Duration)>,
}

impl Timings {
    pub(super) fn started() -> Self {
        Self {
            last: Instant::now(),
            laps: Vec::new(),
        }
    }

    /// A phase is over.
    pub(super) fn lap(&mut self, phase: Phase) {
        let now = Instant::now();
        self.laps.push((phase, now.duration_since(self.last)));
        self.last = now;
    }

    pub(super) fn laps(self) -> Vec<(Phase, Duration)> {
        self.laps
    }
}
