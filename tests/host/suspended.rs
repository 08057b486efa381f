// SPDX-License-Identifier: GPL-2.0-or-later
//! Suspended transactions: events for a call and for the processes while a lookup is waited for.
mod child;
mod descriptors;
mod handover;
mod helper;
mod kamailio;
mod kept;
mod limits;
mod opensips;
mod queue;
mod relaunched;
mod script;

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Product, Result, Setup, Step,
    answer::{decision, ok},
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running, WITHIN},
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// The trials below this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = vec![
        trial(
            suite,
            subject,
            "a call gets a 100 before the wait, and its reply after it",
            waits,
        ),
        trial(
            suite,
            subject,
            "a retransmission meanwhile is absorbed",
            retransmitted,
        ),
        trial(
            suite,
            subject,
            "calls beyond the queue are allowed at once",
            shed,
        ),
        trial(
            suite,
            subject,
            "a stale answer is used if there is no time for a new one",
            stale,
        ),
        trial(
            suite,
            subject,
            "lookups that fail do not keep the rest waiting",
            queued,
        ),
        limits::memory_trial(suite, subject),
    ];
    trials.extend(queue::trials(suite, subject));
    trials.extend(match subject.server.product() {
        Product::Kamailio => [
            kamailio::trials,
            child::trials,
            descriptors::trials,
            handover::trials,
            kept::trials,
            limits::trials,
        ]
        .iter()
        .flat_map(|trials| trials(suite, subject))
        .collect(),
        Product::OpenSips => opensips::trials(suite, subject),
    });
    trials
}

fn trial(
    suite: &Arc<Suite>,
    subject: &Subject,
    name: &str,
    body: fn(&Bench) -> Result<()>,
) -> Trial {
    let name = format!("suspended/{name}");
    suite.trial(subject, &name, Needs::default(), body)
}

/// A server whose script suspends.
fn setup(bench: &Bench, api: &Api) -> Setup {
    let mut setup = bench.setup(&api.url());
    let routes = match bench.server.product() {
        Product::Kamailio => script::SUSPENDS,
        Product::OpenSips => {
            let trying = ("tm".to_owned(), "auto_100trying".to_owned(), 1.into());
            setup.foreign.push(trying);
            script::SUSPENDS_OPENSIPS
        }
    };
    setup.routes = Some(routes.to_owned());
    setup
}

fn after(delay: Duration) -> Plan {
    let mut steps = vec![Step::Wait(delay)];
    steps.extend(ok(&decision("block", 603)));
    Plan::always(steps)
}

/// An API that takes requests and never answers.
fn silent() -> Plan {
    Plan::always(vec![Step::Hold])
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}

fn blocked(reply: &Reply) -> Result<()> {
    same(
        "reply",
        (reply.status, reply.phrase.as_str()),
        (603, "Decline"),
    )
}

fn allowed(reply: &Reply, failure: &str) -> Result<()> {
    same(
        "reply and failure",
        (reply.status, reply.avp("failure")),
        (503, failure),
    )
}

/// A call, and how long it took.
fn timed(server: &Running, request: &Request) -> Result<(Reply, Duration)> {
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let start = Instant::now();
    let reply = client.call(request)?;
    Ok((reply, start.elapsed()))
}

/// Answered by the deadline and the 50 ms that are allowed beyond it.
fn in_time(server: &Running, took: Duration, timeout: i64) -> Result<()> {
    let most = Duration::from_millis(u64::try_from(timeout)? + 50);
    if took > most {
        server.note_starvation()?;
    }
    holds(&format!("{took:?} {WITHIN} {most:?}"), took <= most)
}

/// A call that is cancelled while its lookup is waited for: its INVITE and the CANCEL.
fn cancel(server: &Running, transport: Transport) -> Result<(Client, Request, Request)> {
    let invite = invite();
    let mut client = Client::connect(transport, server.host.address())?;
    client.send(&invite)?;
    same("reply", client.reply(&invite, SOON)?.status, 100)?;
    let cancel = Request {
        method: "CANCEL".to_owned(),
        ..invite.clone()
    };
    client.send(&cancel)?;
    Ok((client, invite, cancel))
}

