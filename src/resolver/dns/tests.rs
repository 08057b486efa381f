// SPDX-License-Identifier: GPL-2.0-or-later

mod server;

use std::net::IpAddr;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use simple_dns::Packet;

pub(crate) use self::server::{Answer, Server};
use self::server::{Asked, both, question};
use super::{Family, Found, Servers, look_up};
use crate::deadline::Deadline;
use crate::failure::Failure;

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
    // Always lost: an answer with only unusable addresses is not returned.
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
fn the_second_family_is_not_waited_for_until_the_deadline() {
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
    // It would be waited for a second.
    let found = find(&[&failing, &good], 20_000).expect("resolved");
    assert!(
        started.elapsed() < Duration::from_millis(900),
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
fn servers_that_cannot_be_reached_are_a_failure_at_once() {
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
