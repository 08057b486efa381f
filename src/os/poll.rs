// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting for sockets.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// The event to wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interest {
    /// Bytes, the end of the stream, or an error.
    Read,
    /// Room to write, the outcome of a connect, or an error.
    Write,
}

/// Waits until one of `sockets` is ready, or `span` has passed. Returns for each whether it is ready. After a signal none is ready,
/// and the caller checks its deadline again.
pub(crate) fn wait<const N: usize>(
    sockets: [BorrowedFd<'_>; N],
    interest: Interest,
    span: Duration,
) -> io::Result<[bool; N]> {
    let mut entries = sockets.map(|socket| entry(socket, interest));
    ready(&mut entries, span)?;
    Ok(entries.map(|entry| entry.revents != 0))
}

/// As [`wait`], for a number of sockets that is known only at run time, each with its own interest.
pub(crate) fn wait_any(
    sockets: &[(BorrowedFd<'_>, Interest)],
    span: Duration,
) -> io::Result<Vec<bool>> {
    let mut entries: Vec<_> = sockets
        .iter()
        .map(|(socket, interest)| entry(*socket, *interest))
        .collect();
    ready(&mut entries, span)?;
    Ok(entries.iter().map(|entry| entry.revents != 0).collect())
}

fn entry(socket: BorrowedFd<'_>, interest: Interest) -> libc::pollfd {
    let events = match interest {
        Interest::Read => libc::POLLIN,
        Interest::Write => libc::POLLOUT,
    };
    libc::pollfd {
        fd: socket.as_raw_fd(),
        events,
        revents: 0,
    }
}

fn ready(entries: &mut [libc::pollfd], span: Duration) -> io::Result<()> {
    let span = libc::timespec {
        tv_sec: libc::time_t::try_from(span.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: span.subsec_nanos().into(),
    };
    let count = entries.len() as libc::nfds_t;
    // SAFETY: `entries` holds `count` elements for the call, their descriptors are borrowed for longer than that, and a
    // NULL signal mask leaves the mask as it is.
    let result = unsafe {
        libc::ppoll(
            entries.as_mut_ptr(),
            count,
            &raw const span,
            std::ptr::null(),
        )
    };
    if result >= 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        error => Err(error),
    }
}
