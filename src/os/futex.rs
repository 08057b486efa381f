// SPDX-License-Identifier: GPL-2.0-or-later
//! Sleeping until another process changes a word of shared memory (futex(2)).

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::thread;
use std::time::Duration;

/// Sleeps while `word` is `expected`, until [`wake_one`] or [`wake_all`], and for `span` at most. It may return early, so the
/// caller must check its condition again.
pub(crate) fn wait(word: &AtomicU32, expected: u32, span: Duration) {
    let span = libc::timespec {
        tv_sec: libc::time_t::try_from(span.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: span.subsec_nanos().into(),
    };
    // Without FUTEX_PRIVATE_FLAG: other processes may wait on it.
    // SAFETY: `word` and `span` are borrowed for the call, and FUTEX_WAIT only reads them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT,
            expected,
            &raw const span,
        )
    };
    if result == 0 {
        return;
    }
    match std::io::Error::last_os_error().raw_os_error() {
        // The word had changed, a signal came, or the time is over.
        Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT) => {}
        // In a sandbox without futexes: wait without using the processor.
        _ => thread::sleep(Duration::from_millis(1)),
    }
}

/// Wakes one thread that sleeps on `word`, if there is one.
pub(crate) fn wake_one(word: &AtomicU32) {
    wake(word, 1);
}

/// Wakes all threads that sleep on `word`.
pub(crate) fn wake_all(word: &AtomicU32) {
    wake(word, libc::c_int::MAX);
}

fn wake(word: &AtomicU32, most: libc::c_int) {
    // SAFETY: FUTEX_WAKE uses the address of `word`, which is borrowed for the call, and does not access it.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE,
            most,
            ptr::null::<libc::timespec>(),
        )
    };
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::SeqCst;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::{wait, wake_all};

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn a_wait_ends_when_its_time_is_over() {
        let start = Instant::now();
        wait(&AtomicU32::new(0), 0, Duration::from_millis(20));
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn a_word_that_has_changed_is_not_waited_for() {
        let start = Instant::now();
        wait(&AtomicU32::new(1), 0, LONG);
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn all_threads_that_sleep_are_woken() {
        let word = AtomicU32::new(0);
        let start = Instant::now();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while word.load(SeqCst) == 0 {
                        wait(&word, 0, LONG);
                    }
                });
            }
            thread::sleep(Duration::from_millis(20));
            word.store(1, SeqCst);
            wake_all(&word);
        });
        assert!(start.elapsed() < LONG);
    }
}
