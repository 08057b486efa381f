// SPDX-License-Identifier: GPL-2.0-or-later
//! Connections that wait for their next request.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::http::Uri;

use super::line::Line;

/// The idle connections of a client. Its lock is held for moves in memory only: threads share it.
#[derive(Debug)]
pub(super) struct Idle {
    /// So many are kept for each host.
    keep: usize,
    /// Milliseconds that a connection may be idle.
    span: AtomicU64,
    /// Those that were used last are at the end.
    waiting: Mutex<Vec<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    line: Line,
    uri: Uri,
    until: Instant,
}

impl Idle {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            span: AtomicU64::new(SPAN_MS),
            waiting: Mutex::default(),
        }
    }

    /// Takes note of how many seconds the server keeps a connection open.
    pub(super) fn note(&self, seconds: u64) {
        self.span.store(span(seconds), Relaxed);
    }

    /// Keeps a connection to the host of `uri`.
    pub(super) fn put(&self, line: Line, uri: Uri) {
        let span = Duration::from_millis(self.span.load(Relaxed));
        self.put_until(line, uri, Instant::now() + span);
    }

    /// Keeps a connection to the host of `uri` on which there was no request yet.
    pub(super) fn put_unused(&self, line: Line, uri: Uri) {
        self.put_until(line, uri, Instant::now() + UNUSED);
    }

    fn put_until(&self, line: Line, uri: Uri, until: Instant) {
        let mut waiting = self.lock();
        let same = waiting.iter().filter(|other| other.is_to(&uri)).count();
        let first = waiting.iter().position(|other| other.is_to(&uri));
        // The one too many is closed when the lock is free again.
        let _surplus = (same >= self.keep).then(|| first.map(|at| waiting.remove(at)));
        waiting.push(Waiting { line, uri, until });
        drop(waiting);
    }

    /// The connection to the host of `uri` that was used last.
    pub(super) fn take(&self, uri: &Uri) -> Option<Line> {
        loop {
            let mut waiting = self.take_last(uri)?;
            if waiting.until > Instant::now() && waiting.line.is_quiet() {
                return Some(waiting.line);
            }
        }
    }

    fn take_last(&self, uri: &Uri) -> Option<Waiting> {
        let mut waiting = self.lock();
        let last = waiting.iter().rposition(|waiting| waiting.is_to(uri))?;
        Some(waiting.remove(last))
    }

    /// Closes all connections to the host of `uri`.
    pub(super) fn clear(&self, uri: &Uri) {
        while let Some(waiting) = self.take_last(uri) {
            drop(waiting);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_to(&self, uri: &Uri) -> bool {
        self.uri.authority() == uri.authority() && self.uri.scheme() == uri.scheme()
    }
}

/// Milliseconds after which an idle connection is not used again, a while before the server's own limit.
fn span(seconds: u64) -> u64 {
    (seconds.min(3600) * 1000)
        .saturating_sub(MARGIN_MS)
        .min(SPAN_MS)
}

/// Most servers and balancers close an idle connection after 60 s or later.
const SPAN_MS: u64 = 50_000;
const MARGIN_MS: u64 = 500;

/// A server gives up on a connection without a request sooner than on one with; nginx, for one, after 60 s.
const UNUSED: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use ureq::http::Uri;

    use super::super::line::Line;
    use super::{Idle, span};
    use crate::deadline::Deadline;

    /// A connection, and the port by which its peer knows it.
    fn connection() -> (Line, u16, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let port = stream.local_addr().expect("bound").port();
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(5));
        let line = Line::plain(stream, deadline).expect("a connection");
        (line, port, listener.accept().expect("accepted").0)
    }

    fn is_closed(peer: &mut TcpStream) -> bool {
        peer.set_nonblocking(true).expect("a socket");
        matches!(peer.read(&mut [0]), Ok(0))
    }

    #[test]
    fn the_connection_that_was_used_last_is_the_next() {
        let (one, other) = (
            Uri::from_static("http://localhost/a"),
            Uri::from_static("https://localhost/b"),
        );
        let idle = Idle::new(2);
        let mut peers = Vec::new();
        let mut ports = Vec::new();
        for uri in [&one, &one, &other, &one] {
            let (line, port, peer) = connection();
            idle.put(line, uri.clone());
            ports.push(port);
            peers.push(peer);
        }
        assert!(is_closed(&mut peers[0]), "one too many for its host");
        let take = |uri| idle.take(uri).map(|line| line.port());
        assert_eq!(take(&one), Some(ports[3]));
        assert_eq!(take(&one), Some(ports[1]));
        assert_eq!(take(&one), None);
        assert_eq!(take(&other), Some(ports[2]));
    }

    #[test]
    fn a_connection_that_the_server_closed_is_passed_over() {
        let uri = Uri::from_static("http://localhost/");
        let idle = Idle::new(2);
        let ((older, port, _open), (newer, _, closed)) = (connection(), connection());
        idle.put(older, uri.clone());
        idle.put(newer, uri.clone());
        drop(closed);
        assert_eq!(idle.take(&uri).map(|line| line.port()), Some(port));
    }

    #[test]
    fn nothing_is_left_when_time_is_over_or_all_are_closed() {
        let uri = Uri::from_static("http://localhost/");
        let idle = Idle::new(2);
        let ((first, _, _open), (second, _, mut peer)) = (connection(), connection());
        idle.put_unused(second, uri.clone());
        idle.clear(&uri);
        assert!(is_closed(&mut peer));
        idle.note(0);
        idle.put(first, uri.clone());
        assert!(idle.take(&uri).is_none());
    }

    #[test]
    fn an_idle_connection_is_given_up_before_the_server_does() {
        for (seconds, limit) in [(5, 4_500), (0, 0), (99_999_999, 50_000), (u64::MAX, 50_000)] {
            assert_eq!(span(seconds), limit, "{seconds}");
        }
    }
}
