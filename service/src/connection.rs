// SPDX-License-Identifier: GPL-2.0-or-later

//! One connection, from the TLS handshake to the close.

use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;
use tracing::debug;

use crate::limits::Limits;
use crate::lingering::Lingering;
use crate::slots::Slot;

/// A connection that was just accepted.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// Absent on the listener without TLS.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) slot: Slot,
    pub(crate) limits: Limits,
    /// Changes, or closes, when the service stops.
    pub(crate) stopped: watch::Receiver<()>,
}

impl Connection {
    /// Answers requests until the peer, a limit or the stop of the service ends the connection.
    pub(crate) async fn serve(mut self, router: Router) {
        let first_head = Instant::now() + self.limits.first_head;
        // Nagle's algorithm would delay small answers.
        if let Err(error) = self.stream.set_nodelay(true) {
            debug!(%error, "no TCP_NODELAY");
        }
        let stream = Lingering::new(self.stream);
        let rest = Rest {
            slot: self.slot,
            limits: self.limits,
            first_head,
        };
        let Some(tls) = self.tls else {
            return rest.exchange(stream, router, self.stopped).await;
        };
        let handshake = tokio::select! {
            handshake = TlsAcceptor::from(tls).accept(stream) => handshake,
            () = rest.slot.evicted() => return debug!("closed during the TLS handshake for a new connection"),
            () = sleep_until(first_head) => return debug!("TLS handshake took too long"),
            _ = self.stopped.changed() => return,
        };
        match handshake {
            Ok(stream) => rest.exchange(stream, router, self.stopped).await,
            Err(error) => debug!(%error, "TLS handshake failed"),
        }
    }
}

/// A connection without its stream.
struct Rest {
    slot: Slot,
    limits: Limits,
    first_head: Instant,
}

impl Rest {
    async fn exchange(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        router: Router,
        mut stopped: watch::Receiver<()>,
    ) {
        let slot = &self.slot;
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request| {
            let answer = router.call(request);
            async move {
                let _in_progress = slot.request();
                answer.await
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            // Also limits how long a connection may be idle.
            .header_read_timeout(self.limits.idle)
            // A client may close its sending half and still wait for the answer. Without this, hyper drops the answer
            // if it sees the end of the stream first.
            .half_close(true);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let mut stopping = false;
        loop {
            tokio::select! {
                // In this order: a request that has arrived is answered before the connection is closed.
                biased;
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        debug!(%error, "connection ended");
                    }
                    return;
                }
                () = slot.evicted() => return debug!("closed for a new connection"),
                () = sleep_until(self.first_head), if slot.awaits_first_request() => {
                    if slot.awaits_first_request() {
                        return debug!("no request head in time");
                    }
                }
                _ = stopped.changed(), if !stopping => {
                    if !slot.is_busy() {
                        return;
                    }
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}
