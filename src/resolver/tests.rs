// SPDX-License-Identifier: GPL-2.0-or-later

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Resolver;
use super::dns::Servers;
use super::dns::tests::{Answer, Server};
use crate::deadline::Deadline;
use crate::failure::Failure;

impl Resolver {
    /// A resolver that asks this server alone.
    fn asking(server: &Server) -> Self {
        Self {
            servers: Some(Servers::at(&[server.address])),
            ..Self::default()
        }
    }
}

fn addresses(list: &[&str]) -> Vec<IpAddr> {
    list.iter()
        .map(|address| address.parse().expect("an address"))
        .collect()
}

fn soon() -> Deadline {
    Deadline::after(Instant::now(), Duration::from_secs(2))
}

#[test]
fn addresses_and_this_machine_need_no_name_server() {
    let over = Deadline::after(Instant::now(), Duration::ZERO);
    let resolver = Resolver::default();
    for address in ["192.0.2.7", "2001:db8::7"] {
        assert_eq!(resolver.resolve(address, over), Ok(addresses(&[address])));
    }
    assert!(
        resolver
            .resolve("localhost", over)
            .is_ok_and(|found| found.iter().all(IpAddr::is_loopback))
    );
}

#[test]
fn an_answer_is_kept_until_it_is_forgotten() {
    let server = Server::start(|question| Answer::of(question, &["127.0.0.1"]));
    let resolver = Resolver::asking(&server);
    let resolve = || {
        let found = resolver.resolve("api.nol.test", soon());
        assert_eq!(found, Ok(addresses(&["127.0.0.1"])));
    };
    assert!(is_kept(&server, resolve));
    let asked = server.asked();
    resolver.forget_names();
    resolve();
    assert!(server.asked() > asked);
}

/// Whether the server is soon asked no more. On a busy machine it may be too late with the second family, for which a resolver does
/// not wait, or be asked twice.
fn is_kept(server: &Server, resolve: impl Fn()) -> bool {
    (0..20).any(|_| {
        let asked = server.asked();
        resolve();
        server.asked() == asked
    })
}

#[test]
fn half_an_answer_serves_one_call() {
    let server = Server::start(|question| {
        if question.is_v6 {
            Answer::none()
        } else {
            Answer::of(question, &["127.0.0.1"])
        }
    });
    let resolver = Resolver::asking(&server);
    for _ in 0..2 {
        let before = server.asked();
        assert_eq!(
            resolver.resolve("api.nol.test", soon()),
            Ok(addresses(&["127.0.0.1"]))
        );
        assert!(server.asked() > before);
    }
}

#[test]
fn addresses_that_refuse_are_asked_about_again_after_a_second() {
    let server = Server::start(|question| Answer::of(question, &["127.0.0.1"]));
    let resolver = Resolver::asking(&server);
    let resolve = || resolver.resolve("api.nol.test", soon()).expect("resolved");
    assert!(is_kept(&server, || drop(resolve())));
    let (asked, kept) = (server.asked(), Instant::now());
    resolver.all_refused("api.nol.test");
    resolve();
    assert!(
        server.asked() == asked || kept.elapsed() >= SECOND,
        "not within a second"
    );
    std::thread::sleep(SECOND);
    let asked = server.asked();
    resolve();
    assert!(server.asked() > asked);
    assert!(is_kept(&server, || drop(resolve())), "once");
}

const SECOND: Duration = Duration::from_millis(1_010);

#[test]
fn a_name_that_is_not_there_is_a_failure() {
    let server = Server::start(|question| Answer::of(question, &[]));
    let resolver = Resolver::asking(&server);
    assert_eq!(resolver.resolve("api.nol.test", soon()), Err(Failure::Dns));
    resolver.all_refused("api.nol.test");
}
