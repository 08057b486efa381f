// SPDX-License-Identifier: GPL-2.0-or-later
//! Which calls a thread asks about when more come than can be asked about.
//!
//! The queue is served oldest first. Where calls come faster than lookups end, that alone makes every lookup start late: each
//! call has waited nearly as long as it can when a thread takes it, and no time is left for an answer that is slower than usual.
//! So a call that has no chance is not asked about. And once the queue has not been empty for a whole `timeout`, a call that has
//! waited for more than an eighth of it gives way to a younger one: a thread serves one call either way, and the younger one has
//! more time left. (This is the controlled delay of active queue management, RFC 8289, as request queues use it.)
//!
//! Newest first would serve as many, but leave the older calls without an answer until their deadline; here they are allowed
//! early. Also, oldest first guarantees that every thread ends before the deadline of all that waits behind it.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::nanoseconds;
use crate::config::Timeout;

/// How long calls have been waiting without a pause: process-local, for the threads of this process.
#[derive(Debug, Default)]
pub(super) struct Overload {
    /// Nanoseconds of the queue's clock; 0 while the queue is empty.
    waiting_since: AtomicU64,
}

/// A call that a thread has just taken from the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The time since the call began.
    pub(super) waited: Duration,
    /// Whether more calls are in the queue.
    pub(super) more: bool,
    /// The fastest recent answer of the API, if there was one.
    pub(super) fastest: Option<Duration>,
}

impl Overload {
    /// Records that the queue is empty.
    pub(super) fn note_empty(&self) {
        self.waiting_since.store(0, Relaxed);
    }

    /// Whether to ask about a call, `now` in nanoseconds of the queue's clock.
    pub(super) fn admits(&self, call: Candidate, timeout: Timeout, now: u64) -> bool {
        let mut overloaded = false;
        if call.more {
            let since = self
                .waiting_since
                .compare_exchange(0, now.max(1), Relaxed, Relaxed)
                .unwrap_or_else(|since| since);
            overloaded = since != 0 && now.saturating_sub(since) > nanoseconds(timeout.span());
        } else {
            self.note_empty();
        }
        if call.waited <= timeout.short_wait() {
            return true;
        }
        let left = timeout.span().saturating_sub(call.waited);
        left > needed(timeout, call.fastest) && !overloaded
    }
}

/// The time that must be left for an answer to be likely.
fn needed(timeout: Timeout, fastest: Option<Duration>) -> Duration {
    // An answer takes a little longer than the fastest one.
    let likely = fastest.map_or(Duration::ZERO, |fastest| fastest + fastest / 8);
    timeout.least().max(likely)
}

#[cfg(test)]
mod tests;
