// SPDX-License-Identifier: GPL-2.0-or-later
//! Idle connections.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::session::Session;

/// The idle connections to a host, shared by threads. The lock is held only for moves in memory.
#[derive(Debug)]
pub(super) struct Idle {
    /// The maximal number of connections.
    keep: usize,
    /// Milliseconds that a connection may be idle.
    span: AtomicU64,
    /// Ordered by their last use, the latest last.
    connections: Mutex<Vec<IdleSession>>,
}

#[derive(Debug)]
struct IdleSession {
    session: Session,
    until: Instant,
}

impl Idle {
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            span: AtomicU64::new(SPAN_MS),
            connections: Mutex::default(),
        }
    }

    /// Sets how many seconds the server keeps an idle connection open.
    pub(super) fn note(&self, seconds: u64) {
        self.span.store(span(seconds), Relaxed);
    }

    /// Stores a connection.
    pub(super) fn put(&self, session: Session) {
        let span = Duration::from_millis(self.span.load(Relaxed));
        self.put_for(session, span);
    }

    /// Stores a connection without a request so far.
    pub(super) fn put_unused(&self, session: Session) {
        self.put_for(session.idle(), UNUSED);
    }

    fn put_for(&self, session: Session, span: Duration) {
        let until = Instant::now() + span;
        let mut connections = self.lock();
        // The oldest one is dropped, and thereby closed, after the lock is released.
        let _surplus = (connections.len() >= self.keep)
            .then(|| connections.drain(..1).next())
            .flatten();
        connections.push(IdleSession { session, until });
        drop(connections);
    }

    /// The connection that was used last.
    pub(super) fn take(&self) -> Option<Session> {
        loop {
            let mut idle = self.lock().pop()?;
            if idle.until > Instant::now() && idle.session.is_quiet() {
                return Some(idle.session);
            }
        }
    }

    /// Closes all connections.
    pub(super) fn clear(&self) {
        drop(std::mem::take(&mut *self.lock()));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<IdleSession>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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

/// A server closes a connection without any request earlier than others; nginx, for example, after 60 s.
const UNUSED: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::super::connection::Connection;
    use super::super::session::Session;
    use super::{Idle, span};
    use crate::deadline::Deadline;

    /// A connection, and its peer.
    fn connection() -> (Session, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
        let deadline = Deadline::after(Instant::now(), Duration::from_secs(5));
        let connection = Connection::plain(stream, deadline).expect("a connection");
        (
            Session::new(connection),
            listener.accept().expect("accepted").0,
        )
    }

    fn is_closed(peer: &mut TcpStream) -> bool {
        peer.set_nonblocking(true).expect("a socket");
        matches!(peer.read(&mut [0]), Ok(0))
    }

    #[test]
    fn the_connection_that_was_used_last_is_the_next() {
        let idle = Idle::new(2);
        let mut peers = Vec::new();
        let mut ports = Vec::new();
        for _ in 0..3 {
            let (session, peer) = connection();
            ports.push(session.port());
            idle.put(session);
            peers.push(peer);
        }
        assert!(is_closed(&mut peers[0]), "one too many");
        let take = || idle.take().map(|session| session.port());
        assert_eq!(
            [take(), take(), take()],
            [Some(ports[2]), Some(ports[1]), None]
        );
    }

    #[test]
    fn a_connection_that_the_server_closed_is_skipped() {
        let idle = Idle::new(2);
        let ((older, _open), (newer, closed)) = (connection(), connection());
        let port = older.port();
        idle.put(older);
        idle.put(newer);
        drop(closed);
        assert_eq!(idle.take().map(|session| session.port()), Some(port));
    }

    #[test]
    fn nothing_is_left_when_time_is_over_or_all_are_closed() {
        let idle = Idle::new(2);
        let ((first, _open), (second, mut peer)) = (connection(), connection());
        idle.put_unused(second);
        idle.clear();
        assert!(is_closed(&mut peer));
        idle.note(0);
        idle.put(first);
        assert!(idle.take().is_none());
    }

    #[test]
    fn an_idle_connection_is_given_up_before_the_server_does() {
        for (seconds, limit) in [(5, 4_500), (0, 0), (99_999_999, 50_000), (u64::MAX, 50_000)] {
            assert_eq!(span(seconds), limit, "{seconds}");
        }
    }
}
