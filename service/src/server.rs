// SPDX-License-Identifier: GPL-2.0-or-later

//! The running service.

use std::net::SocketAddr;
use std::sync::Arc;

use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::app;
use crate::config::{Config, Scheme};
use crate::listener::Listener;
use crate::number;
use crate::slots::Slots;
use crate::start_error::StartError;
use crate::state::{AppState, Files};
use crate::swap::Swap;

/// A running service. Dropping it stops it without waiting; [`Service::stop`] waits for requests in progress.
#[derive(Debug)]
pub struct Service {
    listening: Vec<(Scheme, SocketAddr)>,
    listeners: Vec<JoinHandle<()>>,
    files: Arc<Files>,
    stop: watch::Sender<()>,
}

impl Service {
    /// Binds every listener, then answers on all of them.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.keys.check_not_empty()?;
        let (mut sockets, mut tls) = (Vec::new(), None);
        if let Some(https) = config.https {
            sockets.push((Scheme::Https, bind(https.address).await?));
            tls = Some(Swap::new(https.tls));
        }
        if let Some(http) = config.http {
            sockets.push((Scheme::Http, bind(http.address()).await?));
        }
        if sockets.is_empty() {
            return Err(StartError::new(
                "nothing to listen on: give --listen-https or --listen-http",
            ));
        }
        number::warm_up();
        if !config.delay.is_zero() {
            warn!(
                milliseconds = config.delay.as_millis(),
                "every decision and lookup is delayed, for tests"
            );
        }
        let files = Arc::new(Files {
            keys: Swap::new(Arc::new(config.keys)),
            lists: Swap::new(Arc::new(config.lists)),
            signing_key: Swap::new(Arc::new(config.signing_key)),
            tls,
        });
        let router = app::router(Arc::new(AppState {
            files: Arc::clone(&files),
            default_country: config.default_country,
            delay: config.delay,
            random: SystemRandom::new(),
        }));
        let slots = Slots::new(config.limits.connections.get());
        let (stop, stopped) = watch::channel(());
        let (mut listening, mut listeners) = (Vec::new(), Vec::new());
        for (scheme, socket) in sockets {
            let address = socket
                .local_addr()
                .map_err(|error| StartError::new(format!("{scheme}: {error}")))?;
            listening.push((scheme, address));
            let listener = Listener {
                scheme,
                socket,
                files: Arc::clone(&files),
                router: router.clone(),
                limits: config.limits,
                slots: Arc::clone(&slots),
                stopped: stopped.clone(),
            };
            listeners.push(tokio::spawn(listener.run()));
        }
        Ok(Self {
            listening,
            listeners,
            files,
            stop,
        })
    }

    /// The content of the files that [`crate::reload::reload`] replaces.
    #[must_use]
    pub fn files(&self) -> Arc<Files> {
        Arc::clone(&self.files)
    }

    /// Where the service listens, with the ports that the kernel chose.
    #[must_use]
    pub fn listening(&self) -> &[(Scheme, SocketAddr)] {
        &self.listening
    }

    /// Accepts no more connections, closes idle ones, and waits up to 6 seconds for requests in progress.
    pub async fn stop(self) {
        drop(self.stop);
        for listener in self.listeners {
            // After a panic there is nothing left to stop.
            let _ = listener.await;
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| StartError::new(format!("cannot listen on {address}: {error}")))
}