/// A server that waits for ten lookups, which never end.
fn ten_lookups(bench: &Bench) -> Result<(Api, Running)> {
    let api = Api::http(silent())?;
    let server = bench.start(&setup(bench, &api).param("timeout", 5000))?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for _ in 0..10 {
        client.send(&invite())?;
    }
    let _ = api.wait_for_requests(10, SOON);
    Ok((api, server))
}

fn waits(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(100)))?;
    let server = bench.start(&setup(bench, &api))?;
    for transport in Transport::ALL {
        let request = invite();
        let mut client = Client::connect(transport, server.host.address())?;
        client.send(&request)?;
        let trying = client.reply(&request, SOON)?;
        same("first reply", trying.status, 100)?;
        same("requests so far", api.requests().len() <= 2, true)?;
        let reply = client.final_reply(&request, SOON)?;
        blocked(&reply)?;
        same(
            "return code, source and place",
            [reply.avp("rc"), reply.avp("source"), reply.avp("place")],
            ["-1", "api", "resumed"],
        )?;
    }
    server.finish()
}

fn retransmitted(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(200)))?;
    let server = bench.start(&setup(bench, &api))?;
    let request = invite();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for _ in 0..3 {
        client.send(&request)?;
        same("reply", client.reply(&request, SOON)?.status, 100)?;
    }
    blocked(&client.final_reply(&request, SOON)?)?;
    same("requests", api.requests().len(), 1)?;
    // And after the reply.
    client.send(&request)?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn shed(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    // In OpenSIPS each process has a queue of its own.
    let mut setup = setup(bench, &api)
        .param("timeout", LONG)
        .param("async_lookups", 1)
        .param("async_queue", 1);
    setup.children = 1;
    let server = bench.start(&setup)?;
    let mut waiting = Client::connect(Transport::Udp, server.host.address())?;
    let (first, second) = (invite(), invite());
    for request in [&first, &second] {
        waiting.send(request)?;
        same("reply", waiting.reply(request, SOON)?.status, 100)?;
    }
    let (reply, took) = timed(&server, &invite())?;
    allowed(&reply, "shed")?;
    if bench.server.product() == Product::Kamailio {
        same("place", reply.avp("place"), "in place")?;
    }
    holds(
        "at once",
        took < Duration::from_millis(u64::try_from(LONG)?),
    )?;
    for reply in waiting.final_replies(&[first, second], SOON)? {
        holds(
            "the others had their time",
            ["timeout_response", "timeout_queue"].contains(&reply.avp("failure")),
        )?;
    }
    server.finish()
}

fn stale(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("allow", 503))))?;
    let mut setup = setup(bench, &api)
        .param("cache_ttl", 2)
        .param("timeout", SHORT)
        .param("async_lookups", 1)
        .param("async_queue", 1);
    setup.children = 1;
    let server = bench.start(&setup)?;
    timed(&server, &invite())?;
    api.play(silent());
    // Beyond the TTL and its jitter, within the one further TTL.
    thread::sleep(Duration::from_millis(2400));
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let requests = [invite(), invite(), invite()];
    for request in &requests {
        client.send(request)?;
    }
    let mut failures = Vec::new();
    for reply in client.final_replies(&requests, SOON)? {
        same("source", reply.avp("source"), "cache")?;
        failures.push(reply.avp("failure").to_owned());
    }
    failures.sort_unstable();
    same(
        "failures",
        failures,
        ["shed", "timeout_queue", "timeout_response"]
            .map(str::to_owned)
            .to_vec(),
    )?;
    server.finish()
}

fn queued(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let mut setup = setup(bench, &api)
        .param("timeout", SHORT)
        .param("breaker_errors", 0)
        .param("async_lookups", 2);
    // In OpenSIPS each process has lookups of its own.
    setup.children = 1;
    let server = bench.start(&setup)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let requests: Vec<_> = (0..20).map(|_| invite()).collect();
    let start = Instant::now();
    for request in &requests {
        client.send(request)?;
    }
    let mut replies = client.final_replies(&requests, SOON)?;
    in_time(&server, start.elapsed(), SHORT)?;
    let late = |reply: &Reply| reply.avp("failure") == "timeout_response";
    replies.retain(|reply| !late(reply));
    same(
        "calls behind the two that were asked about",
        replies.len(),
        18,
    )?;
    replies
        .iter()
        .try_for_each(|reply| allowed(reply, "timeout_queue"))?;
    server.finish()
}
