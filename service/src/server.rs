// SPDX-License-Identifier: GPL-2.0-or-later

//! The running service: its listeners and connections.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use ring::rand::SystemRandom;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use crate::app::{self, App};
use crate::country::Country;
use crate::keys::KeyRing;
use crate::lists::Lists;
use crate::number;
use crate::start_error::StartError;

/// All that the service needs to start.
#[derive(Debug)]
pub struct Config {
    /// The HTTPS listener.
    pub https: Option<Https>,
    /// The listener without TLS.
    pub http: Option<Loopback>,
    /// The keys that are answered.
    pub keys: KeyRing,
    /// What decisions rest on.
    pub lists: Lists,
    /// The country of numbers in national format.
    pub default_country: Option<Country>,
    /// A test aid: how long each decision is put off, so that a client's deadline can be seen at work.
    pub delay: Duration,
}

/// An address with TLS; port 0 lets the kernel choose.
#[derive(Debug)]
pub struct Https {
    /// Where to listen.
    pub address: SocketAddr,
    /// The TLS side, as of [`crate::tls::server`].
    pub tls: Arc<ServerConfig>,
}

/// An address that only this machine reaches, the one place where keys and numbers may go unencrypted.
#[derive(Clone, Copy, Debug)]
pub struct Loopback(SocketAddr);

impl TryFrom<SocketAddr> for Loopback {
    type Error = StartError;

    fn try_from(address: SocketAddr) -> Result<Self, StartError> {
        if address.ip().is_loopback() {
            return Ok(Self(address));
        }
        let allowed =
            "allowed: a loopback address (127.0.0.1 or [::1]); for others there is --listen-https";
        Err(StartError::new(format!(
            "--listen-http {address}: not a loopback address; {allowed}"
        )))
    }
}

/// How a listener is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS.
    Https,
    /// Without.
    Http,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Https => "https",
            Self::Http => "http",
        })
    }
}

/// A service that answers. Dropping it stops it without waiting; [`Service::stop`] lets running requests end.
#[derive(Debug)]
pub struct Service {
    listening: Vec<(Scheme, SocketAddr)>,
    accepting: Vec<JoinHandle<()>>,
    stop: watch::Sender<()>,
}

impl Service {
    /// Binds every listener, then answers on all of them.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if config.keys.is_empty() {
            return Err(StartError::new(
                "no API key: give --keys FILE or --key-env NAME",
            ));
        }
        let mut listeners = Vec::new();
        if let Some(Https { address, tls }) = config.https {
            listeners.push((
                Scheme::Https,
                bind(address).await?,
                Some(TlsAcceptor::from(tls)),
            ));
        }
        if let Some(Loopback(address)) = config.http {
            listeners.push((Scheme::Http, bind(address).await?, None));
        }
        if listeners.is_empty() {
            return Err(StartError::new(
                "nothing to listen on: give --listen-https or --listen-http",
            ));
        }
        number::warm_up();
        if !config.delay.is_zero() {
            warn!(
                milliseconds = config.delay.as_millis(),
                "every decision is delayed, for tests"
            );
        }
        let router = app::router(Arc::new(App {
            keys: config.keys,
            lists: config.lists,
            default_country: config.default_country,
            delay: config.delay,
            random: SystemRandom::new(),
        }));
        let (stop, stopped) = watch::channel(());
        let mut service = Self {
            listening: Vec::new(),
            accepting: Vec::new(),
            stop,
        };
        for (scheme, listener, tls) in listeners {
            let address = listener
                .local_addr()
                .map_err(|error| StartError::new(format!("{scheme}: {error}")))?;
            service.listening.push((scheme, address));
            service.accepting.push(tokio::spawn(accept(
                listener,
                tls,
                router.clone(),
                stopped.clone(),
            )));
        }
        Ok(service)
    }

    /// Where the service listens, with the ports that the kernel chose.
    #[must_use]
    pub fn listening(&self) -> &[(Scheme, SocketAddr)] {
        &self.listening
    }

    /// Takes no more connections, lets running requests end for up to 6 seconds, and returns.
    pub async fn stop(self) {
        drop(self.stop);
        for accepting in self.accepting {
            // The task returns nothing, and if it panicked there is nothing left to stop.
            let _ = accepting.await;
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError::new(format!("cannot listen on {address}: {error}")))
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stopped: watch::Receiver<()>,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Mostly "too many open files": it passes when connections end.
                    warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            // Whether told or dropped, the service ends.
            _ = stopped.changed() => break,
        };
        tokio::spawn(greet(
            stream,
            tls.clone(),
            router.clone(),
            graceful.watcher(),
        ));
    }
    drop(listener);
    if timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        info!("some connections were still busy and are closed");
    }
}

async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router, watcher: Watcher) {
    // Answers are small and awaited: Nagle's algorithm would hold them back.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "no TCP_NODELAY");
    }
    let Some(tls) = tls else {
        return serve(stream, router, watcher).await;
    };
    match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, router, watcher).await,
        Ok(Err(error)) => debug!(%error, "TLS handshake failed"),
        Err(_) => debug!("TLS handshake took too long"),
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: Watcher,
) {
    let mut http = http1::Builder::new();
    // Also how long a connection may be idle.
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        debug!(%error, "connection ended");
    }
}

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longer than the longest budget.
const STOP_TIMEOUT: Duration = Duration::from_secs(6);
