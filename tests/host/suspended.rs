// SPDX-License-Identifier: GPL-2.0-or-later
//! Suspended transactions: what may happen to a call, and to the processes behind it, while a lookup is waited for.
mod helper;
mod opensips;
mod script;

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Product, Result, Setup, Step,
    answer::{decision, ok},
    sip::{Client, Reply, Request, Transport},
};

use self::helper::Helper;
use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    if subject.server.product() == Product::OpenSips {
        return opensips::trials(suite, subject);
    }
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(
            subject,
            &format!("suspended/{name}"),
            Needs::default(),
            body,
        )
    };
    let mut trials = vec![
        trial(
            "a call gets a 100 before the wait, and its reply after it",
            waits,
        ),
        trial("a call that needs no lookup is answered in place", in_place),
        trial("a retransmission meanwhile is absorbed", retransmitted),
        trial(
            "a CANCEL meanwhile ends the call, and nothing else",
            cancelled,
        ),
        trial("what is too much is allowed at once", shed),
        trial("lookups that fail do not keep the rest waiting", queued),
        trial("the helper may die", helper_dies),
        trial("the helper may stand still", helper_stops),
        trial("a server that ends waits for nobody", shutdown),
        trial("a single process does it too", one_process),
        trial(
            "without automatic 100 a call is decided all the same",
            no_automatic_100,
        ),
        trial(
            "a start without asynchronous workers is refused",
            no_workers,
        ),
        trial("a route that is not there is refused", no_route),
        trial("a profile that is not there is refused", no_profile),
    ];
    trials.push(suite.trial(
        subject,
        "suspended/a script in lua is gone on with",
        Needs {
            module: Some("app_lua"),
            ..Needs::default()
        },
        lua,
    ));
    trials
}

/// A server whose script suspends.
fn setup(bench: &Bench, api: &Api) -> Setup {
    let mut setup = bench.setup(&api.url());
    let routes = match bench.server.product() {
        Product::Kamailio => script::SUSPENDS,
        Product::OpenSips => script::SUSPENDS_OPENSIPS,
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
fn in_time(took: Duration, timeout: i64) -> Result<()> {
    let most = Duration::from_millis(u64::try_from(timeout)? + 50);
    holds(&format!("{took:?} is within {most:?}"), took <= most)
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

fn in_place(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&setup(bench, &api).param("cache_ttl", 60))?;
    let (reply, _) = timed(&server, &invite())?;
    same("the first place", reply.avp("place"), "resumed")?;
    let cached = invite();
    let anonymous = Request::invite("sip:anonymous@anonymous.invalid");
    for (request, source) in [(cached, "cache"), (anonymous, "bypass")] {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        client.send(&request)?;
        let reply = client.reply(&request, SOON)?;
        holds("there is no 100", reply.status >= 200)?;
        same(
            "source and place",
            [reply.avp("source"), reply.avp("place")],
            [source, "in place"],
        )?;
    }
    same("requests", api.requests().len(), 1)?;
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

fn cancelled(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(200)))?;
    let server = bench.start(&setup(bench, &api))?;
    for transport in Transport::ALL {
        let request = invite();
        let mut client = Client::connect(transport, server.host.address())?;
        client.send(&request)?;
        same("reply", client.reply(&request, SOON)?.status, 100)?;
        let cancel = Request {
            method: "CANCEL".to_owned(),
            ..request.clone()
        };
        client.send(&cancel)?;
        same("reply", client.final_reply(&request, SOON)?.status, 487)?;
    }
    // The lookups end behind it.
    let _ = api.wait_for_requests(2, SOON);
    let (reply, _) = timed(&server, &invite())?;
    blocked(&reply)?;
    server.finish()
}

fn shed(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let setup = setup(bench, &api)
        .param("timeout", LONG)
        .param("async_lookups", 1)
        .param("async_queue", 1);
    let server = bench.start(&setup)?;
    let mut waiting = Client::connect(Transport::Udp, server.host.address())?;
    let (first, second) = (invite(), invite());
    for request in [&first, &second] {
        waiting.send(request)?;
        same("reply", waiting.reply(request, SOON)?.status, 100)?;
    }
    let (reply, took) = timed(&server, &invite())?;
    allowed(&reply, "shed")?;
    same("place", reply.avp("place"), "in place")?;
    holds(
        "at once",
        took < Duration::from_millis(u64::try_from(LONG)?),
    )?;
    for request in [&first, &second] {
        let reply = waiting.final_reply(request, SOON)?;
        holds(
            "the others had their time",
            ["timeout_response", "timeout_queue"].contains(&reply.avp("failure")),
        )?;
    }
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
    in_time(start.elapsed(), SHORT)?;
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

fn helper_dies(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let server = bench.start(&setup(bench, &api).param("timeout", LONG))?;
    let request = invite();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    let _ = api.wait_for_requests(1, SOON);
    let first = Helper::of(&server.host)?;
    first.kill()?;
    allowed(&client.final_reply(&request, SOON)?, "internal")?;
    api.play(after(Duration::ZERO));
    let second = first.successor(&server.host)?;
    holds("another one", second.pid() != first.pid())?;
    blocked(&timed(&server, &invite())?.0)?;
    let said = server.host.log().text();
    holds(
        "the log tells",
        said.contains("which makes the lookups, has ended"),
    )?;
    server.finish()
}

fn helper_stops(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api).param("timeout", SHORT))?;
    blocked(&timed(&server, &invite())?.0)?;
    let helper = Helper::of(&server.host)?;
    helper.stop()?;
    for _ in 0..3 {
        let (reply, took) = timed(&server, &invite())?;
        allowed(&reply, "timeout_queue")?;
        in_time(took, SHORT)?;
    }
    helper.successor(&server.host)?;
    blocked(&timed(&server, &invite())?.0)?;
    server.finish()
}

