// SPDX-License-Identifier: GPL-2.0-or-later
//! The heap of this process.

use std::hint::black_box;

/// Gives unused memory back to the operating system. After a block of many megabytes was freed, glibc keeps up to twice that size of
/// what is freed later (`M_TRIM_THRESHOLD` in mallopt(3)), for as long as the process lives.
pub(crate) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the allocator's own locks, and touches no memory in use.
    unsafe {
        libc::malloc_trim(0)
    };
}

/// Whether there is memory for so many bytes now.
#[must_use]
pub(crate) fn has_room(bytes: usize) -> bool {
    let mut block = Vec::<u8>::new();
    let has_room = block.try_reserve_exact(bytes).is_ok();
    // Otherwise the compiler may leave the allocation out.
    black_box(&block);
    has_room
}

#[cfg(test)]
mod tests {
    use super::has_room;

    #[test]
    fn there_is_room_for_what_is_possible() {
        assert!(has_room(4096));
        assert!(!has_room(usize::MAX / 4));
    }
}
