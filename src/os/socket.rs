// SPDX-License-Identifier: GPL-2.0-or-later
//! Receiving and sending that may block or not, chosen for each call (`std` has it for each socket). What an error of a socket means.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::{Domain, Socket, Type};

/// Whether a call waits.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    /// Until the timeout of the socket; then the error is `WouldBlock`.
    Yes,
    /// Not at all.
    No,
}

/// Receives into `buffer`; 0 is the end of the stream. A signal also ends the wait.
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

/// Whether the error is a shortage of this machine or process: file descriptors, socket buffers or memory. Such an error says
/// nothing about the peer.
pub(crate) fn is_shortage(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
    )
}

/// Whether this machine has a route to `address`. Nothing is sent: connecting a UDP socket only looks the route up.
pub(crate) fn has_route(address: IpAddr) -> bool {
    let target = SocketAddr::new(address, ANY_PORT);
    let connected = Socket::new(Domain::for_address(target), Type::DGRAM.cloexec(), None)
        .and_then(|socket| socket.connect(&target.into()));
    match connected {
        Ok(()) => true,
        // Without a socket the route is unknown.
        Err(error) => is_shortage(&error),
    }
}

const ANY_PORT: u16 = 443;

#[cfg(test)]
mod tests {
    use std::io;

    use super::{has_route, is_shortage};

    #[test]
    fn there_is_a_route_to_this_machine_and_none_to_a_broadcast_address() {
        assert!(has_route([127, 0, 0, 1].into()));
        assert!(!has_route([255, 255, 255, 255].into()));
    }

    #[test]
    fn a_shortage_is_ours_and_a_refusal_is_the_peers() {
        for code in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
            assert!(is_shortage(&io::Error::from_raw_os_error(code)), "{code}");
        }
        for code in [libc::ECONNREFUSED, libc::ENETUNREACH, libc::ETIMEDOUT] {
            assert!(!is_shortage(&io::Error::from_raw_os_error(code)), "{code}");
        }
        assert!(!is_shortage(&io::ErrorKind::TimedOut.into()));
    }
}
