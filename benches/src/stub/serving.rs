// SPDX-License-Identifier: GPL-2.0-or-later
//! One thread for all connections: thousands of open requests cost no more than one.

use std::collections::{HashMap, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use memchr::memmem;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use testbed::Result;

use super::Shared;

/// What the thread knows.
pub(super) struct Serving {
    shared: Arc<Shared>,
    connections: HashMap<u64, Connection>,
    /// Answers that wait for their time. All wait equally long, so the next one is always the first.
    due: VecDeque<(Instant, u64)>,
    next_name: u64,
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Serving {
    /// Listens.
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self> {
        epoll::add(
            &shared.epoll,
            &shared.listener,
            epoll::EventData::new_u64(LISTENER),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            shared,
            connections: HashMap::new(),
            due: VecDeque::new(),
            next_name: LISTENER + 1,
        })
    }

    /// Serves until the end.
    pub(super) fn run(mut self) {
        let mut events = Vec::with_capacity(256);
        while !self.shared.stop.load(Relaxed) {
            events.clear();
            let patience = self.answer_what_is_due();
            // An interrupted wait is one without an event.
            let _ = epoll::wait(
                &self.shared.epoll,
                spare_capacity(&mut events),
                Some(&patience),
            );
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept(),
                    name => self.read(name),
                }
            }
        }
    }

    /// Returns how long there is nothing more to do.
    fn answer_what_is_due(&mut self) -> Timespec {
        let now = Instant::now();
        let mut patience = GLANCE;
        while let Some((at, name)) = self.due.front().copied() {
            if at > now {
                patience = patience.min(at - now);
                break;
            }
            self.due.pop_front();
            self.answer(name);
        }
        Timespec {
            tv_sec: 0,
            tv_nsec: patience.subsec_nanos().into(),
        }
    }

    fn answer(&mut self, name: u64) {
        let Some(connection) = self.connections.get_mut(&name) else {
            return;
        };
        // A prepared answer fits into the buffer of a client that reads.
        match connection.stream.write_all(&self.shared.answer) {
            Ok(()) => {
                self.shared.requests.fetch_add(1, Relaxed);
            }
            // The client is gone, which is its right.
            Err(_) => drop(self.connections.remove(&name)),
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.shared.listener.accept() {
            let data = epoll::EventData::new_u64(self.next_name);
            let is_usable = stream.set_nonblocking(true).is_ok()
                && stream.set_nodelay(true).is_ok()
                && epoll::add(&self.shared.epoll, &stream, data, epoll::EventFlags::IN).is_ok();
            if is_usable {
                let buffer = Vec::with_capacity(2048);
                self.connections
                    .insert(self.next_name, Connection { stream, buffer });
                self.next_name += 1;
            }
        }
    }

    fn read(&mut self, name: u64) {
        let Some(connection) = self.connections.get_mut(&name) else {
            return;
        };
        let mut bytes = [0; 8192];
        match connection.stream.read(&mut bytes) {
            Ok(0) => drop(self.connections.remove(&name)),
            Ok(_) if self.shared.silent.load(Relaxed) => {}
            Ok(count) => {
                connection.buffer.extend_from_slice(&bytes[..count]);
                let requests = take_requests(&mut connection.buffer);
                self.answer_later(name, requests);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => drop(self.connections.remove(&name)),
        }
    }

    fn answer_later(&mut self, name: u64, requests: usize) {
        let delay = Duration::from_micros(self.shared.delay.load(Relaxed));
        for _ in 0..requests {
            if delay.is_zero() {
                self.answer(name);
            } else {
                self.due.push_back((Instant::now() + delay, name));
            }
        }
    }
}

/// Takes the requests that have come as a whole, and tells how many they were.
fn take_requests(buffer: &mut Vec<u8>) -> usize {
    let (mut count, mut end) = (0, 0);
    while let Some(length) = request_length(&buffer[end..])
        && length <= buffer.len() - end
    {
        end += length;
        count += 1;
    }
    buffer.drain(..end);
    count
}

/// Bytes of the first request, its body included; `None` as long as its head is not complete.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let name = b"content-length:";
    let body = bytes[..head]
        .split(|byte| *byte == b'\n')
        .filter(|line| {
            line.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
        .find_map(|line| {
            std::str::from_utf8(&line[name.len()..])
                .ok()?
                .trim()
                .parse::<usize>()
                .ok()
        });
    Some(head + body.unwrap_or(0))
}

/// The name of the listener; connections have higher ones, each its own.
const LISTENER: u64 = 0;

/// How long the thread may be deaf to the end. Below a second.
const GLANCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::{request_length, take_requests};

    #[test]
    fn a_request_ends_with_its_body() {
        assert_eq!(
            request_length(b"POST / HTTP/1.1\r\ncontent-LENGTH: 3\r\n\r\nabc"),
            Some(41)
        );
        assert_eq!(request_length(b"GET / HTTP/1.1\r\n\r\nGET"), Some(18));
        assert_eq!(
            request_length(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n"),
            None
        );
    }

    #[test]
    fn what_has_not_come_as_a_whole_stays() {
        let mut buffer =
            b"GET / HTTP/1.1\r\n\r\nPUT / HTTP/1.1\r\ncontent-length: 2\r\n\r\na".to_vec();
        assert_eq!(take_requests(&mut buffer), 1);
        assert!(buffer.starts_with(b"PUT"));
        assert_eq!(take_requests(&mut buffer), 0);
        buffer.push(b'b');
        assert_eq!((take_requests(&mut buffer), buffer.len()), (1, 0));
    }
}
