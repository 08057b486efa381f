// SPDX-License-Identifier: GPL-2.0-or-later
//! An HTTP proxy that makes tunnels (CONNECT) or refuses them.
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{Result, lock};

/// The longest time that a read of the proxy blocks.
const LIMIT: Duration = Duration::from_secs(10);

/// The proxy. Its listener ends with it; a tunnel ends with either of its ends.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    targets: Arc<Mutex<Vec<String>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy on a loopback port that the kernel chooses. It makes all tunnels to `target`.
    pub fn to(target: SocketAddr) -> Result<Self> {
        Self::start(move |client, _| tunnel(client, target))
    }

    /// The same, but only for requests with this `Proxy-Authorization`.
    pub fn wanting(target: SocketAddr, authorization: &'static str) -> Result<Self> {
        let line = format!("\r\nProxy-Authorization: {authorization}\r\n");
        Self::start(move |mut client, head| {
            if head.contains(&line) {
                return tunnel(client, target);
            }
            client.write_all(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n",
            )?;
            client.shutdown(Shutdown::Write)
        })
    }

    /// A proxy that answers every request like this and closes.
    pub fn refusing(reply: &'static [u8]) -> Result<Self> {
        Self::start(move |mut client, _| {
            client.write_all(reply)?;
            client.shutdown(Shutdown::Write)
        })
    }

    fn start(
        serve: impl Fn(TcpStream, &str) -> io::Result<()> + Clone + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let targets = Arc::<Mutex<Vec<String>>>::default();
        let acceptor = thread::spawn({
            let (stop, targets) = (Arc::clone(&stop), Arc::clone(&targets));
            move || {
                for client in listener.incoming().flatten() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let (serve, targets) = (serve.clone(), Arc::clone(&targets));
                    thread::spawn(move || {
                        client.set_read_timeout(Some(LIMIT))?;
                        let head = head(&client)?;
                        lock(&targets).push(head.lines().next().unwrap_or_default().to_owned());
                        serve(client, &head)
                    });
                }
            }
        });
        Ok(Self {
            address,
            stop,
            targets,
            acceptor: Some(acceptor),
        })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The request lines so far.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.targets).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the acceptor, which sees the flag.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// The head of a request, read to its end and no further.
fn head(mut client: &TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn tunnel(mut client: TcpStream, target: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect_timeout(&target, LIMIT)?;
    server.set_read_timeout(Some(LIMIT))?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: testbed\r\n\r\n")?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    let back = thread::spawn(move || {
        // Either end may close at any time.
        let _ = io::copy(&mut down, &mut client);
        let _ = client.shutdown(Shutdown::Write);
    });
    let _ = io::copy(&mut up, &mut server);
    let _ = server.shutdown(Shutdown::Write);
    back.join()
        .map_err(|_| io::Error::other("a panic in a tunnel"))
}
