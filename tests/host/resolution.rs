// SPDX-License-Identifier: GPL-2.0-or-later
//! Names are resolved as glibc does. Each trial runs in its own network namespace.
use std::{
    fs,
    net::{IpAddr, Ipv6Addr},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Flaw, Manner, Plan, Refused, Result, Zone,
    answer::{decision, ok},
};

use crate::{
    bench::{Bench, Running},
    expect::{Expected, holds, same},
    names::{HOST, OTHER, V4, api, call, name_server, start},
    subject::Subject,
    suite::{LONG, Needs, Suite},
};

/// An address to which a machine without IPv6 has no route.
const FAR_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// What a trial does in its namespace.
type Body = fn(&Bench) -> Result<()>;

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        netns: true,
        ..Needs::default()
    };
    let bodies: [(&str, Body); 9] = [
        ("the first A answer is lost, and there is no IPv6", lost),
        ("every A answer is late, and there is no IPv6", late),
        ("an API that moved is found before the time to live", moved),
        (
            "a name is resolved again if its address belongs to another server",
            taken,
        ),
        (
            "while its addresses refuse, a name is resolved once a second",
            once,
        ),
        ("a reload forgets names", reload),
        (
            "after a truncated answer the question is sent over TCP",
            truncated,
        ),
        ("a flood of wrong answers ends at the deadline", flood),
        ("a line that is not understood is skipped", skipped),
    ];
    bodies
        .into_iter()
        .map(|(name, body)| suite.trial(subject, &format!("resolution/{name}"), needs, body))
        .collect()
}

/// A call on a new connection, so that the addresses are needed.
fn call_anew(server: &Running, api: &Api) -> Result<()> {
    api.hang_up();
    thread::sleep(Duration::from_millis(20));
    call(server, &Expected::block())
}

fn at(bench: &Bench, ip: IpAddr, port: u16) -> Result<Api> {
    let identity = bench.suite.identity(Flaw::None)?;
    let plan = Plan::always(ok(&decision("block", 603)));
    Api::start((ip, port).into(), Some(identity), plan)
}

fn lost(bench: &Bench) -> Result<()> {
    let zone = Zone::of(&[V4, FAR_V6]).ttl(30).with(Manner::LoseFirstA);
    let _dns = name_server(zone)?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), LONG)?;
    for _ in 0..3 {
        call_anew(&server, &api)?;
    }
    server.finish()
}

fn late(bench: &Bench) -> Result<()> {
    let zone = Zone::of(&[V4, FAR_V6])
        .ttl(1)
        .with(Manner::LateA(Duration::from_millis(80)));
    let dns = name_server(zone)?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), LONG)?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        call_anew(&server, &api)?;
        thread::sleep(Duration::from_millis(100));
    }
    let asked = dns.queries().len();
    holds(&format!("asked again: {asked} queries"), asked > 2)?;
    server.finish()
}

fn moved(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(600))?;
    let old = api(bench, V4)?;
    let port = old.address().port();
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::block())?;
    let new = at(bench, OTHER, port)?;
    dns.play(Zone::of(&[OTHER]).ttl(600));
    thread::sleep(Duration::from_millis(1_100));
    // No server listens there any more.
    drop(old);
    thread::sleep(Duration::from_millis(50));
    for _ in 0..2 {
        call_anew(&server, &new)?;
    }
    same("requests to the new address", new.requests().len(), 2)?;
    server.finish()
}

fn taken(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(600))?;
    let identity = bench.suite.identity(Flaw::WrongName)?;
    let plan = Plan::always(ok(&decision("block", 603)));
    let other = Api::start((V4, 0).into(), Some(identity), plan)?;
    let port = other.address().port();
    let new = at(bench, OTHER, port)?;
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::fail_open("tls"))?;
    dns.play(Zone::of(&[OTHER]).ttl(600));
    thread::sleep(Duration::from_millis(1_100));
    call(&server, &Expected::block())?;
    same("requests to the new address", new.requests().len(), 1)?;
    server.finish()
}

