// SPDX-License-Identifier: GPL-2.0-or-later
//! Connecting to the first of several addresses that answers (after RFC 8305).

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::os::poll::{self, Interest};

/// The outcome of a race.
pub(super) struct Outcome {
    /// The first connection that stood, non-blocking.
    pub(super) winner: Result<TcpStream, Failure>,
    /// Addresses that refused, or did not answer in time.
    pub(super) failed: Vec<SocketAddr>,
}

/// Connects to `addresses` in their order. Each gets a head start over the next; all stay in the race until the deadline.
pub(super) fn connect(addresses: &[SocketAddr], deadline: Deadline) -> Outcome {
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<(SocketAddr, Socket)> = Vec::new();
    let mut failed = Vec::new();
    let head_start = head_start(addresses.len(), deadline);
    let mut next_start = deadline;
    loop {
        let now = Instant::now();
        let Some(left) = deadline.left(now) else {
            failed.extend(running.iter().map(|(address, _)| *address));
            return Outcome {
                winner: Err(Failure::TimeoutConnect),
                failed,
            };
        };
        if running.is_empty() || next_start.is_over(now) {
            next_start = deadline.or_after(now, head_start);
            match waiting.next() {
                Some(address) => match start(address) {
                    Ok(socket) => running.push((address, socket)),
                    Err(_) => failed.push(address),
                },
                None if running.is_empty() => {
                    return Outcome {
                        winner: Err(Failure::Connect),
                        failed,
                    };
                }
                None => next_start = deadline,
            }
            continue;
        }
        let sockets: Vec<_> = running.iter().map(|(_, socket)| socket.as_fd()).collect();
        let span = next_start.left(now).unwrap_or(left);
        let Ok(ready) = poll::wait_any(&sockets, Interest::Write, span) else {
            return Outcome {
                winner: Err(Failure::Internal),
                failed,
            };
        };
        let mut ready = ready.into_iter();
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

/// RFC 8305 section 5 recommends 250 ms, which is most of a call's budget: share the budget out instead.
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

    /// An address of this machine on which nobody listens.
    fn refused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
    }

    #[test]
    fn an_address_that_refuses_hands_over_to_the_next() {
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
    fn the_race_is_lost_when_all_refuse_or_there_is_nobody() {
        let dead = refused();
        assert_eq!(
            connect(&[dead], soon()).winner.err(),
            Some(Failure::Connect)
        );
        assert_eq!(connect(&[], soon()).winner.err(), Some(Failure::Connect));
    }

    #[test]
    fn no_race_starts_after_the_deadline() {
        let over = Deadline::after(Instant::now(), Duration::ZERO);
        assert_eq!(
            connect(&[refused()], over).winner.err(),
            Some(Failure::TimeoutConnect)
        );
    }
}
