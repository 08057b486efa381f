// SPDX-License-Identifier: GPL-2.0-or-later
//! A name with several addresses, some of them unreachable. Each trial runs in its own network namespace.
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use libtest_mimic::Trial;
use testbed::{BlackHole, Refused, Result, Zone};

use crate::{
    bench::Bench,
    expect::{Expected, holds},
    names::{OTHER, V4, api, call, name_server, start},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        netns: true,
        ..Needs::default()
    };
    let mut trials = vec![
        suite.trial(subject, "addresses/two black holes", needs, two_black_holes),
        suite.trial(
            subject,
            "addresses/two that refuse",
            needs,
            two_refusing_addresses,
        ),
    ];
    for (name, dead, live, addresses) in [
        ("an A record alone", Dead::Refuses, V4, &[V4][..]),
        ("an AAAA record alone", Dead::Refuses, V6, &[V6]),
        ("one that refuses first", Dead::Refuses, V4, &[OTHER, V4]),
        ("one that refuses last", Dead::Refuses, V4, &[V4, OTHER]),
        ("one that refuses over IPv6", Dead::Refuses, V4, &[V6, V4]),
        ("one that refuses over IPv4", Dead::Refuses, V6, &[V4, V6]),
        ("a black hole first", Dead::DropsSyn, V4, &[OTHER, V4]),
        ("a black hole last", Dead::DropsSyn, V4, &[V4, OTHER]),
        ("a black hole over IPv6", Dead::DropsSyn, V4, &[V6, V4]),
        ("a black hole over IPv4", Dead::DropsSyn, V6, &[V4, V6]),
    ] {
        let body = move |bench: &Bench| one_is_alive(bench, live, addresses, dead);
        trials.push(suite.trial(subject, &format!("addresses/{name}"), needs, body));
    }
    trials
}

/// How an address is unreachable.
#[derive(Clone, Copy)]
enum Dead {
    Refuses,
    DropsSyn,
}

fn one_is_alive(bench: &Bench, live: IpAddr, addresses: &[IpAddr], dead: Dead) -> Result<()> {
    let dns = name_server(Zone::of(addresses))?;
    let api = api(bench, live)?;
    let port = api.address().port();
    let mut refusing = Vec::new();
    let mut holes = Vec::new();
    for &ip in addresses.iter().filter(|&&ip| ip != live) {
        match dead {
            Dead::Refuses => refusing.push(Refused::at((ip, port).into())?),
            Dead::DropsSyn => holes.push(BlackHole::at((ip, port).into())?),
        }
    }
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::block())?;
    call(&server, &Expected::block())?;
    holds("the name server was asked", !dns.queries().is_empty())?;
    server.finish()
}

fn two_black_holes(bench: &Bench) -> Result<()> {
    let _dns = name_server(Zone::of(&[V4, OTHER]))?;
    let first = BlackHole::at((V4, 0).into())?;
    let port = first.address().port();
    let _second = BlackHole::at((OTHER, port).into())?;
    let server = start(bench, port, SHORT)?;
    call(&server, &Expected::fail_open("timeout_connect"))?;
    server.finish()
}

fn two_refusing_addresses(bench: &Bench) -> Result<()> {
    let _dns = name_server(Zone::of(&[V4, V6]))?;
    let first = Refused::at((V4, 0).into())?;
    let port = first.address().port();
    let _second = Refused::at((V6, port).into())?;
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::fail_open("connect"))?;
    server.finish()
}
