// SPDX-License-Identifier: GPL-2.0-or-later
//! Receiving and sending with a choice for each call: `std` has it for each socket.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Whether a call waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// As long as the socket's own timeout says; then it is `WouldBlock`.
    Yes,
    /// Not at all.
    No,
}

/// Receives into `buffer`; 0 is the end of the stream. What waits is also ended by a signal.
pub(crate) fn receive(socket: BorrowedFd<'_>, buffer: &mut [u8], wait: Wait) -> io::Result<usize> {
    let flags = match wait {
        Wait::Yes => 0,
        Wait::No => libc::MSG_DONTWAIT,
    };
    // SAFETY: `buffer` may be written for its length, and the descriptor is borrowed for longer than the call.
    let result = unsafe {
        libc::recv(
            socket.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            flags,
        )
    };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// Sends as much of `bytes` as there is room for, without waiting and without SIGPIPE.
pub(crate) fn send(socket: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: `bytes` may be read for its length, and the descriptor is borrowed for longer than the call.
    let result = unsafe {
        libc::send(
            socket.as_raw_fd(),
            bytes.as_ptr().cast(),
            bytes.len(),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
