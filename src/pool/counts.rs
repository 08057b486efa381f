// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether there is anything on the desk to look for.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use crate::ffi::futex;
use crate::ffi::shared::shareable;

shareable! {
    /// What has been put on the desk and taken from it so far. Each step is made first and counted then; whoever dies between
    /// the two leaves a difference, after which the others look at the desk itself ([`Counts::recount`]).
    pub(super) struct Counts {
        /// Questions handed over, and those of them that nobody need take any more.
        asked: AtomicU32,
        dealt_with: AtomicU32,
        /// Answers, which who waits for one sleeps on, and those that have been told or collected.
        answered: AtomicU32,
        heard: AtomicU32,
        /// How many sleep until there is an answer.
        listeners: AtomicU32,
    }
}

impl Counts {
    /// A question was handed over.
    pub(super) fn asked(&self) {
        self.asked.fetch_add(1, SeqCst);
    }

    /// A question need not be taken any more.
    pub(super) fn dealt_with(&self) {
        self.dealt_with.fetch_add(1, SeqCst);
    }

    /// Whether there may be a question to take.
    pub(super) fn may_have_question(&self) -> bool {
        self.asked.load(SeqCst) != self.dealt_with.load(SeqCst)
    }

    /// A question was answered. Wakes who listens.
    pub(super) fn answered(&self) {
        self.answered.fetch_add(1, SeqCst);
        if self.listeners.load(SeqCst) > 0 {
            futex::wake_all(&self.answered);
        }
    }

    /// An answer need not be told any more.
    pub(super) fn heard(&self) {
        self.heard.fetch_add(1, SeqCst);
    }

    /// Whether there may be an answer to tell.
    pub(super) fn may_have_answer(&self) -> bool {
        self.answered.load(SeqCst) != self.heard.load(SeqCst)
    }

    /// So many answers are there to be told: whoever had not counted them is dead.
    pub(super) fn recount(&self, untold: u32) {
        let heard = self.answered.load(SeqCst).wrapping_sub(untold);
        self.heard.store(heard, SeqCst);
    }

    /// What [`Counts::listen`] needs.
    pub(super) fn bell(&self) -> u32 {
        self.answered.load(SeqCst)
    }

    /// Sleeps unless something was answered since the bell was read; for `span` at most.
    pub(super) fn listen(&self, bell: u32, span: Duration) {
        self.listeners.fetch_add(1, SeqCst);
        futex::wait(&self.answered, bell, span);
        self.listeners.fetch_sub(1, SeqCst);
    }
}
