// SPDX-License-Identifier: GPL-2.0-or-later
//! Signal masks of threads. Signals are for the server's own thread.

use std::mem::MaybeUninit;
use std::ptr;

/// Runs `body` with all signals blocked except those that a fault of the code raises. Threads made in `body` inherit that mask.
pub(crate) fn while_blocked<T>(body: impl FnOnce() -> T) -> T {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset writes the whole set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    for fault in FAULTS {
        // SAFETY: the set was filled above, and the signal exists.
        unsafe { libc::sigdelset(all.as_mut_ptr(), fault) };
    }
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: `all` is a whole set, `before` has room for one.
    let blocked =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr()) } == 0;
    let outcome = body();
    if blocked {
        // SAFETY: `before` was written when the signals were blocked.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    }
    outcome
}

/// The signals of faults. A blocked one would also end the process, but without a usable core dump.
const FAULTS: [libc::c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGABRT,
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::while_blocked;

    fn blocked() -> u64 {
        let status = fs::read_to_string("/proc/thread-self/status").expect("Linux");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
        u64::from_str_radix(mask.expect("a mask").trim(), 16).expect("hexadecimal")
    }

    #[test]
    fn a_thread_made_meanwhile_gets_no_signal_except_for_its_own_faults() {
        let before = blocked();
        let inside = while_blocked(|| thread::spawn(blocked));
        let inside = inside.join().expect("no panic");
        let bit = |signal: libc::c_int| inside >> (signal - 1) & 1;
        assert_eq!(
            (bit(libc::SIGTERM), bit(libc::SIGCHLD), bit(libc::SIGALRM)),
            (1, 1, 1)
        );
        assert_eq!((bit(libc::SIGSEGV), bit(libc::SIGABRT)), (0, 0));
        assert_eq!(blocked(), before);
    }
}
