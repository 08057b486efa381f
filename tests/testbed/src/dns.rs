// SPDX-License-Identifier: GPL-2.0-or-later
//! A small name server that can answer incorrectly, late or not at all.
mod message;

use std::{
    io::{ErrorKind, Read, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use message::Query;

use crate::{Result, lock};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Correctly.
    Answer,
    /// Correctly, after a delay.
    Late(Duration),
    /// Not at all.
    Silence,
    /// The name does not exist.
    NxDomain,
    /// The server has a problem.
    ServFail,
    /// The server refuses.
    Refuse,
    /// With bytes that are no DNS message.
    Garbage,
    /// Correctly, but to a question with another id.
    WrongId,
    /// Correctly, but the first question for an A record gets no answer.
    LoseFirstA,
    /// Correctly, but a question for an A record only after a delay.
    LateA(Duration),
    /// Truncated over UDP, and correctly over TCP.
    Truncated,
    /// With a flood of long answers that have another id.
    Flood(Duration),
}

/// The data of the server.
#[derive(Clone, Debug)]
pub struct Zone {
    /// How it answers.
    pub manner: Manner,
    /// The addresses of every name, in the order in which they are given.
    pub addresses: Vec<IpAddr>,
    /// How long an answer holds, in seconds.
    pub ttl: u32,
}

impl Zone {
    /// Every name has these addresses, for a minute.
    #[must_use]
    pub fn of(addresses: &[IpAddr]) -> Self {
        Self {
            manner: Manner::Answer,
            addresses: addresses.to_vec(),
            ttl: 60,
        }
    }

    /// The same with another manner of answering.
    #[must_use]
    pub fn with(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    /// The same with another time to live, in seconds.
    #[must_use]
    pub fn ttl(mut self, seconds: u32) -> Self {
        self.ttl = seconds;
        self
    }
}

/// The server. Its thread ends with it.
#[derive(Debug)]
pub struct Dns {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    zone: Mutex<Zone>,
    queries: Mutex<Vec<String>>,
    stop: AtomicBool,
}

impl Dns {
    /// A server at `address`, over UDP and TCP.
    pub fn start(address: SocketAddr, zone: Zone) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let socket = UdpSocket::bind(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(10)))?;
        let shared = Arc::new(Shared {
            zone: Mutex::new(zone),
            queries: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || serve(&socket, &listener, &shared)
        });
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Changes what it knows and how it answers.
    pub fn play(&self, zone: Zone) {
        *lock(&self.shared.zone) = zone;
    }

    /// The questions so far, as `A name` or `AAAA name`.
    #[must_use]
    pub fn queries(&self) -> Vec<String> {
        lock(&self.shared.queries).clone()
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(socket: &UdpSocket, listener: &TcpListener, shared: &Shared) {
    let mut late: Vec<(Instant, Vec<u8>, SocketAddr)> = Vec::new();
    let mut buffer = [0; 1500];
    while !shared.stop.load(Ordering::Relaxed) {
        let (due, waiting) = late
            .into_iter()
            .partition::<Vec<_>, _>(|(at, ..)| *at <= Instant::now());
        late = waiting;
        for (_, bytes, client) in due {
            // A client that gave up is no concern of a name server.
            let _ = socket.send_to(&bytes, client);
        }
        if let Ok((client, _)) = listener.accept() {
            // A client that gave up is no concern of a name server.
            let _ = over_tcp(client, shared);
        }
        let (read, client) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            // The ICMP error for an answer to a socket that was closed meanwhile.
            Err(_) => continue,
        };
        let Some(query) = Query::parse(&buffer[..read]) else {
            continue;
        };
        let first = !lock(&shared.queries).contains(&query.to_string());
        lock(&shared.queries).push(query.to_string());
        let zone = lock(&shared.zone).clone();
        let delay = match zone.manner {
            Manner::Silence => continue,
            Manner::LoseFirstA if query.is_a() && first => continue,
            Manner::Late(delay) => delay,
            Manner::LateA(delay) if query.is_a() => delay,
            Manner::Flood(span) => {
                flood(socket, &query.answer(&zone), client, span, shared);
                continue;
            }
            _ => Duration::ZERO,
        };
        late.push((Instant::now() + delay, query.answer(&zone), client));
    }
}

/// Answers one question over TCP.
fn over_tcp(mut client: TcpStream, shared: &Shared) -> Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut length = [0; 2];
    client.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    client.read_exact(&mut message)?;
    let query = Query::parse(&message).ok_or("no question")?;
    lock(&shared.queries).push(format!("{query} over TCP"));
    let zone = lock(&shared.zone).clone().with(Manner::Answer);
    let answer = query.answer(&zone);
    client.write_all(&u16::try_from(answer.len())?.to_be_bytes())?;
    Ok(client.write_all(&answer)?)
}

fn flood(socket: &UdpSocket, answer: &[u8], client: SocketAddr, span: Duration, shared: &Shared) {
    let end = Instant::now() + span;
    while Instant::now() < end && !shared.stop.load(Ordering::Relaxed) {
        for _ in 0..64 {
            // A client that gave up is no concern of a name server.
            let _ = socket.send_to(answer, client);
        }
    }
}
