// SPDX-License-Identifier: GPL-2.0-or-later
//! One connection to the stand-in.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use memchr::memmem;
use rustls::{ServerConfig, ServerConnection};

/// A non-blocking connection.
pub(super) struct Connection {
    stream: TcpStream,
    tls: Option<Box<ServerConnection>>,
    pending: Vec<u8>,
}

impl Connection {
    /// Takes a stream whose client speaks first.
    pub(super) fn new(stream: TcpStream, tls: Option<&Arc<ServerConfig>>) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let tls = tls.map(|config| ServerConnection::new(Arc::clone(config)));
        Ok(Self {
            stream,
            tls: tls.transpose().map_err(io::Error::other)?.map(Box::new),
            pending: Vec::with_capacity(2048),
        })
    }

    /// The stream, to be waited for.
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads without waiting. Returns the number of requests that are complete now.
    pub(super) fn requests(&mut self) -> io::Result<usize> {
        match self.read() {
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            outcome => outcome?,
        }
        Ok(take_requests(&mut self.pending))
    }

    fn read(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        if let Some(tls) = &mut self.tls {
            at_least_one(tls.read_tls(&mut self.stream)?)?;
            tls.process_new_packets().map_err(io::Error::other)?;
            while tls.wants_write() {
                tls.write_tls(&mut self.stream)?;
            }
            let count = tls.reader().read(&mut bytes)?;
            self.pending
                .extend_from_slice(&bytes[..at_least_one(count)?]);
        } else {
            let count = self.stream.read(&mut bytes)?;
            self.pending
                .extend_from_slice(&bytes[..at_least_one(count)?]);
        }
        Ok(())
    }

    /// Sends an answer, which fits into the buffer of a client that reads.
    pub(super) fn answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return self.stream.write_all(bytes);
        };
        tls.writer().write_all(bytes)?;
        while tls.wants_write() {
            tls.write_tls(&mut self.stream)?;
        }
        Ok(())
    }
}

/// Treats the end of a stream as an error.
fn at_least_one(count: usize) -> io::Result<usize> {
    if count == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(count)
}

/// Removes the complete requests. Returns their number.
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
