// SPDX-License-Identifier: GPL-2.0-or-later

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{CLASS, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE};

use super::{Family, Found, Servers, look_up};
use crate::deadline::Deadline;
use crate::failure::Failure;

/// A question that the name server got.
pub(crate) struct Asked {
    bytes: Vec<u8>,
    pub(crate) is_v6: bool,
    /// How many came before it, of both families.
    number: usize,
    over_tcp: bool,
}

/// What a name server sends.
pub(crate) struct Answer {
    datagrams: Vec<Vec<u8>>,
    /// They are sent again and again for so long.
    flood: Duration,
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

    fn made(asked: &Asked, addresses: &[&str], change: impl FnOnce(&mut Packet<'_>)) -> Self {
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

    fn failure(asked: &Asked) -> Self {
        Self::made(asked, &[], |packet| {
            *packet.rcode_mut() = RCODE::ServerFailure;
        })
    }

    fn truncated(asked: &Asked, addresses: &[&str]) -> Self {
        Self::made(asked, addresses, |packet| {
            packet.set_flags(PacketFlag::TRUNCATION);
        })
    }

    fn after(mut self, ms: u64) -> Self {
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
fn both() -> (UdpSocket, TcpListener) {
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

fn question(bytes: &[u8], asked: &AtomicUsize, over_tcp: bool) -> Asked {
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

/// A host without IPv6: it has a route to IPv4 addresses alone.
fn v4_only(address: IpAddr) -> bool {
    address.is_ipv4()
}

fn in_ms(ms: u64) -> Deadline {
    Deadline::after(Instant::now(), Duration::from_millis(ms))
}

fn find(servers: &[&Server], ms: u64) -> Result<Found, Failure> {
    let servers: Vec<_> = servers.iter().map(|server| server.address).collect();
    look_up("api.nol.test", &Servers::at(&servers), v4_only, in_ms(ms))
}

fn texts(found: &Found) -> Vec<String> {
    found.addresses.iter().map(ToString::to_string).collect()
}

const BOTH: [&str; 2] = ["192.0.2.1", "2001:db8::1"];

#[test]
fn a_family_without_a_route_does_not_count() {
    let server = Server::start(|asked| Answer::of(asked, &BOTH));
    let found = find(&[&server], 2_000).expect("resolved");
    assert_eq!(texts(&found), ["192.0.2.1"]);
    assert_eq!(found.unanswered, None);
    // If there is nothing else, its addresses are still the answer: connecting will say what is wrong.
    let server = Server::start(|asked| Answer::of(asked, &BOTH[1..]));
    let found = find(&[&server], 2_000).expect("resolved");
    assert_eq!(texts(&found), ["2001:db8::1"]);
}

#[test]
fn the_only_usable_family_is_waited_for() {
    let server = Server::start(|asked| {
        let after = if asked.is_v6 { 0 } else { 80 };
        Answer::of(asked, &BOTH).after(after)
    });
    let found = find(&[&server], 2_000).expect("resolved");
    assert_eq!(
        (texts(&found), found.unanswered),
        (vec!["192.0.2.1".to_owned()], None)
    );
    // Lost: the server is asked once more within the call.
    let server = Server::start(|asked| match (asked.is_v6, asked.number) {
        (false, 0..2) => Answer::none(),
        _ => Answer::of(asked, &BOTH),
    });
    assert_eq!(
        texts(&find(&[&server], 300).expect("resolved")),
        ["192.0.2.1"]
    );
    // Always lost: no half answer that nobody can connect to.
    let server = Server::start(|asked| {
        if asked.is_v6 {
            Answer::of(asked, &BOTH)
        } else {
            Answer::none()
        }
    });
    assert_eq!(find(&[&server], 200).err(), Some(Failure::TimeoutDns));
}

#[test]
fn the_second_family_is_not_worth_a_calls_whole_time() {
    let server = Server::start(|asked| {
        if asked.is_v6 {
            Answer::none()
        } else {
            Answer::of(asked, &BOTH)
        }
    });
    let started = Instant::now();
    let found = find(&[&server], 2_000).expect("resolved");
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(found.unanswered, Some(Family::V6));
}

#[test]
fn a_server_that_failed_hands_over_to_the_next_at_once() {
    let failing = Server::start(Answer::failure);
    let good = Server::start(|asked| Answer::of(asked, &BOTH));
    let started = Instant::now();
    let found = find(&[&failing, &good], 3_000).expect("resolved");
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(texts(&found), ["192.0.2.1"]);
    assert_eq!(find(&[&failing], 2_000).err(), Some(Failure::Dns));
    // Half of a failure is half an answer.
    let half = Server::start(|asked| {
        if asked.is_v6 {
            Answer::failure(asked)
        } else {
            Answer::of(asked, &BOTH)
        }
    });
    let found = find(&[&half], 2_000).expect("resolved");
    assert_eq!(found.unanswered, Some(Family::V6));
}

#[test]
fn a_truncated_answer_goes_on_over_tcp() {
    for in_datagram in [&[][..], &["192.0.2.9"]] {
        let server = Server::start(move |asked| match (asked.is_v6, asked.over_tcp) {
            (false, false) => Answer::truncated(asked, in_datagram),
            _ => Answer::of(asked, &["192.0.2.1", "192.0.2.2"]),
        });
        let found = find(&[&server], 2_000).expect("resolved");
        assert_eq!(texts(&found), ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(found.unanswered, None);
    }
}

#[test]
fn what_fitted_into_the_datagram_serves_where_tcp_fails() {
    // A server without TCP, and one whose TCP is silent.
    for silent in [false, true] {
        let (udp, tcp) = both();
        let address = udp.local_addr().expect("bound");
        let _tcp = silent.then_some(tcp);
        let thread = thread::spawn(move || {
            let mut buffer = [0; 1500];
            for number in 0..2 {
                udp.set_read_timeout(Some(Duration::from_secs(2)))
                    .expect("a socket");
                let (length, client) = udp.recv_from(&mut buffer).expect("a question");
                let asked = question(&buffer[..length], &AtomicUsize::new(number), false);
                for datagram in Answer::truncated(&asked, &BOTH).datagrams {
                    udp.send_to(&datagram, client).expect("sent");
                }
            }
        });
        let found = look_up(
            "api.nol.test",
            &Servers::at(&[address]),
            v4_only,
            in_ms(500),
        );
        let found = found.expect("resolved");
        assert_eq!(texts(&found), ["192.0.2.1"]);
        assert!(found.unanswered.is_some());
        thread.join().expect("the name server");
    }
}

#[test]
fn a_flood_of_wrong_answers_ends_at_the_deadline() {
    let flood = |asked: &Asked, change: fn(&mut Packet<'_>)| {
        if asked.is_v6 || asked.number > 1 {
            return Answer::none();
        }
        // As long as a datagram gets: reading it takes longer than sending it.
        let mut answer = Answer::made(asked, &["192.0.2.1"; 45], change);
        answer.flood = FLOOD;
        answer
    };
    let wrong_id = move |asked: &Asked| flood(asked, |packet| packet.set_id(packet.id() ^ 1));
    let wrong_name = move |asked: &Asked| {
        flood(asked, |packet| {
            packet.questions[0].qname = simple_dns::Name::new_unchecked("other.nol.test");
        })
    };
    for server in [Server::start(wrong_id), Server::start(wrong_name)] {
        let started = Instant::now();
        assert_eq!(find(&[&server], 100).err(), Some(Failure::TimeoutDns));
        // The flood takes a processor of its own, so this is no measure of how late a call is.
        assert!(started.elapsed() < FLOOD / 2, "{:?}", started.elapsed());
    }
}

const FLOOD: Duration = Duration::from_secs(3);

#[test]
fn nobody_there_is_a_failure_at_once() {
    let (udp, _tcp) = both();
    let address = udp.local_addr().expect("bound");
    drop(udp);
    let started = Instant::now();
    let found = look_up(
        "api.nol.test",
        &Servers::at(&[address]),
        v4_only,
        in_ms(3_000),
    );
    assert_eq!(found.err(), Some(Failure::Dns));
    assert!(started.elapsed() < Duration::from_secs(1));
}
