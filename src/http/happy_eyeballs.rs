// SPDX-License-Identifier: GPL-2.0-or-later
//! Connects to the first of several addresses that answers (based on RFC 8305).

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::error::HttpError;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::poll::{self, Interest};
use crate::os::socket;

/// The outcome of the attempts.
pub(super) struct Outcome {
    /// The first connection that was established, non-blocking.
    pub(super) winner: Result<TcpStream, HttpError>,
    /// Addresses that refused or did not answer in time. Addresses for which this machine had no socket are not included.
    pub(super) failed: Vec<SocketAddr>,
}

/// Tries `addresses` in their order. Each attempt starts a delay after the one before. All stay pending until the deadline.
pub(super) fn connect(addresses: &[SocketAddr], deadline: Deadline) -> Outcome {
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<(SocketAddr, Socket)> = Vec::new();
    let mut failed = Vec::new();
    // A shortage of this machine proves nothing about an address. It must not look like a refusal.
    let mut shortage: Option<HttpError> = None;
    let head_start = head_start(addresses.len(), deadline);
    let mut next_start = deadline;
    loop {
        let now = Instant::now();
        let Some(left) = deadline.left(now) else {
            failed.extend(running.iter().map(|(address, _)| *address));
            return Outcome {
                winner: Err(shortage.unwrap_or(Failure::TimeoutConnect.into())),
                failed,
            };
        };
        if running.is_empty() || next_start.is_over(now) {
            next_start = deadline.or_after(now, head_start);
            match waiting.next() {
                Some(address) => match start(address) {
                    Ok(socket) => running.push((address, socket)),
                    Err(error) if is_ours(&error, address) => {
                        shortage = Some(HttpError::shortage(&error));
                    }
                    Err(_) => failed.push(address),
                },
                None if running.is_empty() => {
                    return Outcome {
                        winner: Err(shortage.unwrap_or(Failure::Connect.into())),
                        failed,
                    };
                }
                None => next_start = deadline,
            }
            continue;
        }
        let sockets: Vec<_> = running
            .iter()
            .map(|(_, socket)| (socket.as_fd(), Interest::Write))
            .collect();
        let span = next_start.left(now).unwrap_or(left);
        let mut ready = match poll::wait_any(&sockets, span) {
            Ok(ready) => ready.into_iter(),
            Err(error) => {
                return Outcome {
                    winner: Err(HttpError::of_socket(&error, Failure::Internal)),
                    failed,
                };
            }
        };
        let (done, rest) = running
            .into_iter()
            .partition::<Vec<_>, _>(|_| ready.next().unwrap_or(false));
        running = rest;
        for (address, socket) in done {
            match socket.take_error() {
                Ok(None) => {
                    return Outcome {
                        winner: Ok(socket.into()),
                        failed,
                    };
                }
                _ => failed.push(address),
            }
        }
    }
}

fn start(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM.nonblocking().cloexec(),
        Some(Protocol::TCP),
    )?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => Err(error),
        _ => Ok(socket),
    }
}

/// Whether an attempt failed because of this machine: no descriptor, no memory, or no local port left for this address.
fn is_ours(error: &io::Error, address: SocketAddr) -> bool {
    // The error is the same if there is no local address of that family. Then there is no route either.
    let no_port =
        || error.raw_os_error() == Some(libc::EADDRNOTAVAIL) && socket::has_route(address.ip());
    socket::is_shortage(error) || no_port()
}

/// RFC 8305 section 5 recommends 250 ms, which is most of a call's budget. Instead, the attempts share the budget evenly.
fn head_start(addresses: usize, deadline: Deadline) -> Duration {
    let left = deadline.left(Instant::now()).unwrap_or_default();
    let share = left
        / u32::try_from(addresses)
            .unwrap_or(u32::MAX)
            .saturating_add(1);
    share.clamp(Duration::from_millis(5), Duration::from_millis(250))
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener};
    use std::time::{Duration, Instant};

    use super::connect;
    use crate::deadline::Deadline;
    use crate::failure::Failure;

    fn soon() -> Deadline {
        Deadline::after(Instant::now(), Duration::from_secs(5))
    }

    /// An address of this machine without a listener.
    fn refused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
    }

    #[test]
    fn after_a_refusal_the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (dead, live) = (refused(), listener.local_addr().expect("bound"));
        let outcome = connect(&[dead, live], soon());
        assert_eq!(
            outcome.winner.expect("connected").peer_addr().ok(),
            Some(live)
        );
        assert_eq!(outcome.failed, [dead]);
    }

    #[test]
    fn connecting_fails_if_all_refuse_or_there_is_no_address() {
        let dead = refused();
        assert_eq!(
            connect(&[dead], soon()).winner.err(),
            Some(Failure::Connect.into())
        );
        assert_eq!(
            connect(&[], soon()).winner.err(),
            Some(Failure::Connect.into())
        );
    }

    #[test]
    fn no_attempt_starts_after_the_deadline() {
        let over = Deadline::after(Instant::now(), Duration::ZERO);
        assert_eq!(
            connect(&[refused()], over).winner.err(),
            Some(Failure::TimeoutConnect.into())
        );
    }
}
