// SPDX-License-Identifier: GPL-2.0-or-later

//! Accepts the connections of one listener.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::config::Scheme;
use crate::connection::Connection;
use crate::limits::Limits;
use crate::slots::Slots;
use crate::state::Files;
use crate::swap::Swap;
use crate::throttle::Throttle;

/// One listener and what its connections need.
pub(crate) struct Listener {
    pub(crate) scheme: Scheme,
    pub(crate) socket: TcpListener,
    pub(crate) files: Arc<Files>,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) slots: Arc<Slots>,
    /// Changes, or closes, when the service stops.
    pub(crate) stopped: watch::Receiver<()>,
}

impl Listener {
    /// Accepts connections until the service stops, then lets requests in progress end for up to 6 seconds.
    pub(crate) async fn run(self) {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        let accepting = async {
            let mut failures = Throttle::default();
            loop {
                let stream = self.accept(&mut failures).await;
                let connection = Connection {
                    stream,
                    tls: self
                        .files
                        .tls
                        .as_ref()
                        .filter(|_| self.scheme == Scheme::Https)
                        .map(Swap::current),
                    slot: self.slots.slot().await,
                    limits: self.limits,
                    stopped: self.stopped.clone(),
                };
                connections.spawn(connection.serve(self.router.clone()));
                // Frees the memory of those that have ended.
                while connections.try_join_next().is_some() {}
            }
        };
        tokio::select! {
            () = accepting => {}
            _ = stopped.changed() => {}
        }
        // Closes the listening socket.
        drop(self);
        let all_ended = async { while connections.join_next().await.is_some() {} };
        if timeout(STOP_TIMEOUT, all_ended).await.is_err() {
            info!("some connections were still busy and are closed");
        }
    }

    /// Waits for a connection. Errors of `accept` are logged and retried.
    async fn accept(&self, failures: &mut Throttle) -> TcpStream {
        loop {
            let error = match self.socket.accept().await {
                Ok((stream, _)) => return stream,
                Err(error) => error,
            };
            if concerns_one_connection(&error) {
                continue;
            }
            // Mostly "too many open files": a closed connection gives one back.
            self.slots.evict();
            if let Some(unlogged) = failures.event(Instant::now()) {
                warn!(%error, unlogged, "cannot accept a connection: the oldest one without a request is closed");
            }
            sleep(ACCEPT_PAUSE).await;
        }
    }
}

/// Whether one connection ended before it was accepted. The next one may be accepted at once.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longer than the longest budget.
const STOP_TIMEOUT: Duration = Duration::from_secs(6);
