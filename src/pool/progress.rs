// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether there is anything on the queue to look for.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crate::os::futex;
use crate::os::shared::shareable;

shareable! {
    /// What has been put on the queue and taken from it so far. Each step is made first and counted then; whoever dies between
    /// the two leaves a difference, after which the others look at the queue itself ([`Progress::recount`]).
    pub(super) struct Progress {
        /// Questions handed over, and those of them that nobody need take any more.
        queued: AtomicU32,
        dequeued: AtomicU32,
        /// Answers, which who waits for one sleeps on, and those that have been delivered or collected.
        answered: AtomicU32,
        delivered: AtomicU32,
        /// How many sleep until there is an answer.
        listeners: AtomicU32,
    }
}

impl Progress {
    /// A question was handed over.
    pub(super) fn queued(&self) {
        self.queued.fetch_add(1, SeqCst);
    }

    /// A question need not be taken any more.
    pub(super) fn dequeued(&self) {
        self.dequeued.fetch_add(1, SeqCst);
    }

    /// Whether there may be a question to take.
    pub(super) fn may_have_question(&self) -> bool {
        self.queued.load(SeqCst) != self.dequeued.load(SeqCst)
    }

    /// A question was answered. Wakes who listens.
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, SeqCst);
        if self.listeners.load(SeqCst) > 0 {
            futex::wake_all(&self.answered);
        }
    }

    /// An answer need not be delivered any more.
    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, SeqCst);
    }

    /// Whether there may be an answer to tell.
    pub(super) fn may_have_answer(&self) -> bool {
        self.answered.load(SeqCst) != self.delivered.load(SeqCst)
    }

    /// So many answers are there to be delivered: whoever had not counted them is dead.
    pub(super) fn recount(&self, undelivered: u32) {
        let delivered = self.answered.load(SeqCst).wrapping_sub(undelivered);
        self.delivered.store(delivered, SeqCst);
    }

    /// What [`Progress::wait`] needs.
    pub(super) fn sequence(&self) -> u32 {
        self.answered.load(SeqCst)
    }

    /// Sleeps unless something was answered since the seen was read; for `span` at most.
    pub(super) fn wait(&self, seen: u32, span: Duration) {
        self.listeners.fetch_add(1, SeqCst);
        futex::wait(&self.answered, seen, span);
        self.listeners.fetch_sub(1, SeqCst);
    }
}
