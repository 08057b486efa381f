// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's redirect server without enough memory, descriptors or threads: every call gets one final reply.
mod load;
mod script;

use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Flaw, Form, Plan, Product, Resource, Result, Step,
    answer::{decision, ok},
    sip::{Client, Request, Transport},
};

use self::{
    load::{few_lines, finish, invite, lines_of_ours, load},
    script::{FILL_SHARED, fill, options, setup},
};
use crate::{
    bench::{Bench, Running},
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Needs, Suite},
};

/// Calls of a trial: with their lookups in flight they need more shared memory than there is.
const CALLS: usize = 800;

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("shortage/{name}"), Needs::default(), body)
    };
    let mut trials = vec![
        trial("of all shared memory", all_shared_memory),
        trial("of all shared memory: one request a call", one_request),
        trial("of all shared memory: the reply says why", reason),
        trial("of shared memory, under load", shared_memory),
        trial("of a process's own memory", private_memory),
        trial("of descriptors", descriptors),
        trial("of address space and threads", address_space),
        trial("of nothing: a keepalive is answered", keepalive),
        trial("of nothing: a From that the server cannot parse", malformed),
    ];
    if subject.server.product() == Product::Kamailio && subject.form == Form::Async {
        trials.push(trial("of shared memory, when a call is resumed", resumed));
    }
    trials
}

/// Answers so late that many lookups are in flight.
fn slow() -> Plan {
    let mut steps = vec![Step::Wait(Duration::from_millis(300))];
    steps.extend(ok(&decision("block", 603)));
    Plan::always(steps)
}

/// Closes each connection after its answer, so that each lookup needs another one.
fn closing() -> Plan {
    let mut steps = ok(&decision("block", 603));
    steps.push(Step::Close);
    Plan::always(steps)
}

/// The script itself takes all shared memory while it handles the call.
fn all_shared_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let mut setup = setup(bench, &api)?;
    options(&mut setup, ["-m", "16"]);
    fill(bench, &mut setup, FILL_SHARED)?;
    let server = bench.start(&setup)?;
    for _ in 0..3 {
        load(&server, 1)?;
    }
    let ours = lines_of_ours(&server);
    let runs = runs(&server);
    holds(
        &format!("{ours} lines for 3 calls, {runs} times in the script"),
        runs >= 3 && (1..=2 * runs).contains(&ours),
    )?;
    server.finish()
}

/// Without AVPs a second call of the function still finds the first decision.
fn one_request(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-m", "16"]);
    let twice = FILL_SHARED.replace("\n}\n", "\n\tnumbers_online_decide();\n}\n");
    fill(bench, &mut setup, &twice)?;
    let server = bench.start(&setup)?;
    for _ in 0..3 {
        load(&server, 1)?;
    }
    let (requests, ran) = (api.requests().len(), runs(&server));
    holds(
        &format!("{requests} requests for 3 calls, {ran} times in the script"),
        (3..=ran).contains(&requests),
    )?;
    server.finish()
}

/// How often the script ran for a call. Without memory for a transaction, a call that took long and was sent again is a new one.
fn runs(server: &Running) -> usize {
    let text = server.host.log().text();
    text.matches("numbers_online call=").count()
}

/// A 603+ has its header also where the reply is sent past its transaction.
fn reason(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let mut setup = setup(bench, &api)?
        .param("timeout", LONG)
        .param("regulation", "us")
        .param("redress_url", "https://example.com/redress");
    options(&mut setup, ["-m", "16"]);
    fill(bench, &mut setup, FILL_SHARED)?;
    let server = bench.start(&setup)?;
    for _ in 0..3 {
        let reply = Client::connect(Transport::Udp, server.host.address())?.call(&invite())?;
        let reasons = reply.all("Reason");
        same("Reason headers", reasons.len(), 1)?;
        let is_right = match reply.status {
            603 => reply.phrase == "Network Blocked" && reasons[0].contains("v=analytics1;url="),
            // In the asynchronous form there is no memory to suspend the call.
            _ => reasons[0] == "SIP;cause=503;text=\"decision=allow;failure=shed\"",
        };
        holds(&format!("{reply:?}"), is_right)?;
    }
    server.finish()
}

/// The number of calls. Fewer in the synchronous form, in which waiting processes read no calls.
fn calls(form: Form) -> usize {
    match form {
        Form::Sync => 8,
        Form::Async => CALLS,
    }
}

