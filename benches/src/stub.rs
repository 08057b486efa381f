// SPDX-License-Identifier: GPL-2.0-or-later
//! A stand-in for the API that costs next to nothing: plain HTTP, kept alive, one prepared answer.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use memchr::memmem;
use testbed::{Result, answer};

/// The server. Its threads end with it.
///
/// A thread that waits for a connection then serves it to its end: two system calls a request.
#[derive(Debug)]
pub(crate) struct Stub {
    shared: Arc<Shared>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
    /// Connections that fill the queue of a black hole.
    plugs: Vec<JoinHandle<Option<TcpStream>>>,
}

#[derive(Debug)]
struct Shared {
    listener: TcpListener,
    answer: Vec<u8>,
    requests: AtomicU64,
    stop: AtomicBool,
    dead: AtomicBool,
}

impl Stub {
    /// Blocks every call, at a loopback port of the kernel's choice, on up to `connections` connections at once.
    pub(crate) fn blocking_calls(connections: usize) -> Result<Self> {
        let body = answer::decision("block", 603).to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            listener,
            answer: answer::response("200 OK", &[], body.as_bytes()),
            requests: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        });
        let threads = (0..connections)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.work())
            })
            .collect();
        Ok(Self {
            shared,
            address,
            threads,
            plugs: Vec::new(),
        })
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests answered so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Relaxed)
    }

    /// From now on nothing comes back: open connections fall silent, and every further SYN is dropped.
    pub(crate) fn turn_into_a_black_hole(&mut self) -> Result<()> {
        self.shared.dead.store(true, Relaxed);
        // Listening anew changes the length of the queue.
        rustix::net::listen(&self.shared.listener, 0)?;
        self.wake();
        let address = self.address;
        let plug = move || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        self.plugs = (0..3).map(|_| thread::spawn(plug)).collect();
        // One that could not connect proves that the queue is full.
        while !self.plugs.iter().any(JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets each thread that waits for a connection look up.
    fn wake(&self) {
        for _ in &self.threads {
            // A thread that serves a connection needs none, and then the queue may be full.
            drop(TcpStream::connect_timeout(
                &self.address,
                Duration::from_millis(1),
            ));
        }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        // Ends every accept, this one and all that follow.
        let _ = rustix::net::shutdown(&self.shared.listener, rustix::net::Shutdown::Both);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn work(&self) {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.stop.load(Relaxed) {
                return;
            }
            // An error on a connection means that the client is gone, which is its right.
            let _ = self.serve(stream);
            while self.dead.load(Relaxed) && !self.stop.load(Relaxed) {
                thread::sleep(GLANCE);
            }
        }
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GLANCE))?;
        let mut buffer = [0; 8192];
        let mut filled = 0;
        while !self.stop.load(Relaxed) {
            match stream.read(&mut buffer[filled..]) {
                Ok(0) => return Ok(()),
                // The silence of a black hole: the connection stays open.
                Ok(_) if self.dead.load(Relaxed) => continue,
                Ok(more) => filled += more,
                Err(error) if is_quiet(&error) => continue,
                Err(error) => return Err(error),
            }
            if let Some(length) = request_length(&buffer[..filled])
                && filled >= length
            {
                stream.write_all(&self.answer)?;
                self.requests.fetch_add(1, Relaxed);
                buffer.copy_within(length..filled, 0);
                filled -= length;
            }
        }
        Ok(())
    }
}

fn is_quiet(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
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

/// How long a thread may be deaf to the end.
const GLANCE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::request_length;

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
}
