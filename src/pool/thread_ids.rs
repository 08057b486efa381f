// SPDX-License-Identifier: GPL-2.0-or-later
//! Which thread is which.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

/// As many numbers as there may be threads.
#[derive(Debug)]
pub(super) struct ThreadIds(Box<[AtomicBool]>);

/// A number that no other thread has as long as this one has it.
#[derive(Debug)]
pub(super) struct ThreadId {
    number: usize,
    of: Arc<ThreadIds>,
}

impl ThreadIds {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self((0..most).map(|_| AtomicBool::new(false)).collect()))
    }

    /// The lowest that nobody has. `None`: there are threads enough.
    pub(super) fn acquire(self: &Arc<Self>) -> Option<ThreadId> {
        let is_free = |taken: &AtomicBool| !taken.load(Acquire) && !taken.swap(true, AcqRel);
        Some(ThreadId {
            number: self.0.iter().position(is_free)?,
            of: Arc::clone(self),
        })
    }

    /// Whether somebody has one.
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
    fn no_two_have_the_same_number_and_whoever_goes_gives_it_back() {
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
