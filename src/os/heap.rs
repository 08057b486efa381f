// SPDX-License-Identifier: GPL-2.0-or-later
//! The heap of this process.

/// Gives unused memory back to the operating system. Having freed a block of many megabytes, glibc keeps what is freed next up to
/// twice that size (`M_TRIM_THRESHOLD` in mallopt(3)), for as long as the process lives.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the allocator's own locks, and touches no memory in use.
    unsafe {
        libc::malloc_trim(0)
    };
}
