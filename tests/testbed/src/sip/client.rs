// SPDX-License-Identifier: GPL-2.0-or-later
//! The sockets of the SIP client.
use std::{
    collections::HashSet,
    io::{self, ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConnection, StreamOwned};

use super::{Reply, Request};
use crate::{Authority, Result};

/// How long [`Client::call`] waits for a final reply.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request without a reply is sent again after this time (RFC 3261).
const T1: Duration = Duration::from_millis(500);

/// How SIP travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A datagram a message.
    Udp,
    /// A stream of messages, told apart by Content-Length.
    Tcp,
}

impl Transport {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Udp, Self::Tcp];

    /// As Via spells it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// One socket to one server.
#[derive(Debug)]
pub struct Client {
    via: &'static str,
    local: SocketAddr,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Udp(UdpSocket),
    Stream(Stream, Vec<u8>),
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    /// A socket to `server`.
    pub fn connect(transport: Transport, server: SocketAddr) -> Result<Self> {
        let (socket, local) = match transport {
            Transport::Udp => {
                let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
                udp.connect(server)?;
                let local = udp.local_addr()?;
                (Socket::Udp(udp), local)
            }
            Transport::Tcp => {
                let (tcp, local) = stream(server)?;
                (Socket::Stream(Stream::Tcp(tcp), Vec::new()), local)
            }
        };
        Ok(Self {
            via: transport.token(),
            local,
            socket,
        })
    }

    /// A UDP socket with an address of its own, of 127.0.0.0/8, to `server`.
    pub fn from_address(local: Ipv4Addr, server: SocketAddr) -> Result<Self> {
        let udp = UdpSocket::bind((local, 0))?;
        udp.connect(server)?;
        Ok(Self {
            via: Transport::Udp.token(),
            local: udp.local_addr()?,
            socket: Socket::Udp(udp),
        })
    }

    /// A connection over TLS to a `server` whose certificate is the authority's.
    pub fn over_tls(server: SocketAddr, authority: &Authority) -> Result<Self> {
        let config = Arc::new(authority.client()?);
        let session = ClientConnection::new(config, server.ip().into())?;
        let (tcp, local) = stream(server)?;
        let tls = StreamOwned::new(session, tcp);
        Ok(Self {
            via: "TLS",
            local,
            socket: Socket::Stream(Stream::Tls(Box::new(tls)), Vec::new()),
        })
    }

    /// Sends the request; a second time it is a retransmission.
    pub fn send(&mut self, request: &Request) -> Result<()> {
        let text = request.text(self.via, self.local)?;
        match &mut self.socket {
            Socket::Udp(udp) => {
                udp.send(text.as_bytes())?;
            }
            Socket::Stream(stream, _) => stream.write_all(text.as_bytes())?,
        }
        Ok(())
    }

