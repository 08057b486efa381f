// SPDX-License-Identifier: GPL-2.0-or-later
//! Many datagrams in one system call.
#![allow(unsafe_code, reason = "std has neither sendmmsg nor recvmmsg")]

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// Datagrams of one system call.
pub(crate) const BATCH: usize = 64;

/// Room for one datagram: more than any message of a benchmark.
const ROOM: usize = 2048;

/// Datagrams to be sent, or received ones. The memory is allocated once.
#[derive(Debug)]
pub(crate) struct Batch {
    buffers: Vec<[u8; ROOM]>,
    lengths: [usize; BATCH],
    used: usize,
}

impl Batch {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            buffers: vec![[0; ROOM]; BATCH],
            lengths: [0; BATCH],
            used: 0,
        }
    }

    /// Adds a datagram made of `parts`. If the batch is full or the datagram too large, nothing changes.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) {
        let (Some(buffer), Some(length)) = (
            self.buffers.get_mut(self.used),
            self.lengths.get_mut(self.used),
        ) else {
            return;
        };
        let mut at = 0;
        for part in parts {
            let Some(room) = buffer.get_mut(at..at + part.len()) else {
                return;
            };
            room.copy_from_slice(part);
            at += part.len();
        }
        *length = at;
        self.used += 1;
    }

    /// The datagrams.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.buffers
            .iter()
            .zip(self.lengths)
            .take(self.used)
            .map(|(buffer, length)| &buffer[..length])
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Whether another one has room.
    pub(crate) fn is_full(&self) -> bool {
        self.used == BATCH
    }

    /// Sends all to the socket's peer and empties the batch. Waits while the send buffer is full. An ICMP error caused by an earlier
    /// datagram is ignored.
    pub(crate) fn send(&mut self, socket: &UdpSocket) -> io::Result<()> {
        let mut sent = 0;
        while sent < self.used {
            match self.call(socket, sent, Way::Out) {
                Ok(count) => sent += count,
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.used = 0;
        Ok(())
    }

    /// Replaces the batch by the datagrams that have arrived, without waiting.
    pub(crate) fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        self.used = BATCH;
        self.used = match self.call(socket, 0, Way::In) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock || is_passing(&error) => 0,
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// One system call for the datagrams from `first` on. Returns how many it handled.
    fn call(&mut self, socket: &UdpSocket, first: usize, way: Way) -> io::Result<usize> {
        // SAFETY: all bytes 0 is a value of the type, which consists of integers and pointers.
        let mut pieces: [libc::iovec; BATCH] = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
        let count = self.used - first;
        for (((piece, message), buffer), length) in pieces
            .iter_mut()
            .zip(&mut messages)
            .zip(&mut self.buffers[first..self.used])
            .zip(&self.lengths[first..self.used])
        {
            piece.iov_base = buffer.as_mut_ptr().cast();
            piece.iov_len = match way {
                Way::Out => *length,
                Way::In => ROOM,
            };
            message.msg_hdr.msg_iov = piece;
            message.msg_hdr.msg_iovlen = 1;
        }
        let (fd, vector, amount) = (socket.as_raw_fd(), messages.as_mut_ptr(), u32_of(count));
        let outcome = match way {
            // SAFETY: the first `count` headers each point to one piece, and each piece to initialised bytes of a buffer;
            // all outlive the call, and the socket is borrowed.
            Way::Out => unsafe { libc::sendmmsg(fd, vector, amount, 0) },
            // SAFETY: as above, and each buffer may be written as far as its piece says.
            Way::In => unsafe {
                libc::recvmmsg(fd, vector, amount, libc::MSG_DONTWAIT, std::ptr::null_mut())
            },
        };
        let done = usize::try_from(outcome).map_err(|_| io::Error::last_os_error())?;
        if let Way::In = way {
            for (length, message) in self.lengths.iter_mut().zip(&messages).take(done) {
                *length = message.msg_len as usize;
            }
        }
        Ok(done)
    }
}

#[derive(Clone, Copy)]
enum Way {
    Out,
    In,
}

/// At most [`BATCH`].
fn u32_of(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::{Duration, Instant};

    use super::Batch;

    #[test]
    fn what_one_batch_sends_another_receives() {
        let socket = || UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let (here, there) = (socket(), socket());
        here.connect(there.local_addr().expect("bound"))
            .expect("connected");
        let mut batch = Batch::new();
        batch.push(&[b"one"]);
        batch.push(&[b"", b"t", b"wo"]);
        batch.push(&[&[0; 5000]]);
        assert_eq!(batch.len(), 2, "the third has no room");
        batch.send(&here).expect("sent");
        let end = Instant::now() + Duration::from_secs(5);
        let mut got = Vec::new();
        while got.len() < 2 && Instant::now() < end {
            batch.receive(&there).expect("received");
            got.extend(batch.iter().map(<[u8]>::to_vec));
        }
        assert_eq!(got, [b"one".to_vec(), b"two".to_vec()]);
        batch.receive(&there).expect("nothing");
        assert_eq!(batch.len(), 0);
    }
}
