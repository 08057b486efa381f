// SPDX-License-Identifier: GPL-2.0-or-later
//! Processes.

use std::ffi::c_int;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::LONG;

/// A child process that is killed with its guard.
pub(crate) struct Child {
    pub(crate) pid: libc::pid_t,
    pub(crate) pipe: UnixStream,
}

impl Child {
    pub(crate) fn new(body: impl FnOnce(&mut UnixStream)) -> Self {
        let (pipe, mut other) = UnixStream::pair().expect("a socket pair");
        match unsafe { libc::fork() } {
            0 => {
                // If the test program is killed, no writer survives it.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                let held = catch_unwind(AssertUnwindSafe(|| body(&mut other))).is_ok();
                unsafe { libc::_exit(c_int::from(!held)) }
            }
            pid => {
                assert!(pid > 0, "{}", io::Error::last_os_error());
                pipe.set_read_timeout(Some(LONG)).expect("not zero");
                Self { pid, pipe }
            }
        }
    }

    /// The next byte that it reports.
    pub(crate) fn next_report(&self) -> u8 {
        let mut byte = [0];
        (&self.pipe)
            .read_exact(&mut byte)
            .expect("the child reports");
        byte[0]
    }

    pub(crate) fn expect(&self, byte: u8) {
        assert_eq!(self.next_report(), byte);
    }

    /// Waits for its end, which must be without an error.
    pub(crate) fn end(mut self) {
        let status = self.status();
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    }

    /// kill -9
    pub(crate) fn kill(mut self) {
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        let status = self.status();
        assert!(
            libc::WIFSIGNALED(status),
            "it should run until it is killed"
        );
    }

    pub(crate) fn stop(&self) {
        unsafe { libc::kill(self.pid, libc::SIGSTOP) };
        let mut status = 0;
        unsafe { libc::waitpid(self.pid, &raw mut status, libc::WUNTRACED) };
        assert!(libc::WIFSTOPPED(status), "it should run until it is killed");
    }

    pub(crate) fn go_on(&self) {
        unsafe { libc::kill(self.pid, libc::SIGCONT) };
    }

    pub(crate) fn status(&mut self) -> c_int {
        let mut status = 0;
        unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        self.pid = 0;
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.pid > 0 {
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
            self.status();
        }
    }
}

pub(crate) fn report(pipe: &mut impl Write, byte: u8) {
    pipe.write_all(&[byte]).expect("the other process lives");
}
