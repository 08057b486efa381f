// SPDX-License-Identifier: GPL-2.0-or-later
//! `numbers_online_reply()` sends the reply of the decision, if one is due.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Product, Result, answer,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

const CONTACT: &str = "sip:ivr@192.0.2.10:5060;transport=tcp";

/// Every decision, and its code.
const DECISIONS: [(&str, u16); 4] = [
    ("allow", 503),
    ("flag", 503),
    ("redirect", 302),
    ("block", 603),
];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("mode"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("replies/{name}"), needs, body)
    };
    vec![
        trial("every call with mode=redirect", every_call),
        trial("block and redirect alone with mode=inline", refusals),
        trial("an allow without a decision, with mode=redirect", undecided),
        trial("nothing without a decision, with mode=inline", nothing_yet),
        trial("what the script wrote over a decision", overridden),
        trial("within a transaction", within_a_transaction),
        trial("with any selection of AVPs", whatever_is_written),
    ]
}

fn start(bench: &Bench, api: &Api, params: &[(&str, &str)]) -> Result<Running> {
    let mut setup = bench
        .setup(&api.url())
        .param("redirect_contact", CONTACT)
        .param("redirect_threshold", 90);
    for (name, value) in params {
        setup = setup.param(name, *value);
    }
    setup.replies = true;
    bench.start(&setup)
}

fn invite(test: &str) -> Request {
    Request::invite(&callers::sip(callers::CALLER)).header("X-Test", test)
}

/// What a decision is expected to be, and what the function returns.
fn expected(decision: &str, code: u16) -> Expected {
    let ret = match decision {
        "block" => -1,
        "redirect" => 3,
        "flag" => 2,
        _ => 1,
    };
    Expected::api(code, ret, decision)
}

/// The Contact of a reply with this code.
fn contact(code: u16) -> Option<String> {
    (code == 302).then(|| format!("<{CONTACT}>"))
}

fn every_call(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("allow", 503))))?;
    let server = start(bench, &api, &[])?;
    for transport in Transport::ALL {
        for (decision, code) in DECISIONS {
            api.play(Plan::always(answer::ok(&answer::decision(decision, code))));
            let reply = server.call(transport, &invite("none"))?;
            expected(decision, code).check(&reply)?;
            same("sent", reply.header("X-NOL-sent"), None)?;
            same("Contact", reply.header("Contact"), contact(code).as_deref())?;
        }
    }
    server.finish()
}

fn refusals(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("allow", 503))))?;
    let server = start(bench, &api, &[("mode", "inline")])?;
    for (decision, code) in DECISIONS {
        api.play(Plan::always(answer::ok(&answer::decision(decision, code))));
        let reply = server.call(Transport::Udp, &invite("none"))?;
        let goes_on = code == 503;
        same(
            decision,
            (reply.status, reply.header("X-NOL-sent")),
            (if goes_on { 200 } else { code }, goes_on.then_some("-1")),
        )?;
        same("decision", reply.avp("decision"), decision)?;
        same("Contact", reply.header("Contact"), contact(code).as_deref())?;
    }
    server.finish()
}

fn undecided(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    for (code, phrase) in [(503, "Service Unavailable"), (404, "Not Found")] {
        let mut setup = bench.setup(&api.url()).param("allow_code", i64::from(code));
        setup.replies = true;
        let server = bench.start(&setup)?;
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let reply = client.call(&invite("undecided"))?;
        same(
            "reply",
            (
                reply.status,
                reply.phrase.as_str(),
                reply.header("X-NOL-sent"),
            ),
            (code, phrase, None),
        )?;
        // Only an initial INVITE is replied to.
        let in_dialog = invite("undecided").to_tag("one");
        let other = Request::new("MESSAGE", &callers::sip(callers::CALLER));
        for request in [in_dialog, other.header("X-Test", "undecided")] {
            let reply = client.call(&request)?;
            same("sent", reply.header("X-NOL-sent"), Some("-1"))?;
        }
        server.finish()?;
    }
    same("requests", api.requests().len(), 0)
}

fn nothing_yet(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = start(bench, &api, &[("mode", "inline")])?;
    let reply =
        Client::connect(Transport::Udp, server.host.address())?.call(&invite("undecided"))?;
    same(
        "reply",
        (reply.status, reply.header("X-NOL-sent")),
        (200, Some("-1")),
    )?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

/// The script's AVPs have priority over the decision that the process stored.
fn overridden(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("redirect", 302))))?;
    let mut setup = bench
        .setup(&api.url())
        .param("redirect_contact", CONTACT)
        .param("redirect_threshold", 90);
    let (main, pong) = match bench.server.product() {
        Product::Kamailio => ("request_route", "sl_send_reply(\"200\", \"OK\");"),
        Product::OpenSips => ("route", "sl_send_reply(200, \"OK\");"),
    };
    setup.routes = Some(format!(
        "{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ exit; }}\n\
         \tnumbers_online_decide();\n\
         \t$avp(nol_code) = 480;\n\
         \t$avp(nol_phrase) = \"Not Now\";\n\
         \tnumbers_online_reply();\n\
         }}\n"
    ));
    let server = bench.start(&setup)?;
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&invite("none"))?;
    same(
        "reply",
        (reply.status, reply.phrase.as_str()),
        (480, "Not Now"),
    )?;
    server.finish()
}

fn within_a_transaction(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("redirect", 302))))?;
    let server = start(bench, &api, &[])?;
    let request = invite("transaction");
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    // The second one is a retransmission: only a transaction has its reply at hand.
    for _ in 0..2 {
        let reply = server.examine(client.call(&request)?)?;
        expected("redirect", 302).check(&reply)?;
        same("Contact", reply.header("Contact"), contact(302).as_deref())?;
    }
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn whatever_is_written(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("redirect", 302))))?;
    let server = start(bench, &api, &[("avps", "nol_reason")])?;
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&invite("none"))?;
    same(
        "reply",
        (reply.status, reply.phrase.as_str()),
        (302, "Moved Temporarily"),
    )?;
    same("Contact", reply.header("Contact"), contact(302).as_deref())?;
    server.finish()
}