/// A script in another process takes all shared memory while the call is suspended.
fn resumed(bench: &Bench) -> Result<()> {
    let mut steps = vec![Step::Wait(Duration::from_millis(800))];
    steps.extend(ok(&decision("block", 603)));
    let api = Api::http(Plan::always(steps))?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-m", "16"]);
    setup.modules.push("cfgutils".to_owned());
    setup.globals.push_str("max_while_loops=100000\n");
    let main = "request_route {";
    let filled = format!(
        "{main}\n\tif($rU == \"fill\") {{ route(FILL); usleep(\"1500000\"); sl_send_reply(\"200\", \"OK\"); exit; }}\n"
    );
    let routes = setup.routes.take().unwrap_or_default();
    setup.routes = Some(routes.replace(main, &filled) + FILL_SHARED);
    let server = bench.start(&setup)?;
    let request = invite();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    same(
        "requests",
        api.wait_for_requests(1, Duration::from_millis(700)).len(),
        1,
    )?;
    let mut fill = Request::new("MESSAGE", "sip:monitor@127.0.0.1");
    "sip:fill@127.0.0.1".clone_into(&mut fill.uri);
    let mut other = Client::connect(Transport::Udp, server.host.address())?;
    other.send(&fill)?;
    same("reply", client.final_reply(&request, SOON)?.status, 603)?;
    // The route has run, with its AVPs.
    let line = server.host.log().wait_for("decision=block code=603", SOON);
    holds("the script has the decision", line.is_some())?;
    let said = "could not allocate shared memory";
    holds(said, server.host.log().text().contains(said))?;
    same(
        "no other reply",
        client
            .further_replies(&[request], Duration::from_millis(100))
            .len(),
        0,
    )?;
    same("fill", other.final_reply(&fill, SOON)?.status, 200)?;
    server.finish()
}

fn shared_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    if bench.server.product() == Product::Kamailio {
        options(&mut setup, ["-m", "10"]);
    } else {
        options(&mut setup, ["-m", "12"]);
    }
    let calls = calls(bench.form);
    let server = bench.start(&setup)?;
    load(&server, calls)?;
    let lacked = server.host.log().text().contains("out of ");
    same("memory was short", lacked, bench.form == Form::Async)?;
    finish(server, calls)
}

/// Little is left of it when the server has started. Without any, a server can parse no request and build no reply.
fn private_memory(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let mut setup = setup(bench, &api)?.param("timeout", LONG);
    options(&mut setup, ["-M", "2"]);
    let calls = calls(bench.form);
    let server = bench.start(&setup)?;
    load(&server, calls)?;
    finish(server, calls)
}

fn descriptors(bench: &Bench) -> Result<()> {
    let api = Api::http(closing())?;
    let server = bench.start(&setup(bench, &api)?.param("timeout", LONG))?;
    server.host.limit(Resource::Descriptors)?;
    load(&server, 100)?;
    few_lines(&server, 100)?;
    server.finish()
}

/// None is left, too little for a lookup, and enough for one; with the threads that there are then.
fn address_space(bench: &Bench) -> Result<()> {
    for (left, before) in [(0, 0), (256 * 1024, 0), (4 * 1024 * 1024, 0), (0, 8)] {
        let api = bench.https(Flaw::None, closing())?;
        let setup = setup(bench, &api)?.param("timeout", LONG);
        let server = bench.start(&setup)?;
        if before > 0 {
            load(&server, before)?;
        }
        server.host.limit(Resource::AddressSpace(left))?;
        let asked = api.requests().len();
        load(&server, 50)?;
        let asked = api.requests().len() - asked;
        // A thread, and a heap that was in use, have taken their share before.
        if before == 0 && left <= 256 * 1024 && bench.form == Form::Sync {
            let was_short = server.host.log().text().contains("no_memory");
            holds("memory was short", was_short)?;
        }
        holds(
            "there was memory for lookups",
            left <= 256 * 1024 || asked > 0,
        )?;
        finish(server, 50 + before)?;
    }
    Ok(())
}

/// Sends an OPTIONS, as a monitor of the next hop does.
fn keepalive(bench: &Bench) -> Result<()> {
    let api = Api::http(slow())?;
    let server = bench.start(&setup(bench, &api)?)?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for (method, status) in [("OPTIONS", 200), ("INVITE", 483)] {
        let mut request = Request::new(method, "sip:monitor@127.0.0.1");
        request.max_forwards = 0;
        same(method, client.call(&request)?.status, status)?;
    }
    server.finish()
}

fn malformed(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&setup(bench, &api)?)?;
    // The cores write such a From to their logs, where no other number may be found.
    let caller = "sip:+14155550144@192.0.2.1";
    // The library finds the number where there is one. But there is no transaction without From, and so nothing to suspend.
    let found = match bench.form {
        Form::Sync => 603,
        Form::Async => 503,
    };
    for (from, status) in [
        (format!("\"\"unknown\"\" <{caller}>"), found),
        (format!("\"unclosed <{caller}>"), found),
        ("\"unclosed".to_owned(), 503),
    ] {
        for transport in Transport::ALL {
            let mut client = Client::connect(transport, server.host.address())?;
            let reply = client
                .call(&invite().from(&from))
                .map_err(|e| format!("{from}: {e}\n{}", server.host.log().tail()))?;
            same(&from, reply.status, status)?;
        }
    }
    let is_known = |line: &str| line.contains("source=bypass failure=no_number");
    let lines = server.host.log().wait_for_lines(2, SOON, is_known);
    same("calls that the script has a decision about", lines, 2)?;
    server.finish()
}
