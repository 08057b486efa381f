// SPDX-License-Identifier: GPL-2.0-or-later
//! A TCP connection with or without TLS that can be closed in every possible way.
use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    time::Duration,
};

use rustix::net::sockopt::set_socket_linger;
use rustls::{ServerConnection, Stream};

use crate::Identity;

/// How long a read may block before the stop flag is checked again.
const GLANCE: Duration = Duration::from_millis(50);

/// The server's end of a connection.
pub(super) struct Wire {
    tcp: Arc<TcpStream>,
    tls: Option<ServerConnection>,
}

/// The result of a read.
pub(super) enum Heard {
    /// Bytes were added.
    Bytes,
    /// No bytes yet.
    Nothing,
    /// The client has closed the connection.
    End,
}

impl Wire {
    pub(super) fn new(tcp: Arc<TcpStream>) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(GLANCE))?;
        // A client that reads nothing must not block the server for ever.
        tcp.set_write_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { tcp, tls: None })
    }

    /// Starts TLS. The handshake happens with the first read.
    pub(super) fn secure(&mut self, identity: &Identity) -> io::Result<()> {
        let connection =
            ServerConnection::new(Arc::clone(&identity.config)).map_err(io::Error::other)?;
        self.tls = Some(connection);
        Ok(())
    }

    /// Appends received bytes to `pending`.
    pub(super) fn hear(&mut self, pending: &mut Vec<u8>) -> Heard {
        let mut buffer = [0; 16384];
        let mut tcp = &*self.tcp;
        let read = match &mut self.tls {
            None => tcp.read(&mut buffer),
            Some(tls) => Stream::new(tls, &mut tcp).read(&mut buffer),
        };
        match read {
            Ok(0) => Heard::End,
            Ok(read) => {
                pending.extend_from_slice(&buffer[..read]);
                Heard::Bytes
            }
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                Heard::Nothing
            }
            Err(_) => Heard::End,
        }
    }

    /// Sends bytes.
    pub(super) fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut tcp = &*self.tcp;
        match &mut self.tls {
            None => tcp.write_all(bytes),
            Some(tls) => {
                let mut stream = Stream::new(tls, &mut tcp);
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }

    /// Answers a TLS hello that is in `pending` with the first `share` bytes of the server's half, and no more.
    pub(super) fn half_a_handshake(&mut self, mut pending: &[u8], share: usize) -> io::Result<()> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        tls.read_tls(&mut pending)?;
        tls.process_new_packets().map_err(io::Error::other)?;
        let mut flight = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut flight)?;
        }
        (&*self.tcp).write_all(&flight[..flight.len().min(share)])
    }

    /// Sends bytes below TLS.
    pub(super) fn say_in_clear(&mut self, bytes: &[u8]) -> io::Result<()> {
        (&*self.tcp).write_all(bytes)
    }

    /// Sends `close_notify`.
    pub(super) fn notify(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // An error at this point is ignored.
            let _ = tls.write_tls(&mut &*self.tcp);
        }
    }

    /// Sends a FIN.
    pub(super) fn cut(&self) {
        // An error means that the client has closed already.
        let _ = self.tcp.shutdown(Shutdown::Write);
    }

    /// Sends a RST, by closing a socket with a linger time of 0. The stream must have no other owner.
    pub(super) fn reset(self) {
        // An error means that the client has closed already.
        let _ = set_socket_linger(&*self.tcp, Some(Duration::ZERO));
    }
}
