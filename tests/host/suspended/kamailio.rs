// SPDX-License-Identifier: GPL-2.0-or-later
//! In Kamailio, where a process of its own makes the lookups.
use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result,
    answer::{decision, ok},
    sip::{Client, Request, Transport},
};

use super::{
    after, allowed, blocked, cancel, helper::Helper, in_time, invite, script, setup, silent,
    ten_lookups, timed,
};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    vec![
        trial("a call that needs no lookup is answered in place", in_place),
        trial(
            "a CANCEL meanwhile ends the call, and nothing else",
            cancelled,
        ),
        trial(
            "a call that cannot be suspended is allowed at once",
            without_transaction,
        ),
        trial("the helper may die", helper_dies),
        trial("the helper may stand still", helper_stops),
        trial("a server ends without waiting for lookups", shutdown),
        trial("a server with a single process works too", one_process),
        trial(
            "a call is decided without an automatic 100 too",
            no_automatic_100,
        ),
        trial(
            "a start without asynchronous workers is refused",
            no_workers,
        ),
        trial("a route that is not there is refused", no_route),
        trial("a profile that is not there is refused", no_profile),
        suite.trial(
            subject,
            "suspended/a script in lua is gone on with",
            Needs {
                module: Some("app_lua"),
                ..Needs::default()
            },
            lua,
        ),
    ]
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

fn cancelled(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(200)))?;
    let server = bench.start(&setup(bench, &api))?;
    for transport in Transport::ALL {
        let (mut client, request, _) = cancel(&server, transport)?;
        same("reply", client.final_reply(&request, SOON)?.status, 487)?;
    }
    // The lookups end behind it.
    let _ = api.wait_for_requests(2, SOON);
    let (reply, _) = timed(&server, &invite())?;
    blocked(&reply)?;
    server.finish()
}

fn without_transaction(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let mut setup = setup(bench, &api).param("timeout", LONG);
    // sl does not reply to a request for which tm makes no transaction.
    let report = "xlog(\"L_NOTICE\", \"$avp(place): $avp(nol_failure) $avp(nol_decision)\\n\");";
    setup.routes = Some(script::SUSPENDS.replace(
        "send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
        report,
    ));
    let server = bench.start(&setup)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let start = Instant::now();
    client.send(&invite().header("Content-Length", "none"))?;
    let line = server.host.log().wait_for("in place: ", SOON);
    let took = start.elapsed();
    let line = line.unwrap_or_default();
    holds(&line, line.contains("shed allow"))?;
    let most = Duration::from_millis(u64::try_from(LONG)?);
    holds("at once", took < most)?;
    same("requests", api.requests().len(), 0)?;
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
    let words = "which makes the lookups, has ended";
    holds(words, server.host.log().wait_for(words, SOON).is_some())?;
    server.finish()
}

fn helper_stops(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api).param("timeout", SHORT))?;
    blocked(&timed(&server, &invite())?.0)?;
    let helper = Helper::of(&server.host)?;
    helper.stop()?;
    for call in 0..3 {
        let (reply, took) = timed(&server, &invite())?;
        // Calls wait no longer once it has given no sign of life for a second and a half.
        let failure = match reply.avp("failure") {
            "shed" if call > 0 => "shed",
            _ => "timeout_queue",
        };
        allowed(&reply, failure)?;
        in_time(&server, took, SHORT)?;
    }
    helper.successor(&server.host)?;
    blocked(&timed(&server, &invite())?.0)?;
    server.finish()
}

fn shutdown(bench: &Bench) -> Result<()> {
    let (_api, server) = ten_lookups(bench)?;
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
    // Without TCP it never answers the OPTIONS that a start waits for.
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
