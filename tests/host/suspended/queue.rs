// SPDX-License-Identifier: GPL-2.0-or-later
//! The queue of calls that wait for a lookup: overload, calls from one number, and no process that makes lookups.
use std::{
    collections::HashMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Product, Result, Step,
    answer::{decision, ok},
    sip::{Client, Reply, Request, Transport},
};

use super::{after, allowed, blocked, helper::Helper, invite, setup, timed};
use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, &format!("queue/{name}"), body);
    let mut trials = vec![
        trial(
            "a call that waited too long to succeed is not asked about",
            overload,
        ),
        trial(
            "calls that follow another call's request hold no thread",
            followers,
        ),
    ];
    if subject.server.product() == Product::Kamailio {
        trials.extend([
            trial("while no process makes lookups calls are shed", no_process),
            trial("while that process is stopped calls are shed", stands_still),
        ]);
    }
    trials
}

/// Twice as many calls as the lookups can serve, with the default parameters.
fn overload(bench: &Bench) -> Result<()> {
    const SECONDS: usize = 3;
    const CLIENTS: usize = 40;
    // Three quarters of the timeout, and what is left is long enough for a busy machine.
    let api = Api::http(after(Duration::from_millis(600)))?;
    let server = bench.start(&setup(bench, &api).param("timeout", 800))?;
    // In OpenSIPS each of two processes has lookups of its own.
    let calls_a_second = match bench.server.product() {
        Product::Kamailio => 200,
        Product::OpenSips => 400,
    };
    let each = calls_a_second * SECONDS / CLIENTS;
    let replies = flood(&server, CLIENTS, each, Duration::from_secs(3))?;
    let count = |is: &dyn Fn(&Reply) -> bool| replies.iter().filter(|reply| is(reply)).count();
    let failed = |failure| count(&|reply: &Reply| reply.avp("failure") == failure);
    let calls = CLIENTS * each;
    same("calls with a reply", replies.len(), calls)?;
    let (late, answered) = (
        failed("timeout_queue"),
        count(&|reply: &Reply| reply.status == 603),
    );
    let summary = format!(
        "{calls} calls, {late} too late, {answered} answered, {} late answers, {} requests",
        failed("timeout_response"),
        api.requests().len()
    );
    same(
        "calls that the breaker kept from being asked about",
        failed("breaker_open"),
        0,
    )
    .map_err(|trouble| format!("{trouble}: {summary}"))?;
    holds(&summary, late > 0)?;
    // The lookups can serve half of the calls.
    holds(&summary, answered >= calls / 4)?;
    // What was too late was not sent.
    holds(&summary, api.requests().len() <= calls - late)?;
    server.finish()
}

/// Calls from different clients, spread over a time, and their final replies.
fn flood(server: &Running, clients: usize, each: usize, over: Duration) -> Result<Vec<Reply>> {
    let address = server.host.address();
    let pause = over / u32::try_from(each)?;
    let client = move || -> Result<Vec<Reply>> {
        let mut client = Client::connect(Transport::Udp, address)?;
        let requests: Vec<_> = (0..each).map(|_| invite()).collect();
        for request in &requests {
            client.send(request)?;
            thread::sleep(pause);
        }
        let mut replies = Vec::new();
        client.complete(&requests, &mut replies, SOON)?;
        let replies: HashMap<usize, Reply> = replies.into_iter().collect();
        Ok(replies.into_values().collect())
    };
    let clients: Vec<_> = (0..clients)
        .map(|number| {
            // They do not send at the same moment.
            thread::sleep(pause / u32::try_from(clients).unwrap_or(1));
            thread::Builder::new()
                .name(format!("client-{number}"))
                .spawn(client)
        })
        .collect();
    let mut replies = Vec::new();
    for client in clients {
        replies.extend(client?.join().map_err(|_| "a client panicked")??);
    }
    Ok(replies)
}

/// Twenty calls from one number while its lookup is slow, and five from others.
fn followers(bench: &Bench) -> Result<()> {
    let slow = Duration::from_secs(2);
    let mut first = vec![Step::Wait(slow)];
    first.extend(ok(&decision("block", 603)));
    let api = Api::http(Plan::in_turn(vec![first, ok(&decision("block", 603))]))?;
    let mut setup = setup(bench, &api)
        .param("timeout", 5000)
        .param("cache_ttl", 60)
        .param("async_lookups", 2);
    setup.children = 1;
    let server = bench.start(&setup)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let same_number: Vec<_> = (0..20).map(|_| invite()).collect();
    let start = Instant::now();
    for request in &same_number {
        client.send(request)?;
    }
    let _ = api.wait_for_requests(1, SOON);
    let mut others = Client::connect(Transport::Udp, server.host.address())?;
    let requests: Vec<_> = (101..106)
        .map(|number| Request::invite(&callers::sip(&format!("+1303555{number:04}"))))
        .collect();
    for request in &requests {
        others.send(request)?;
    }
    others.final_replies(&requests, SOON)?;
    let took = start.elapsed();
    holds(
        &format!("the others have their replies after {took:?}, before the slow answer"),
        took < slow,
    )?;
    let replies = client.final_replies(&same_number, SOON)?;
    replies.iter().try_for_each(blocked)?;
    let from = |source| {
        replies
            .iter()
            .filter(|reply| reply.avp("source") == source)
            .count()
    };
    same("sources", (from("api"), from("cache")), (1, 19))?;
    let number = |request: &testbed::Request| request.json()["number"] == callers::CALLER;
    let requests = api.requests();
    same(
        "requests about the number",
        requests.iter().filter(|r| number(r)).count(),
        1,
    )?;
    server.finish()
}

const TIMEOUT: Duration = Duration::from_secs(5);

fn shed(server: &Running) -> Result<()> {
    let (reply, took) = timed(server, &invite())?;
    allowed(&reply, "shed")?;
    holds(&format!("at once: {took:?}"), took < TIMEOUT / 2)
}

/// A process that ends soon after its start is replaced after two seconds.
fn no_process(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api).param("timeout", 5000))?;
    blocked(&timed(&server, &invite())?.0)?;
    let first = Helper::of(&server.host)?;
    // Long enough for a successor at once.
    thread::sleep(Duration::from_secs(3));
    first.kill()?;
    let second = first.successor(&server.host)?;
    second.kill()?;
    holds("it has ended", second.is_gone(SOON))?;
    // This one waits for a short time, in case a new process comes; the next one does not.
    for _ in 0..2 {
        shed(&server)?;
    }
    second.successor(&server.host)?;
    let end = Instant::now() + SOON;
    // Its start takes a short time.
    while timed(&server, &invite())?.0.status != 603 {
        holds("calls are screened again", Instant::now() < end)?;
    }
    server.finish()
}

fn stands_still(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api).param("timeout", 5000))?;
    blocked(&timed(&server, &invite())?.0)?;
    let helper = Helper::of(&server.host)?;
    helper.stop()?;
    // A call that came before the stop was detected does not wait for its timeout either.
    shed(&server)?;
    for _ in 0..3 {
        shed(&server)?;
    }
    helper.resume()?;
    let end = Instant::now() + SOON;
    // Its first sign of life is enough.
    while timed(&server, &invite())?.0.status != 603 {
        holds("calls are screened again", Instant::now() < end)?;
    }
    same("process", Helper::of(&server.host)?.pid(), helper.pid())?;
    server.finish()
}