fn once(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(600))?;
    let refused = Refused::at((V4, 0).into())?;
    let mut setup = bench
        .setup(&format!("https://{HOST}:{}", refused.address().port()))
        .param("timeout", LONG)
        .param("breaker_errors", 0);
    setup.children = 1;
    let server = bench.start(&setup)?;
    let begun = Instant::now();
    let mut calls = 0;
    while begun.elapsed() < Duration::from_millis(2_500) {
        call(&server, &Expected::fail_open("connect"))?;
        calls += 1;
        thread::sleep(Duration::from_millis(20));
    }
    let questions = dns
        .queries()
        .iter()
        .filter(|query| query.starts_with("A "))
        .count();
    // One for each process that connects, and each second.
    let most = 2 * (2 + usize::try_from(begun.elapsed().as_secs())?);
    holds(
        &format!("{questions} questions in {calls} calls"),
        (2..=most).contains(&questions) && questions < calls,
    )?;
    server.finish()
}

fn reload(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).ttl(600))?;
    let old = api(bench, V4)?;
    let port = old.address().port();
    let new = at(bench, OTHER, port)?;
    let server = start(bench, port, LONG)?;
    call(&server, &Expected::block())?;
    dns.play(Zone::of(&[OTHER]).ttl(600));
    call_anew(&server, &old)?;
    same("requests to the old address", old.requests().len(), 2)?;
    server.host.command("reload", &[])?;
    call_anew(&server, &old)?;
    same("requests to the new address", new.requests().len(), 1)?;
    server.finish()
}

fn truncated(bench: &Bench) -> Result<()> {
    let dns = name_server(Zone::of(&[V4]).with(Manner::Truncated))?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), LONG)?;
    call(&server, &Expected::block())?;
    let over_tcp = dns
        .queries()
        .iter()
        .any(|query| query == &format!("A {HOST} over TCP"));
    holds("the question was asked over TCP", over_tcp)?;
    server.finish()
}

/// That the reply is in time is checked for every call.
fn flood(bench: &Bench) -> Result<()> {
    let zone = Zone::of(&[V4]).with(Manner::Flood(Duration::from_millis(1_500)));
    let _dns = name_server(zone)?;
    let api = api(bench, V4)?;
    let server = start(bench, api.address().port(), 100)?;
    call(&server, &Expected::fail_open("timeout_dns"))?;
    server.finish()
}

fn skipped(bench: &Bench) -> Result<()> {
    let netns = bench.netns.as_deref().ok_or("no namespace")?;
    let etc = Path::new("/etc/netns").join(netns);
    let dns = name_server(Zone::of(&[V4]))?;
    let api = api(bench, V4)?;
    for line in [
        &b"options edns0 strict-error"[..],
        b"domain",
        b"options timeout:",
        b"# gr\xfc\xdfe",
    ] {
        // Without this line 127.0.0.1 would be asked; it has the answer as well, but the loopback of IPv6 has not.
        let file = [line, b"\nnameserver ::1\nnameserver 127.0.0.1\n"].concat();
        fs::write(etc.join("resolv.conf"), file)?;
        let server = start(bench, api.address().port(), LONG)?;
        call(&server, &Expected::block())?;
        server.finish()?;
    }
    let asked = dns.queries().len();
    let hosts = [
        &b"# b\xfcro\n\xff\xfe\n127.0.0.1 localhost\n127.0.0.1 "[..],
        HOST.as_bytes(),
        b"\n",
    ];
    fs::write(etc.join("hosts"), hosts.concat())?;
    let server = start(bench, api.address().port(), LONG)?;
    call(&server, &Expected::block())?;
    let mut more = dns.queries().split_off(asked);
    // The server asks about this machine's name.
    more.retain(|query| query.contains(HOST));
    same("questions about a name of /etc/hosts", more, Vec::new())?;
    server.finish()
}
