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
    for _ in 0..3 {
        assert_eq!(
            resolver.resolve("api.nol.test", soon()),
            Ok(addresses(&["127.0.0.1"]))
        );
    }
    assert_eq!(server.asked(), 2, "one question for each family");
    resolver.forget_names();
    resolver.resolve("api.nol.test", soon()).expect("resolved");
    assert_eq!(server.asked(), 4);
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
    resolve();
    resolver.all_refused("api.nol.test");
    resolve();
    assert_eq!(server.asked(), 2, "not within a second");
    std::thread::sleep(Duration::from_millis(1_010));
    resolve();
    resolve();
    assert_eq!(server.asked(), 4, "once");
}

#[test]
fn a_name_that_is_not_there_is_a_failure() {
    let server = Server::start(|question| Answer::of(question, &[]));
    let resolver = Resolver::asking(&server);
    assert_eq!(resolver.resolve("api.nol.test", soon()), Err(Failure::Dns));
    resolver.all_refused("api.nol.test");
}
