// SPDX-License-Identifier: GPL-2.0-or-later
//! OPTIONS at a steady rate, and the time to each reply.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use memchr::memmem;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use testbed::Result;

/// The times of the OPTIONS of one run.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    /// The times to the replies, sorted.
    latencies: Vec<Duration>,
    /// The number without a reply.
    pub(crate) lost: usize,
}

impl Pings {
    /// Sends them for this time, and waits for late replies.
    pub(crate) fn run(server: SocketAddr, span: Duration) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(server)?;
        let local = socket.local_addr()?;
        let started = Instant::now();
        let mut due = started;
        let mut open: Vec<Option<Instant>> = Vec::new();
        let mut pings = Self::default();
        let mut buffer = [0; 2048];
        loop {
            let now = Instant::now();
            let sending = now < started + span;
            pings.lost = open.iter().flatten().count();
            if !sending && (pings.lost == 0 || now > started + span + PATIENCE) {
                pings.latencies.sort_unstable();
                return Ok(pings);
            }
            if sending && now >= due {
                socket.send(options(local, server, open.len()).as_bytes())?;
                open.push(Some(now));
                due = now + EVERY;
            }
            // A socket's own timeout is in ticks of the kernel, and too coarse.
            let wait = due.saturating_duration_since(Instant::now()).max(SHORTEST);
            let wait = Timespec::try_from(wait)?;
            match poll(&mut [PollFd::new(&socket, PollFlags::IN)], Some(&wait)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let length = socket.recv(&mut buffer)?;
            let sent = number(&buffer[..length]).and_then(|number| open.get_mut(number)?.take());
            pings.latencies.extend(sent.map(|sent| sent.elapsed()));
        }
    }

    /// The latency, in milliseconds, that so many percent of the answered did not exceed.
    pub(crate) fn latency(&self, percent: usize) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let latency = self.latencies.get(last * percent / 100).copied();
        latency.unwrap_or_default().as_secs_f64() * 1000.0
    }

    /// How many took longer, the lost ones among them.
    pub(crate) fn longer_than(&self, limit: Duration) -> usize {
        let late = self.latencies.iter().filter(|latency| **latency > limit);
        late.count() + self.lost
    }

    /// How many were sent.
    pub(crate) fn sent(&self) -> usize {
        self.latencies.len() + self.lost
    }
}

fn options(local: SocketAddr, server: SocketAddr, number: usize) -> String {
    format!(
        "OPTIONS sip:ping@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKping{number}\r\nMax-Forwards: 70\r\n\
         From: <sip:bench@{local}>;tag={number}\r\nTo: <sip:ping@{server}>\r\nCall-ID: {number}@ping\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// Which one a reply belongs to.
fn number(reply: &[u8]) -> Option<usize> {
    let call_id = b"\r\nCall-ID: ";
    let rest = reply.get(memmem::find(reply, call_id)? + call_id.len()..)?;
    let digits = rest.get(..memchr::memchr(b'@', rest)?)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// From one to the next.
const EVERY: Duration = Duration::from_millis(3);
/// How late one may be sent, and how often the end is checked.
const SHORTEST: Duration = Duration::from_millis(1);

/// How long to wait for the next late reply.
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::{number, options};

    #[test]
    fn a_reply_names_its_request() {
        let address = "127.0.0.1:5060".parse().expect("an address");
        let request = options(address, address, 42);
        assert_eq!(number(request.as_bytes()), Some(42));
        assert_eq!(number(b"SIP/2.0 200 OK\r\n\r\n"), None);
    }
}
