// SPDX-License-Identifier: GPL-2.0-or-later
//! An HTTP(S) server that follows the plan of a test and records requests.
mod connection;
mod plan;
mod request;
mod wire;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use plan::{Greeting, Plan, Step};
pub use request::Request;

use crate::{Identity, Result, lock};

/// The limit of connections at a time. Further ones are closed, so that no test can exhaust the machine's threads.
const CONNECTIONS: usize = 4096;

/// The server. Its threads end with it.
#[derive(Debug)]
pub struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// What the acceptor and the connections share with the guard.
#[derive(Debug)]
struct Shared {
    plan: Mutex<Plan>,
    identity: Option<Identity>,
    requests: Mutex<Vec<Request>>,
    health_requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    stop: AtomicBool,
    open: Mutex<Vec<Weak<TcpStream>>>,
}

impl Api {
    /// Plain HTTP on a loopback port that the kernel chooses.
    pub fn http(plan: Plan) -> Result<Self> {
        Self::start((Ipv4Addr::LOCALHOST, 0).into(), None, plan)
    }

    /// HTTPS on a loopback port that the kernel chooses.
    pub fn https(identity: Identity, plan: Plan) -> Result<Self> {
        Self::start((Ipv4Addr::LOCALHOST, 0).into(), Some(identity), plan)
    }

    /// A server at `address`, with TLS if it has an identity.
    pub fn start(address: SocketAddr, identity: Option<Identity>, plan: Plan) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            plan: Mutex::new(plan),
            identity,
            requests: Mutex::default(),
            health_requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        match self.shared.identity {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// Replaces the plan, from the next connection or request on.
    pub fn play(&self, plan: Plan) {
        *lock(&self.shared.plan) = plan;
    }

    /// All health requests so far.
    #[must_use]
    pub fn health_requests(&self) -> Vec<Request> {
        lock(&self.shared.health_requests).clone()
    }

    /// All other requests so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }

    /// The requests, once there are at least `count` or the time is up.
    #[must_use]
    pub fn wait_for_requests(&self, count: usize, limit: Duration) -> Vec<Request> {
        wait_until(count, limit, || self.requests())
    }

    /// The health requests, once there are at least `count` or the time is up.
    #[must_use]
    pub fn wait_for_health_requests(&self, count: usize, limit: Duration) -> Vec<Request> {
        wait_until(count, limit, || self.health_requests())
    }

    /// How many connections it accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Closes the open connections, as a restart of the server would. It continues to listen.
    pub fn hang_up(&self) {
        self.shared.hang_up();
    }
}

fn wait_until(count: usize, limit: Duration, so_far: impl Fn() -> Vec<Request>) -> Vec<Request> {
    let end = Instant::now() + limit;
    loop {
        let requests = so_far();
        if requests.len() >= count || Instant::now() > end {
            return requests;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.hang_up();
        // Wakes the acceptor, which checks the flag. If that fails, it has ended already.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn hang_up(&self) {
        for stream in lock(&self.open).drain(..) {
            if let Some(stream) = stream.upgrade() {
                // Wakes a thread that is blocked on it. An error means that the peer has closed it already.
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        if shared.stop.load(Ordering::Relaxed) {
            break;
        }
        let Ok(stream) = stream else { continue };
        threads.retain(|thread| !thread.is_finished());
        if threads.len() >= CONNECTIONS {
            continue;
        }
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        let stream = Arc::new(stream);
        {
            let mut open = lock(&shared.open);
            open.retain(|stream| stream.strong_count() > 0);
            open.push(Arc::downgrade(&stream));
        }
        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || {
            connection::serve(stream, number, &shared);
        }));
    }
    shared.hang_up();
    for thread in threads {
        let _ = thread.join();
    }
}
