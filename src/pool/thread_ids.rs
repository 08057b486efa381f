// SPDX-License-Identifier: GPL-2.0-or-later
//! Ids of the lookup threads.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

/// As many ids as there may be threads: numbers from 0 on.
#[derive(Debug)]
pub(super) struct ThreadIds(Box<[AtomicBool]>);

/// The id of one thread. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct ThreadId {
    number: usize,
    of: Arc<ThreadIds>,
}

impl ThreadIds {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self((0..most).map(|_| AtomicBool::new(false)).collect()))
    }

    /// The lowest free id. `None`: all are in use.
    pub(super) fn acquire(self: &Arc<Self>) -> Option<ThreadId> {
        let is_free = |taken: &AtomicBool| !taken.load(Acquire) && !taken.swap(true, AcqRel);
        Some(ThreadId {
            number: self.0.iter().position(is_free)?,
            of: Arc::clone(self),
        })
    }

    /// Whether any id is in use.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|taken| taken.load(Acquire))
    }
}

impl ThreadId {
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

impl Drop for ThreadId {
    fn drop(&mut self) {
        if let Some(taken) = self.of.0.get(self.number) {
            taken.store(false, Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ThreadIds;

    #[test]
    fn no_two_threads_have_the_same_id_and_a_dropped_id_is_free_again() {
        let ids = ThreadIds::new(3);
        assert!(!ids.any());
        let [first, second, third] = [0, 1, 2].map(|number| {
            let id = ids.acquire().expect("one is left");
            assert_eq!(id.number(), number);
            id
        });
        assert!(ids.acquire().is_none());
        drop(second);
        let again = ids.acquire().expect("one is left");
        assert_eq!(again.number(), 1);
        assert!(ids.acquire().is_none());
        drop((first, third, again));
        assert!(!ids.any());
    }
}
