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

/// Measures one phase after the other.
#[derive(Debug)]
pub(super) struct Timings {
    last: Instant,
    phases: Vec<(Phase, Duration)>,
}

impl Timings {
    pub(super) fn started() -> Self {
        Self {
            last: Instant::now(),
            phases: Vec::new(),
        }
    }

    /// Ends a phase.
    pub(super) fn end(&mut self, phase: Phase) {
        let now = Instant::now();
        self.phases.push((phase, now.duration_since(self.last)));
        self.last = now;
    }

    /// The phases so far, in their order.
    pub(super) fn phases(self) -> Vec<(Phase, Duration)> {
        self.phases
    }
}
