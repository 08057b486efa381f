// SPDX-License-Identifier: GPL-2.0-or-later
//! The next hop of a proxy: it answers every INVITE alike, and keeps what it received.
use std::{
    fmt::Write,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{Result, lock};

/// A SIP server of one socket. It ends with its guard.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    invites: Arc<Mutex<Vec<String>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Answers each INVITE with this code and phrase, and further header lines as they are.
    pub fn new(status: &str, lines: &[&str]) -> Result<Self> {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        udp.set_read_timeout(Some(Duration::from_millis(20)))?;
        let address = udp.local_addr()?;
        let (invites, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (kept, end): (Arc<Mutex<Vec<String>>>, _) = (Arc::clone(&invites), Arc::clone(&ended));
        let (status, lines) = (status.to_owned(), lines.join("\r\n"));
        let thread = thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while !end.load(Ordering::SeqCst) {
                let Ok((read, from)) = udp.recv_from(&mut buffer) else {
                    continue;
                };
                let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
                if text.starts_with("INVITE ") {
                    let reply = reply(&status, &lines, &text);
                    let mut kept = lock(&kept);
                    if !kept.contains(&text) {
                        kept.push(text);
                    }
                    drop(kept);
                    let _ = udp.send_to(reply.as_bytes(), from);
                }
            }
        });
        Ok(Self {
            address,
            invites,
            ended,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The INVITEs that it received, without retransmissions.
    #[must_use]
    pub fn invites(&self) -> Vec<String> {
        lock(&self.invites).clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A final reply to a request.
fn reply(status: &str, lines: &str, request: &str) -> String {
    let mut text = format!("SIP/2.0 {status}\r\n");
    for line in request.split("\r\n").take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default();
        let is_copied = ["Via", "From", "f", "Call-ID", "CSeq"];
        if name.eq_ignore_ascii_case("To") {
            let _ = write!(text, "{line};tag=peer\r\n");
        } else if is_copied
            .iter()
            .any(|copied| name.eq_ignore_ascii_case(copied))
        {
            let _ = write!(text, "{line}\r\n");
        }
    }
    if !lines.is_empty() {
        let _ = write!(text, "{lines}\r\n");
    }
    text.push_str("Content-Length: 0\r\n\r\n");
    text
}
