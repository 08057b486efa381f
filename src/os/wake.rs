// SPDX-License-Identifier: GPL-2.0-or-later
//! Waking a server's event loop.

/// Writes a word to a descriptor. An error is ignored: an eventfd that is full has woken its reader already, and the host guarantees
/// that a pipe has room and that the descriptor does not block.
pub(crate) fn write(fd: i32, word: u64) {
    let bytes = word.to_ne_bytes();
    // SAFETY: `bytes` are 8 bytes that live until the end of this function; the host guarantees that the descriptor is open.
    unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
}
