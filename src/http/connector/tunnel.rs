// SPDX-License-Identifier: GPL-2.0-or-later
//! A tunnel through an HTTP proxy (CONNECT).

use std::io::{self, Read, Write};

use super::super::connection::Connection;
use super::super::error::HttpError;
use crate::cause::Cause;
use crate::config::ProxyUrl;
use crate::failure::Failure;

/// Requests a tunnel from the proxy at the other end of `connection`.
pub(super) fn open(
    mut connection: Connection,
    proxy: &ProxyUrl,
    host: &str,
    port: u16,
) -> Result<Connection, HttpError> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let authorization = proxy
        .authorization()
        .map(|value| format!("Proxy-Authorization: {value}\r\n"))
        .unwrap_or_default();
    let request =
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{authorization}\r\n");
    let refused = HttpError::new(Failure::Connect);
    match ask(&mut connection, request.as_bytes()) {
        Ok(200..=299) => Ok(connection),
        Ok(status) => Err(refused.because(cause(status))),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            Err(Failure::TimeoutConnect.into())
        }
        Err(error) => {
            Err(HttpError::of_socket(&error, Failure::Connect)
                .or_because(Some(Cause::ProxyNotHttp)))
        }
    }
}

fn cause(status: u16) -> Cause {
    match status {
        407 => Cause::ProxyAuthentication,
        403 => Cause::ProxyForbidden,
        400..=499 => Cause::Proxy4xx,
        502 => Cause::ProxyBadGateway,
        503 => Cause::ProxyUnavailable,
        504 => Cause::ProxyGatewayTimeout,
        500..=599 => Cause::Proxy5xx,
        _ => Cause::ProxyStatus,
    }
}

/// Reads the status of the proxy's answer.
fn ask(connection: &mut Connection, request: &[u8]) -> io::Result<u16> {
    let socket = connection.socket();
    socket.write_all(request)?;
    let mut head = Vec::new();
    // One byte at a time: the bytes after the head belong to the TLS connection with the API.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut byte = [0];
        socket.read_exact(&mut byte)?;
        head.extend(byte);
    }
    status(&head).ok_or(io::ErrorKind::InvalidData.into())
}

fn status(head: &[u8]) -> Option<u16> {
    let mut words = head
        .strip_prefix(b"HTTP/1.")?
        .get(1..)?
        .split(u8::is_ascii_whitespace);
    let status = words.nth(1)?;
    std::str::from_utf8(status)
        .ok()
        .filter(|status| status.len() == 3)?
        .parse()
        .ok()
}

const MAX_HEAD: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_status_has_three_digits() {
        for (head, expected) in [
            (
                &b"HTTP/1.1 200 Connection established\r\n\r\n"[..],
                Some(200),
            ),
            (b"HTTP/1.0 407\r\n\r\n", Some(407)),
            (b"HTTP/1.1 2000 No\r\n\r\n", None),
            (b"HTTP/1.1  200 No\r\n\r\n", None),
            (b"HTTP/2 200\r\n\r\n", None),
            (b"hello\r\n\r\n", None),
            (b"HTTP/1.", None),
        ] {
            assert_eq!(status(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }
}
