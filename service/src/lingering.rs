// SPDX-License-Identifier: GPL-2.0-or-later

//! A TCP connection that is closed without losing the last answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A TCP connection with a lingering close.
///
/// A socket that is closed on unread data sends a reset, and the reset makes the peer drop an answer that it has not
/// read yet (RFC 9112 section 9.6). So a shutdown first closes the sending half, then reads and discards what the peer
/// still sends: until the peer closes too, at most [`LINGER_TIME`] and [`LINGER_BYTES`].
#[derive(Debug)]
pub(crate) struct Lingering {
    stream: TcpStream,
    drain: Option<Drain>,
}

#[derive(Debug)]
struct Drain {
    end: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl Lingering {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            drain: None,
        }
    }
}

impl Drain {
    fn poll(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 8192];
        while self.bytes_left > 0 && self.end.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.bytes_left = self.bytes_left.saturating_sub(buffer.filled().len());
                }
                // The peer has closed, or the connection is broken.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let drain = match &mut this.drain {
            Some(drain) => drain,
            none => {
                ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                none.insert(Drain {
                    end: Box::pin(sleep(LINGER_TIME)),
                    bytes_left: LINGER_BYTES,
                })
            }
        };
        drain.poll(&mut this.stream, cx).map(Ok)
    }
}

/// How long a closed connection is still read.
pub(crate) const LINGER_TIME: Duration = Duration::from_secs(2);
/// How much of it is read, in bytes.
const LINGER_BYTES: usize = 1024 * 1024;
