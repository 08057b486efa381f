// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that the API is not asked about.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, answer,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::Bench,
    callers::{self, CALLER, NATIONAL},
    calls::SOON,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// A From, and why its caller is not looked up.
const NOBODY: [(&str, &str, &str); 13] = [
    (
        "anonymous as in RFC 3323",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        "anonymous",
    ),
    (
        "anonymous at a carrier",
        "<sip:anonymous@carrier.example>",
        "anonymous",
    ),
    (
        "a hidden host",
        "<sip:+12025550123@anonymous.invalid>",
        "anonymous",
    ),
    (
        "a national number",
        "<sip:02025550123@carrier.example>",
        "no_number",
    ),
    (
        "a number with an international prefix",
        "<sip:00447700900123@carrier.example>",
        "no_number",
    ),
    (
        "a local tel URI",
        "<tel:5550123;phone-context=+1202>",
        "no_number",
    ),
    (
        "a name",
        "\"+12025550123\" <sip:alice@carrier.example>",
        "no_number",
    ),
    ("an extension", "<sip:1001@pbx.example>", "no_number"),
    ("no user part", "<sip:carrier.example>", "no_number"),
    (
        "a plus and letters",
        "<sip:+1202CALLME@carrier.example>",
        "no_number",
    ),
    ("a plus alone", "<sip:+@carrier.example>", "no_number"),
    (
        "sixteen digits",
        "<sip:+1202555012345678@carrier.example>",
        "no_number",
    ),
    (
        "another scheme",
        "<mailto:+12025550123@carrier.example>",
        "no_number",
    ),
];

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, name, Needs::default(), body)
    };
    let mut trials = vec![
        trial("skipped/a request in a dialog", in_a_dialog),
        trial("skipped/other methods", other_methods),
        trial("skipped/an ACK", an_ack),
        trial("skipped/a very long From", a_long_from),
        trial("skipped/with the code of an allow", with_the_allow_code),
    ];
    for (name, from, failure) in NOBODY {
        trials.push(suite.trial(
            subject,
            &format!("skipped/{name}"),
            Needs::default(),
            move |bench| {
                let (api, server) = ready(bench)?;
                for transport in Transport::ALL {
                    let request = Request::invite("sip:nobody@example.com").from(from);
                    Expected::bypass(failure).check(&server.call(transport, &request)?)?;
                }
                unasked(&api)?;
                server.finish()
            },
        ));
    }
    trials
}

/// An API that blocks every call.
fn ready(bench: &Bench) -> Result<(Api, crate::bench::Running)> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    Ok((api, server))
}

fn unasked(api: &Api) -> Result<()> {
    same("requests", api.requests().len(), 0)
}

fn in_a_dialog(bench: &Bench) -> Result<()> {
    let (api, server) = ready(bench)?;
    for transport in Transport::ALL {
        let request = Request::invite(&callers::sip(CALLER)).to_tag("dialog");
        Expected::bypass("none").check(&server.call(transport, &request)?)?;
    }
    unasked(&api)?;
    server.finish()
}

fn other_methods(bench: &Bench) -> Result<()> {
    let (api, server) = ready(bench)?;
    for method in [
        "OPTIONS",
        "BYE",
        "REGISTER",
        "MESSAGE",
        "SUBSCRIBE",
        "INFO",
        "UPDATE",
        "FOO",
    ] {
        let request = Request::new(method, &callers::sip(CALLER));
        let reply = server
            .call(Transport::Udp, &request)
            .map_err(|e| format!("{method}: {e}"))?;
        Expected::bypass("none")
            .check(&reply)
            .map_err(|e| format!("{method}: {e}"))?;
    }
    unasked(&api)?;
    server.finish()
}

fn an_ack(bench: &Bench) -> Result<()> {
    let (api, server) = ready(bench)?;
    for (transport, request) in [
        (
            Transport::Udp,
            Request::new("ACK", &callers::sip(CALLER)).to_tag("dialog"),
        ),
        (Transport::Tcp, Request::new("ACK", &callers::sip(CALLER))),
    ] {
        let mut client = Client::connect(transport, server.host.address())?;
        client.send(&request)?;
        let wanted = format!("ACK {}: ret=1 source=bypass failure=none", request.call_id);
        holds(
            &format!("{wanted} is in the log"),
            server.host.log().wait_for(&wanted, SOON).is_some(),
        )?;
    }
    unasked(&api)?;
    server.finish()
}

fn a_long_from(bench: &Bench) -> Result<()> {
    let (api, server) = ready(bench)?;
    for from in [
        format!("<sip:+1{}@carrier.example>", "2".repeat(900)),
        format!("<sip:%2B{}@x>", "%31".repeat(300)),
    ] {
        let request = Request::invite("sip:nobody@example.com").from(&from);
        Expected::bypass("no_number").check(&server.call(Transport::Tcp, &request)?)?;
    }
    unasked(&api)?;
    server.finish()
}

fn with_the_allow_code(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()).param("allow_code", 404))?;
    let reply = server.call(Transport::Udp, &Request::invite(&callers::sip(NATIONAL)))?;
    Expected::bypass("no_number").status(404).check(&reply)?;
    same("phrase", reply.phrase.as_str(), "Not Found")?;
    unasked(&api)?;
    server.finish()
}
