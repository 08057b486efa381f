// SPDX-License-Identifier: GPL-2.0-or-later
//! Log lines of the threads: only the server's own thread may write to the server's log.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::log::{Level, Log};

/// Lines that wait to be written: 100 at most. Those beyond are counted.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<(Level, String)>,
    lost: usize,
}

impl LogQueue {
    /// Writes all lines. Where there is none, waits for the first one, for `span` at most.
    pub(super) fn write(&self, log: &dyn Log, span: Duration) {
        let mut waiting = self.lock();
        if waiting.lines.is_empty() && !span.is_zero() {
            let waited = self
                .arrived
                .wait_timeout_while(waiting, span, |waiting| waiting.lines.is_empty());
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let Waiting { lines, lost } = std::mem::take(&mut *waiting);
        drop(waiting);
        for (level, text) in lines {
            log.line(level, &text);
        }
        if lost > 0 {
            log.line(Level::Warning, &format!("{lost} more lines like these"));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for LogQueue {
    fn line(&self, level: Level, text: &str) {
        let mut waiting = self.lock();
        if waiting.lines.len() < MOST {
            waiting.lines.push_back((level, text.to_owned()));
            self.arrived.notify_one();
        } else {
            waiting.lost += 1;
        }
    }
}

const MOST: usize = 100;

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{LogQueue, MOST};
    use crate::log::{Level, Log};

    #[derive(Default)]
    struct Kept(RefCell<Vec<String>>);

    impl Log for Kept {
        fn line(&self, _: Level, text: &str) {
            self.0.borrow_mut().push(text.to_owned());
        }
    }

    #[test]
    fn lines_of_a_thread_are_written_in_their_order_by_another() {
        let lines = LogQueue::default();
        let kept = Kept::default();
        thread::scope(|scope| {
            scope.spawn(|| {
                lines.line(Level::Error, "first");
                lines.line(Level::Error, "second");
            });
            while kept.0.borrow().len() < 2 {
                lines.write(&kept, Duration::from_secs(1));
            }
        });
        assert_eq!(*kept.0.borrow(), ["first", "second"]);
    }

    #[test]
    fn lines_beyond_the_most_are_counted_and_an_empty_queue_is_waited_for_in_time() {
        let lines = LogQueue::default();
        for _ in 0..MOST + 3 {
            lines.line(Level::Warning, "again");
        }
        let kept = Kept::default();
        lines.write(&kept, Duration::ZERO);
        assert_eq!(kept.0.borrow().len(), MOST + 1);
        assert_eq!(
            kept.0.borrow().last().map(String::as_str),
            Some("3 more lines like these")
        );
        let start = Instant::now();
        lines.write(&kept, Duration::from_millis(1));
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}
