// SPDX-License-Identifier: GPL-2.0-or-later
//! A name server of the tests, on a loopback port.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};

/// A question that the name server got.
pub(crate) struct Asked {
    bytes: Vec<u8>,
    pub(crate) is_v6: bool,
    /// How many came before it, of both families.
    pub(super) number: usize,
    pub(super) over_tcp: bool,
}

/// What a name server sends.
pub(crate) struct Answer {
    pub(super) datagrams: Vec<Vec<u8>>,
    /// They are sent again and again for so long.
    pub(super) flood: Duration,
    after: Duration,
}

impl Answer {
    pub(crate) fn none() -> Self {
        Self {
            datagrams: Vec::new(),
            flood: Duration::ZERO,
            after: Duration::ZERO,
        }
    }

    /// Those of the addresses that are of the right family.
    pub(crate) fn of(asked: &Asked, addresses: &[&str]) -> Self {
        Self::made(asked, addresses, |_| {})
    }

    pub(super) fn made(
        asked: &Asked,
        addresses: &[&str],
        change: impl FnOnce(&mut Packet<'_>),
    ) -> Self {
        let mut packet = Packet::parse(&asked.bytes)
            .expect("our question")
            .into_reply();
        let name = packet.questions[0].qname.clone();
        for address in addresses {
            let data = match address.parse().expect("an address") {
                IpAddr::V4(v4) if !asked.is_v6 => RData::A(A::from(v4)),
                IpAddr::V6(v6) if asked.is_v6 => RData::AAAA(AAAA::from(v6)),
                _ => continue,
            };
            packet
                .answers
                .push(ResourceRecord::new(name.clone(), CLASS::IN, 30, data));
        }
        change(&mut packet);
        Self {
            datagrams: vec![packet.build_bytes_vec().expect("a message")],
            ..Self::none()
        }
    }

    pub(super) fn failure(asked: &Asked) -> Self {
        Self::made(asked, &[], |packet| {
            *packet.rcode_mut() = RCODE::ServerFailure;
        })
    }

    pub(super) fn truncated(asked: &Asked, addresses: &[&str]) -> Self {
        Self::made(asked, addresses, |packet| {
            packet.set_flags(PacketFlag::TRUNCATION);
        })
    }

    pub(super) fn after(mut self, ms: u64) -> Self {
        self.after = Duration::from_millis(ms);
        self
    }
}

/// A name server on a loopback port, over UDP and TCP.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let (udp, tcp) = both();
        let address = udp.local_addr().expect("bound");
        let (stop, asked) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let answer = Arc::new(answer);
        let over_udp = thread::spawn({
            let (stop, asked, answer) = (stop.clone(), asked.clone(), answer.clone());
            move || serve_udp(&Arc::new(udp), &stop, &asked, &*answer)
        });
        let over_tcp = thread::spawn({
            let (stop, asked) = (stop.clone(), asked.clone());
            move || serve_tcp(&tcp, &stop, &asked, &*answer)
        });
        Self {
            address,
            stop,
            asked,
            threads: vec![over_udp, over_tcp],
        }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the name server");
        }
    }
}

/// A port for both transports.
pub(super) fn both() -> (UdpSocket, TcpListener) {
    for _ in 0..50 {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("bound")) {
            udp.set_read_timeout(Some(Duration::from_millis(5)))
                .expect("a socket");
            tcp.set_nonblocking(true).expect("a socket");
            return (udp, tcp);
        }
    }
    unreachable!("no port is free for UDP and TCP");
}

pub(super) fn question(bytes: &[u8], asked: &AtomicUsize, over_tcp: bool) -> Asked {
    let packet = Packet::parse(bytes).expect("our question");
    Asked {
        is_v6: packet.questions[0].qtype == QTYPE::TYPE(TYPE::AAAA),
        bytes: bytes.to_vec(),
        number: asked.fetch_add(1, SeqCst),
        over_tcp,
    }
}

fn serve_udp(
    udp: &Arc<UdpSocket>,
    stop: &Arc<AtomicBool>,
    asked: &AtomicUsize,
    answer: &dyn Fn(&Asked) -> Answer,
) {
    let mut buffer = [0; 1500];
    while !stop.load(SeqCst) {
        let Ok((length, client)) = udp.recv_from(&mut buffer) else {
            continue;
        };
        let answer = answer(&question(&buffer[..length], asked, false));
        let (udp, stop) = (Arc::clone(udp), Arc::clone(stop));
        thread::spawn(move || {
            thread::sleep(answer.after);
            let started = Instant::now();
            loop {
                for datagram in &answer.datagrams {
                    // A client that is gone is no concern of a name server.
                    let _ = udp.send_to(datagram, client);
                }
                if started.elapsed() >= answer.flood || stop.load(SeqCst) {
                    break;
                }
            }
        });
    }
}

fn serve_tcp(
    tcp: &TcpListener,
    stop: &AtomicBool,
    asked: &AtomicUsize,
    answer: &dyn Fn(&Asked) -> Answer,
) {
    while !stop.load(SeqCst) {
        let Ok((mut client, _)) = tcp.accept() else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        client.set_nonblocking(false).expect("a socket");
        client
            .set_read_timeout(Some(Duration::from_secs(2)))
            .expect("a socket");
        let mut length = [0; 2];
        client.read_exact(&mut length).expect("a length");
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        client.read_exact(&mut bytes).expect("a question");
        let answer = answer(&question(&bytes, asked, true));
        for message in &answer.datagrams {
            let length = u16::try_from(message.len()).expect("short").to_be_bytes();
            // In pieces, as a network may deliver it.
            for piece in [&length[..1], &length[1..], &message[..5], &message[5..]] {
                let _ = client.write_all(piece);
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
