// SPDX-License-Identifier: GPL-2.0-or-later
//! A stand-in for the API that needs little processor time: HTTP or HTTPS with persistent connections, and one prepared answer,
//! optionally after a delay.

mod connection;
mod serving;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::epoll;
use rustls::ServerConfig;
use testbed::{Authority, Flaw, Result, answer};

use self::serving::Serving;

/// The server. Its thread ends with it.
#[derive(Debug)]
pub(crate) struct Stub {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: Option<PathBuf>,
    thread: Option<JoinHandle<()>>,
    /// Connections that fill the queue of a black hole.
    plugs: Vec<TcpStream>,
}

#[derive(Debug)]
struct Shared {
    listener: TcpListener,
    epoll: std::os::fd::OwnedFd,
    tls: Option<Arc<ServerConfig>>,
    answer: Vec<u8>,
    requests: AtomicU64,
    /// Microseconds from a request to its answer.
    delay: AtomicU64,
    /// The processor time that an answer costs in addition, as in an API that is written in a slow language (`API_CPU`, microseconds).
    processing: Duration,
    stop: AtomicBool,
    silent: AtomicBool,
}

/// `API_CPU`.
fn processing() -> Result<Duration> {
    match std::env::var("API_CPU") {
        Ok(micros) if !micros.is_empty() => Ok(Duration::from_micros(micros.parse()?)),
        _ => Ok(Duration::ZERO),
    }
}

impl Stub {
    /// A stand-in that blocks every call, on a loopback port that the kernel chooses.
    pub(crate) fn blocking_calls() -> Result<Self> {
        Self::new(None, None)
    }

    /// The same over HTTPS. The certificate of its authority is written to `file`.
    pub(crate) fn over_tls(file: PathBuf) -> Result<Self> {
        let authority = Authority::new()?;
        authority.write(&file)?;
        let identity = authority.identity(&["127.0.0.1"], Flaw::None)?;
        Self::new(Some(identity.config()), Some(file))
    }

    fn new(tls: Option<Arc<ServerConfig>>, authority: Option<PathBuf>) -> Result<Self> {
        let mut body = answer::decision("block", 603);
        // The same bytes answer for every number.
        body["e164"] = serde_json::Value::Null;
        let body = body.to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        // A server opens all its connections at the same time.
        rustix::net::listen(&listener, 4096)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let shared = Arc::new(Shared {
            listener,
            epoll,
            tls,
            answer: answer::response("200 OK", &[], body.as_bytes()),
            requests: AtomicU64::new(0),
            delay: AtomicU64::new(0),
            processing: processing()?,
            stop: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        });
        let serving = Serving::new(Arc::clone(&shared))?;
        Ok(Self {
            shared,
            address,
            authority,
            thread: Some(thread::spawn(move || serving.run())),
            plugs: Vec::new(),
        })
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.authority.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// The file of the authority that its clients have to trust.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// Requests answered so far.
    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Relaxed)
    }

    /// Sets the delay of answers.
    pub(crate) fn answer_after(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.shared.delay.store(micros, Relaxed);
    }

    /// From now on connections are accepted, but never answered.
    pub(crate) fn fall_silent(&self) {
        self.shared.silent.store(true, Relaxed);
    }

    /// From now on nothing is answered: open connections stay silent, and every further SYN is dropped.
    pub(crate) fn turn_into_a_black_hole(&mut self) -> Result<()> {
        self.fall_silent();
        epoll::delete(&self.shared.epoll, &self.shared.listener)?;
        // Another listen(2) changes the length of the queue.
        rustix::net::listen(&self.shared.listener, 0)?;
        // A connection that does not succeed proves that the queue is full.
        while let Ok(plug) = TcpStream::connect_timeout(&self.address, SHORT) {
            self.plugs.push(plug);
        }
        Ok(())
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Longer than any connect over loopback takes.
const SHORT: Duration = Duration::from_millis(20);
