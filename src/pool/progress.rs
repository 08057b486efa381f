// SPDX-License-Identifier: GPL-2.0-or-later
//! Counters that show, without a search, whether the queue holds anything to take or to deliver.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crate::os::futex;
use crate::os::shared::shareable;

shareable! {
    /// How much has been put into the queue and taken from it. A step is made first and counted after it. A process that dies
    /// between the two leaves a difference; then the others search the queue in vain until [`Progress::recount`].
    pub(super) struct Progress {
        /// Questions handed over, and those of them that have been taken or given up.
        queued: AtomicU32,
        dequeued: AtomicU32,
        /// Answers, and those of them that have been delivered or collected. Processes that wait for an answer sleep on
        /// `answered`.
        answered: AtomicU32,
        delivered: AtomicU32,
        /// How many threads sleep until there is an answer.
        listeners: AtomicU32,
    }
}

impl Progress {
    /// A question was handed over.
    pub(super) fn queued(&self) {
        self.queued.fetch_add(1, SeqCst);
    }

    /// A question was taken or given up.
    pub(super) fn dequeued(&self) {
        self.dequeued.fetch_add(1, SeqCst);
    }

    /// Whether there may be a question to take.
    pub(super) fn may_have_question(&self) -> bool {
        self.queued.load(SeqCst) != self.dequeued.load(SeqCst)
    }

    /// A question was answered. Wakes all that wait for an answer.
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, SeqCst);
        if self.listeners.load(SeqCst) > 0 {
            futex::wake_all(&self.answered);
        }
    }

    /// An answer was delivered or collected.
    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, SeqCst);
    }

    /// Whether there may be an answer to deliver.
    pub(super) fn may_have_answer(&self) -> bool {
        self.answered.load(SeqCst) != self.delivered.load(SeqCst)
    }

    /// Sets the number of undelivered answers, after the death of a process that may not have counted.
    pub(super) fn recount(&self, undelivered: u32) {
        let delivered = self.answered.load(SeqCst).wrapping_sub(undelivered);
        self.delivered.store(delivered, SeqCst);
    }

    /// The number to give to [`Progress::wait`].
    pub(super) fn sequence(&self) -> u32 {
        self.answered.load(SeqCst)
    }

    /// Sleeps until something is answered, for `span` at most. Does not sleep if something was answered since `seen` was read.
    pub(super) fn wait(&self, seen: u32, span: Duration) {
        self.listeners.fetch_add(1, SeqCst);
        futex::wait(&self.answered, seen, span);
        self.listeners.fetch_sub(1, SeqCst);
    }
}
