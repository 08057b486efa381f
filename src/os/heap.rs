// SPDX-License-Identifier: GPL-2.0-or-later
//! The heap of this process.

use std::ptr;

/// Gives unused memory back to the operating system. After a block of many megabytes was freed, glibc keeps up to twice that size of
/// what is freed later (`M_TRIM_THRESHOLD` in mallopt(3)), for as long as the process lives.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the allocator's own locks, and touches no memory in use.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// Whether the operating system has memory for so many bytes. It need not have it a moment later.
#[must_use]
pub(crate) fn has_room(bytes: usize) -> bool {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping touches no memory in use.
    let mapping = unsafe { libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0) };
    if mapping == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: this mapping was made here, and nothing refers to it.
    unsafe { libc::munmap(mapping, bytes) == 0 }
}

#[cfg(test)]
mod tests {
    use super::has_room;

    #[test]
    fn there_is_room_for_what_is_possible() {
        assert!(has_room(4096));
        assert!(!has_room(usize::MAX / 2));
    }
}