fn shutdown(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let server = bench.start(&setup(bench, &api).param("timeout", 5000))?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for _ in 0..10 {
        client.send(&invite())?;
    }
    let _ = api.wait_for_requests(10, SOON);
    let helper = Helper::of(&server.host)?;
    server.host.stop()?;
    holds("the helper goes with it", helper.is_gone(SOON))
}

fn one_process(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(50)))?;
    let mut setup = setup(bench, &api);
    setup.routes = Some(format!("fork=no\n{}", script::SUSPENDS));
    let host = bench.server.launch(&setup)?;
    let mut client = Client::connect(Transport::Udp, host.address())?;
    let request = invite();
    let end = Instant::now() + SOON;
    // Without TCP it never answers the sign of life that a start waits for.
    let reply = loop {
        client.send(&request)?;
        match client.final_reply(&request, Duration::from_millis(500)) {
            Ok(reply) => break reply,
            Err(_) if Instant::now() < end => {}
            Err(trouble) => return Err(trouble),
        }
    };
    blocked(&reply)?;
    host.stop()
}

fn no_automatic_100(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(50)))?;
    let mut setup = setup(bench, &api);
    let off = ("tm".to_owned(), "auto_inv_100".to_owned(), 0.into());
    setup.foreign.push(off);
    let server = bench.start(&setup)?;
    let request = invite();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    let reply = client.reply(&request, SOON)?;
    blocked(&reply)?;
    server.finish()
}

fn refused(bench: &Bench, routes: String, line: &str) -> Result<()> {
    let mut setup = bench.setup("http://127.0.0.1:1");
    setup.routes = Some(routes);
    let log = bench.server.refuse(&setup)?;
    holds(
        &format!("{line}:\n{}", log.tail()),
        log.text().contains(line),
    )
}

fn no_workers(bench: &Bench) -> Result<()> {
    let routes = script::SUSPENDS.replace("async_workers=2\n", "");
    refused(bench, routes, "numbers_online_decide_async() needs ")
}

fn no_route(bench: &Bench) -> Result<()> {
    let routes = script::SUSPENDS.replace("route[RESULT]", "route[OTHER]");
    let routes = routes.replace("\troute(RESULT);\n", "");
    refused(bench, routes, "there is no route[RESULT]")
}

fn no_profile(bench: &Bench) -> Result<()> {
    let routes = script::SUSPENDS.replace("(\"RESULT\")", "(\"RESULT\", \"gold\")");
    refused(bench, routes, "there is no profile \"gold\"")
}

fn lua(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(50)))?;
    let file = bench.suite.file("suspend.lua");
    fs::write(&file, script::LUA)?;
    let mut setup = bench.setup(&api.url());
    setup.modules.push("app_lua".to_owned());
    let load = file.display().to_string();
    setup
        .foreign
        .push(("app_lua".to_owned(), "load".to_owned(), load.into()));
    setup.routes = Some("async_workers=2\ncfgengine \"lua\"\n".to_owned());
    let server = bench.start(&setup)?;
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&invite())?;
    blocked(&reply)?;
    same("place", reply.avp("place"), "resumed")?;
    let anonymous = Request::invite("sip:anonymous@anonymous.invalid");
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&anonymous)?;
    same("place", reply.avp("place"), "in place")?;
    server.finish()
}
