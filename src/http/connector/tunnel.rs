// SPDX-License-Identifier: GPL-2.0-or-later
//! A tunnel through an HTTP proxy (CONNECT).

use std::io::{self, Read, Write};

use super::super::connection::Connection;
use crate::failure::Failure;

/// Asks the proxy at the other end of `connection` for a tunnel.
pub(super) fn open(
    mut connection: Connection,
    host: &str,
    port: u16,
) -> Result<Connection, Failure> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    match ask(&mut connection, request.as_bytes()) {
        Ok(true) => Ok(connection),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Failure::TimeoutConnect),
        _ => Err(Failure::Connect),
    }
}

fn ask(connection: &mut Connection, request: &[u8]) -> io::Result<bool> {
    let socket = connection.socket();
    socket.write_all(request)?;
    let mut head = Vec::new();
    // One byte at a time: what follows the head belongs to the API's TLS.
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        let mut byte = [0];
        socket.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let status = head.split(|byte| *byte == b' ').nth(1);
    Ok(head.starts_with(b"HTTP/1.")
        && head.len() < MAX_HEAD
        && status.is_some_and(|status| status.starts_with(b"2")))
}

const MAX_HEAD: usize = 8 * 1024;
