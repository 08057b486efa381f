// SPDX-License-Identifier: GPL-2.0-or-later
//! Threads that sleep because there is no work.

use std::io;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use crate::os::futex;
use crate::os::shared::SharedSlice;

/// The threads that sleep, in memory that processes may share. The one with the lowest id is woken first: so no more threads
/// are awake than there is work for, and their caches are warm.
#[derive(Debug)]
pub(super) struct Waiters {
    /// A bit for each thread: 1 while it sleeps.
    asleep: SharedSlice<AtomicU64>,
    /// What each of them sleeps on: counts how often it was woken.
    alarms: SharedSlice<AtomicU32>,
}

impl Waiters {
    /// For `most` threads. An error if there is no memory for it.
    pub(super) fn new(most: usize) -> io::Result<Self> {
        Ok(Self {
            asleep: SharedSlice::new(most.div_ceil(64))?,
            alarms: SharedSlice::new(most)?,
        })
    }

    /// Sleeps until [`Waiters::wake_one`] wakes this thread, for `span` at most. Does not sleep if there is work already.
    ///
    /// A producer first publishes the work with a sequentially consistent store, which `has_work` reads, and then wakes. So
    /// either the producer sees this thread's bit, or this thread sees the work.
    pub(super) fn sleep(&self, thread: usize, span: Duration, has_work: impl FnOnce() -> bool) {
        let (Some(word), Some(alarm)) = (self.asleep.get(thread / 64), self.alarms.get(thread))
        else {
            return;
        };
        let (bit, delivered) = (1 << (thread % 64), alarm.load(SeqCst));
        word.fetch_or(bit, SeqCst);
        if !has_work() {
            futex::wait(alarm, delivered, span);
        }
        word.fetch_and(!bit, SeqCst);
    }

    /// Wakes one thread, if any sleeps.
    pub(super) fn wake_one(&self) {
        for (word, first) in self.asleep.iter().zip((0..).step_by(64)) {
            let mut seen = word.load(SeqCst);
            while seen != 0 {
                let bit = seen & seen.wrapping_neg();
                let before = word.fetch_and(!bit, SeqCst);
                if before & bit != 0 {
                    let thread = first + usize::try_from(bit.trailing_zeros()).unwrap_or(0);
                    if let Some(alarm) = self.alarms.get(thread) {
                        alarm.fetch_add(1, SeqCst);
                        futex::wake_one(alarm);
                    }
                    return;
                }
                // Another thread has woken it.
                seen = before & !bit;
            }
        }
    }

    /// Whether any thread sleeps.
    pub(super) fn any(&self) -> bool {
        self.asleep.iter().any(|word| word.load(SeqCst) != 0)
    }

    /// Forgets all threads: their process is dead.
    pub(super) fn forget(&self) {
        for word in self.asleep.iter() {
            word.store(0, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::SeqCst;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::Waiters;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn the_thread_with_the_lowest_id_is_woken_first() {
        let waiters = Waiters::new(130).expect("memory");
        let woken = AtomicU32::new(0);
        waiters.wake_one();
        thread::scope(|scope| {
            for number in [129, 64, 3] {
                let (waiters, woken) = (&waiters, &woken);
                scope.spawn(move || {
                    waiters.sleep(number, LONG, || false);
                    woken.fetch_add(u32::try_from(number).expect("small"), SeqCst);
                });
            }
            let asleep = || {
                waiters
                    .asleep
                    .iter()
                    .map(|word| word.load(SeqCst).count_ones())
            };
            while asleep().sum::<u32>() < 3 {
                thread::yield_now();
            }
            for sum in [3, 67, 196] {
                assert!(waiters.any());
                waiters.wake_one();
                while woken.load(SeqCst) < sum {
                    thread::yield_now();
                }
                assert_eq!(woken.load(SeqCst), sum);
            }
        });
        assert!(!waiters.any());
    }

    #[test]
    fn no_thread_sleeps_while_there_is_work_or_longer_than_its_time() {
        let waiters = Waiters::new(1).expect("memory");
        let start = Instant::now();
        waiters.sleep(0, LONG, || true);
        waiters.sleep(0, Duration::from_millis(1), || false);
        assert!(start.elapsed() < LONG && !waiters.any());
    }
}
