// SPDX-License-Identifier: GPL-2.0-or-later
//! One connection to Redis. Every operation has a deadline.
//!
//! The `redis` crate implements the protocol. The socket is handled here: the crate has a timeout for each read but none for a
//! whole answer, which a server may send byte by byte, and it resolves names without a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use redis::{ConnectionAddr, Parser, Pipeline, Value};

use super::Unavailable;
use crate::config::RedisUrl;
use crate::deadline::Deadline;
use crate::os::socket::{self, Wait};
use crate::resolver::Resolver;

/// A connection without a pending answer.
pub(super) struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Connects, and authenticates if the URL has a password.
    pub(super) fn connect(
        url: &RedisUrl,
        resolver: &Resolver,
        until: Deadline,
    ) -> Result<Self, Unavailable> {
        let ConnectionAddr::Tcp(host, port) = url.connection().addr() else {
            return Err(Unavailable::Silent);
        };
        let host = host.trim_matches(['[', ']']);
        let addresses = resolver
            .resolve(host, until)
            .map_err(|_| Unavailable::Silent)?;
        let stream = (1..=u32::try_from(addresses.len()).unwrap_or(u32::MAX))
            .rev()
            .zip(addresses)
            .find_map(|(still, ip)| {
                // Each address gets a share of the time.
                let left = until.left(Instant::now())? / still;
                TcpStream::connect_timeout(&SocketAddr::new(ip, *port), left.max(SHORTEST)).ok()
            })
            .ok_or_else(|| {
                resolver.all_refused(host);
                Unavailable::Silent
            })?;
        stream.set_nodelay(true).map_err(|_| Unavailable::Silent)?;
        let mut connection = Self { stream };
        let settings = url.connection().redis_settings();
        let mut greeting = redis::pipe();
        if let Some(password) = settings.password() {
            greeting.cmd("AUTH").arg(settings.username()).arg(password);
        }
        if settings.db() != 0 {
            greeting.cmd("SELECT").arg(settings.db());
        }
        connection.ask(&greeting, until)?;
        Ok(connection)
    }

    /// Whether the connection is open, and Redis sent nothing that was not asked for: it would be taken for the next answer.
    pub(super) fn is_quiet(&self) -> bool {
        let received = socket::receive(self.stream.as_fd(), &mut [0], Wait::No);
        received.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Sends commands and reads an answer to each. After an error the connection cannot be used again.
    pub(super) fn ask(
        &mut self,
        commands: &Pipeline,
        until: Deadline,
    ) -> Result<Vec<Value>, Unavailable> {
        let mut stream = DeadlineStream {
            stream: &self.stream,
            until,
            room: LONGEST,
        };
        stream
            .write_all(&commands.get_packed_pipeline())
            .map_err(|_| Unavailable::Silent)?;
        // A new one each time: what came behind the last answer belongs to no command.
        let mut parser = Parser::new();
        (0..commands.len())
            .map(|_| {
                parser
                    .parse_value(&mut stream)
                    .and_then(Value::extract_error)
                    .map_err(|_| Unavailable::Silent)
            })
            .collect()
    }
}

/// The socket, until a deadline.
struct DeadlineStream<'a> {
    stream: &'a TcpStream,
    until: Deadline,
    /// Bytes that may still be read.
    room: usize,
}

impl DeadlineStream<'_> {
    fn left(&self) -> io::Result<Duration> {
        self.until
            .left(Instant::now())
            .ok_or_else(|| ErrorKind::TimedOut.into())
    }
}

impl Read for DeadlineStream<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        let count = self.stream.read(bytes)?;
        self.room = self
            .room
            .checked_sub(count)
            .ok_or(ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}

impl Write for DeadlineStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The limit of an answer in bytes.
const LONGEST: usize = 16 * 1024;

/// The shortest timeout that `connect_timeout` accepts.
const SHORTEST: Duration = Duration::from_micros(1);
