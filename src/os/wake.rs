// SPDX-License-Identifier: GPL-2.0-or-later
//! Waking a server's event loop.

/// Writes a word to a descriptor that does not block. An eventfd that is full has woken its reader already, and a pipe has
/// room: so the host promised.
pub(crate) fn write(fd: i32, word: u64) {
    let bytes = word.to_ne_bytes();
    // SAFETY: `bytes` are 8 bytes and live here; whose descriptor it is, the host promised.
    unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
}
