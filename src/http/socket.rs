// SPDX-License-Identifier: GPL-2.0-or-later
//! A TCP connection whose every wait ends at a deadline.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::deadline::Deadline;
use crate::os::poll::{self, Interest};
use crate::os::socket::{self, Wait};

/// The socket of a connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    deadline: Deadline,
    /// How long the kernel waits for bytes (`SO_RCVTIMEO`).
    kernel_timeout: Duration,
}

impl Socket {
    /// Takes a connected stream.
    pub(super) fn new(stream: TcpStream, deadline: Deadline) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        Ok(Self {
            stream,
            deadline,
            kernel_timeout: Duration::ZERO,
        })
    }

    /// Sets the deadline of every following wait.
    pub(super) fn set_deadline(&mut self, deadline: Deadline) {
        self.deadline = deadline;
    }

    /// Receives without waiting.
    pub(super) fn non_blocking(&self) -> NonBlocking<'_> {
        NonBlocking(self)
    }

    #[cfg(test)]
    pub(super) fn port(&self) -> u16 {
        self.stream.local_addr().expect("a connected socket").port()
    }

    /// The time that is left. Checked before each system call, also if it does not wait: a peer that sends slowly or without end
    /// must not outlast the deadline.
    pub(super) fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.left(Instant::now());
        left.ok_or_else(|| io::ErrorKind::TimedOut.into())
    }

    /// Waits in the receiving call, which saves a system call. Only the end of a long wait is timed exactly.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left()?;
        let timeout = kernel_timeout(left);
        if timeout.is_zero() {
            poll::wait([self.stream.as_fd()], Interest::Read, left)?;
            return socket::receive(self.stream.as_fd(), buffer, Wait::No);
        }
        if timeout != self.kernel_timeout {
            self.stream.set_read_timeout(Some(timeout))?;
            self.kernel_timeout = timeout;
        }
        socket::receive(self.stream.as_fd(), buffer, Wait::Yes)
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.receive(buffer) {
                Err(error) if is_passing(&error) => {}
                outcome => return outcome,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let left = self.left()?;
            match socket::send(self.stream.as_fd(), bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    poll::wait([self.stream.as_fd()], Interest::Write, left)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => return outcome,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads without waiting.
#[derive(Debug)]
pub(super) struct NonBlocking<'a>(&'a Socket);

impl Read for NonBlocking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        socket::receive(self.0.stream.as_fd(), buffer, Wait::No)
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// How long the kernel waits (`SO_RCVTIMEO`). It counts in ticks of up to 10 ms and rounds up, so the wait must end well before the
/// deadline. Rounded to steps: a timeout that does not change from call to call is set only once.
fn kernel_timeout(left: Duration) -> Duration {
    let steps = left.saturating_sub(MARGIN).as_millis() / STEP.as_millis();
    STEP * u32::try_from(steps).unwrap_or(u32::MAX)
}

const MARGIN: Duration = Duration::from_millis(25);
const STEP: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::{MARGIN, STEP, Socket, kernel_timeout};
    use crate::deadline::Deadline;

    fn pair(span: Duration) -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let (peer, _) = listener.accept().expect("accepted");
        let deadline = Deadline::after(Instant::now(), span);
        (Socket::new(stream, deadline).expect("a socket"), peer)
    }

    /// The deadline is kept if it is three times: on a busy machine a thread may wait long for a processor.
    fn keeps_the_deadline(late: impl Fn() -> Duration) -> bool {
        let in_time = (0..20).filter(|_| late() < Duration::from_millis(50));
        in_time.take(3).count() == 3
    }

    #[test]
    fn a_silent_peer_is_waited_for_until_the_deadline() {
        for span in [STEP / 2, 3 * STEP + MARGIN] {
            let late = || {
                let (mut socket, _peer) = pair(span);
                let started = Instant::now();
                let error = socket.read(&mut [0; 8]).expect_err("nothing came");
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                started.elapsed().saturating_sub(span)
            };
            assert!(keeps_the_deadline(late), "{span:?}");
        }
    }

    #[test]
    fn a_peer_that_drips_does_not_outlast_the_deadline() {
        let late = || {
            let (mut socket, mut peer) = pair(2 * STEP);
            let drip = std::thread::spawn(move || {
                while peer.write_all(b"x").is_ok() {
                    std::thread::sleep(STEP / 10);
                }
            });
            let started = Instant::now();
            while socket.read(&mut [0; 8]).is_ok() {}
            let late = started.elapsed().saturating_sub(2 * STEP);
            drop(socket);
            drip.join().expect("the peer");
            late
        };
        assert!(keeps_the_deadline(late));
    }

    #[test]
    fn a_check_never_waits() {
        let (socket, mut peer) = pair(Duration::from_secs(60));
        let mut buffer = [0; 8];
        let error = socket
            .non_blocking()
            .read(&mut buffer)
            .expect_err("nothing");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        peer.write_all(b"x").expect("sent");
        while socket.non_blocking().read(&mut buffer).is_err() {}
        assert_eq!(buffer[0], b'x');
    }

    #[test]
    fn the_kernel_never_waits_beyond_the_margin() {
        for ms in [1, 20, 74, 75, 399, 400, 5000] {
            let left = Duration::from_millis(ms);
            let timeout = kernel_timeout(left);
            assert!(timeout.is_zero() || timeout + MARGIN <= left, "{ms}");
            assert!(left < timeout + STEP + MARGIN, "{ms}");
        }
    }
}
