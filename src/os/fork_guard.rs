// SPDX-License-Identifier: GPL-2.0-or-later
//! Detects a fork without a system call.

use std::io;
use std::process;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tells whether the code runs in the process that made the guard, or in a child of it.
#[derive(Debug)]
pub(crate) struct ForkGuard {
    pid: u32,
    /// Replaces getpid(2), which would be the only system call of a cached decision. `None` before Linux 4.14.
    page: Option<Page>,
}

/// A page that is all zeros in a child (madvise(2), `MADV_WIPEONFORK`).
#[derive(Debug)]
struct Page(NonNull<AtomicBool>);

impl ForkGuard {
    pub(crate) fn new() -> Self {
        Self {
            pid: process::id(),
            page: Page::new().ok(),
        }
    }

    /// Whether this process made the guard.
    pub(crate) fn is_ours(&self) -> bool {
        match &self.page {
            Some(page) => page.flag().load(Relaxed),
            None => self.pid == process::id(),
        }
    }
}

impl Page {
    fn new() -> io::Result<Self> {
        // SAFETY: a new anonymous mapping touches nothing that exists.
        let place = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size_of::<AtomicBool>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        let page = NonNull::new(place)
            .filter(|place| place.as_ptr() != libc::MAP_FAILED)
            .map(|place| Self(place.cast()))
            .ok_or_else(io::Error::last_os_error)?;
        // SAFETY: the mapping belongs to the guard; the advice changes only what a child sees.
        let advised =
            unsafe { libc::madvise(place, size_of::<AtomicBool>(), libc::MADV_WIPEONFORK) };
        if advised != 0 {
            return Err(io::Error::last_os_error());
        }
        page.flag().store(true, Relaxed);
        Ok(page)
    }

    fn flag(&self) -> &AtomicBool {
        // SAFETY: mapped until `drop`, aligned to a page, and zeros are a valid value.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `new` made.
        unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<AtomicBool>()) };
    }
}

#[cfg(test)]
mod tests {
    use super::ForkGuard;

    /// Whether the guard reports, in a child, that the child made it.
    fn is_a_childs(guard: &ForkGuard) -> bool {
        // SAFETY: the child only reads the guard and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let code = i32::from(guard.is_ours());
            // SAFETY: ends this process and runs nothing else.
            unsafe { libc::_exit(code) };
        }
        assert!(child > 0, "no child");
        let mut status = 0;
        // SAFETY: the child was forked above, and `status` is a local variable.
        let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert!(waited == child && libc::WIFEXITED(status));
        libc::WEXITSTATUS(status) != 0
    }

    #[test]
    fn a_child_is_not_the_process_that_made_the_guard() {
        let quick = ForkGuard::new();
        let plain = ForkGuard {
            page: None,
            ..ForkGuard::new()
        };
        assert!(quick.page.is_some(), "Linux 4.14 or later");
        for guard in [quick, plain] {
            assert!(guard.is_ours() && !is_a_childs(&guard) && guard.is_ours());
        }
    }
}