    /// Waits for the final reply to a request that was sent, and acknowledges it if it answers an INVITE.
    pub fn final_reply(&mut self, request: &Request, within: Duration) -> Result<Reply> {
        let end = Instant::now() + within;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let reply = self.reply(request, left)?;
            if reply.status >= 200 {
                return Ok(reply);
            }
        }
    }

    /// The same for the next reply, provisional or final.
    pub fn reply(&mut self, request: &Request, within: Duration) -> Result<Reply> {
        self.any_reply(std::slice::from_ref(request), within)
            .map(|(_, reply)| reply)
    }

    /// The final replies to all requests that were sent, in the order in which they come.
    pub fn final_replies(&mut self, requests: &[Request], within: Duration) -> Result<Vec<Reply>> {
        let end = Instant::now() + within;
        let mut open = requests.to_vec();
        let mut replies = Vec::new();
        while !open.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            let (index, reply) = self.any_reply(&open, left)?;
            if reply.status >= 200 {
                open.swap_remove(index);
                replies.push(reply);
            }
        }
        Ok(replies)
    }

    /// The final replies to these requests that come within a time, and which of them each answers.
    pub fn further_replies(
        &mut self,
        requests: &[Request],
        within: Duration,
    ) -> Vec<(usize, Reply)> {
        let end = Instant::now() + within;
        let mut replies = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.any_reply(requests, left) {
                Ok((index, reply)) if reply.status >= 200 => replies.push((index, reply)),
                Ok(_) => {}
                Err(_) => return replies,
            }
        }
    }

    /// Adds the final replies that are missing, and sends again what has none: the kernel drops what a busy machine leaves no
    /// room for (RFC 3261 section 17.1.1.2). At the end some may be missing still.
    pub fn complete(
        &mut self,
        requests: &[Request],
        replies: &mut Vec<(usize, Reply)>,
        within: Duration,
    ) -> Result<()> {
        let end = Instant::now() + within;
        let mut sent = Instant::now();
        loop {
            let answered: HashSet<usize> = replies.iter().map(|(index, _)| *index).collect();
            if answered.len() == requests.len() || Instant::now() > end {
                return Ok(());
            }
            if sent.elapsed() >= T1 {
                let open = requests.iter().enumerate();
                for (_, request) in open.filter(|(index, _)| !answered.contains(index)) {
                    self.send(request)?;
                }
                sent = Instant::now();
            }
            replies.extend(self.further_replies(requests, Duration::from_millis(50)));
        }
    }

    /// The next reply to one of some requests, and to which. A final one to an INVITE is acknowledged.
    fn any_reply(&mut self, requests: &[Request], within: Duration) -> Result<(usize, Reply)> {
        let end = Instant::now() + within;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("no reply within {within:?}").into());
            }
            let Some(text) = self.receive(left)? else {
                continue;
            };
            let reply = Reply::parse(&text)?;
            let answered = requests.iter().position(|request| {
                let cseq = format!("{} {}", request.cseq, request.method);
                reply.header("Call-ID") == Some(&request.call_id)
                    && reply.header("CSeq") == Some(&cseq)
            });
            let Some(index) = answered else {
                continue;
            };
            if reply.status >= 200 && requests[index].method == "INVITE" {
                self.send(&requests[index].ack(&reply))?;
            }
            return Ok((index, reply));
        }
    }

    /// Sends an OPTIONS, which needs no lookup, and waits for its reply.
    pub fn ping(&mut self, within: Duration) -> Result<Reply> {
        let mut request = Request::new("OPTIONS", "sip:testbed@127.0.0.1");
        "sip:ping@127.0.0.1".clone_into(&mut request.uri);
        self.send(&request)?;
        self.final_reply(&request, within)
    }

    /// Sends the request and waits for its final reply.
    pub fn call(&mut self, request: &Request) -> Result<Reply> {
        self.send(request)?;
        self.final_reply(request, PATIENCE)
    }

    /// One message, or nothing if none came in time.
    fn receive(&mut self, within: Duration) -> Result<Option<String>> {
        let mut buffer = vec![0; 65536];
        let read = match &mut self.socket {
            Socket::Udp(udp) => {
                udp.set_read_timeout(Some(within))?;
                udp.recv(&mut buffer)
            }
            Socket::Stream(stream, pending) => {
                if let Some(message) = take_message(pending) {
                    return Ok(Some(message));
                }
                stream.read_within(&mut buffer, within)
            }
        };
        let read = match read {
            Ok(read) => read,
            Err(e)
                if matches!(
                    e.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                return Ok(None);
            }
            // The ICMP error of a server that does not listen yet. Wait, to avoid a busy loop.
            Err(e)
                if e.kind() == ErrorKind::ConnectionRefused
                    && matches!(self.socket, Socket::Udp(_)) =>
            {
                std::thread::sleep(Duration::from_millis(2));
                return Err(e.into());
            }
            Err(e) => return Err(e.into()),
        };
        let bytes = &buffer[..read];
        match &mut self.socket {
            Socket::Udp(_) => Ok(Some(String::from_utf8_lossy(bytes).into_owned())),
            Socket::Stream(..) if bytes.is_empty() => {
                Err("the server closed the connection".into())
            }
            Socket::Stream(_, pending) => {
                pending.extend_from_slice(bytes);
                Ok(take_message(pending))
            }
        }
    }
}

impl Stream {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(tcp) => tcp.write_all(bytes),
            Self::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
        }
    }

    fn read_within(&mut self, buffer: &mut [u8], within: Duration) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => {
                tcp.set_read_timeout(Some(within))?;
                tcp.read(buffer)
            }
            Self::Tls(tls) => {
                tls.sock.set_read_timeout(Some(within))?;
                tls.read(buffer)
            }
        }
    }
}

fn stream(server: SocketAddr) -> Result<(TcpStream, SocketAddr)> {
    let tcp = TcpStream::connect_timeout(&server, PATIENCE)?;
    tcp.set_nodelay(true)?;
    let local = tcp.local_addr()?;
    Ok((tcp, local))
}

/// Cuts the first complete message off.
fn take_message(pending: &mut Vec<u8>) -> Option<String> {
    let head = pending.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&pending[..head]).into_owned();
    let body: usize = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("Content-Length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    if pending.len() < head + body {
        return None;
    }
    pending.drain(..head + body);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_stream_are_cut_by_their_length() {
        let mut pending =
            b"SIP/2.0 100 a\r\nContent-Length: 2\r\n\r\nxySIP/2.0 200 b\r\n\r\nSIP".to_vec();
        assert!(take_message(&mut pending).is_some_and(|text| text.starts_with("SIP/2.0 100")));
        assert!(take_message(&mut pending).is_some_and(|text| text.starts_with("SIP/2.0 200")));
        assert_eq!(
            (take_message(&mut pending), pending),
            (None, b"SIP".to_vec())
        );
    }
}
