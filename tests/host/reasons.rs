// SPDX-License-Identifier: GPL-2.0-or-later
//! Replies by reason, and their `Reason` headers. Trials with an underscore in their name are about a rule of docs/regulation.md.
mod changes;
mod rules;

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Plan, Product, Result,
    answer::{self, RECEIPT},
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::same,
    subject::Subject,
    suite::{Needs, Suite},
};

/// The whole `Reason` header of a block by analytics.
fn network_blocked() -> String {
    format!(
        "SIP;cause=603;text=\"v=analytics1;url=https://example.com/redress;tel=+12155550123;email=a@example.com;id={RECEIPT}\";\
         location=RLN"
    )
}

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("block_reply"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("reasons/{name}"), needs, body)
    };
    let needs = Needs {
        parameter: Some("dno_list"),
        ..Needs::default()
    };
    let name = "reasons/dno_and_the_subscribers_list_have_replies_of_their_own";
    let lists = suite.trial(subject, name, needs, rules::listed);
    vec![
        trial(
            "analytics_block_is_603_plus_and_nothing_else",
            rules::analytics,
        ),
        trial(
            "an_invalid_number_is_not_answered_as_analytics",
            rules::invalid,
        ),
        trial("a_608_is_for_a_caller_that_understands_it", rules::rejected),
        trial("an_anonymous_caller_is_answered_433", rules::anonymous),
        trial(
            "a_number_that_cannot_exist_is_not_answered_as_analytics",
            rules::impossible,
        ),
        lists,
        trial("one_reason_header", rules::one),
        trial("no_retry_after_with_603", rules::no_retry_after),
        trial("every final reply of mode=redirect says why", every_reply),
        trial("mode=inline tells nobody but of a 603+", inline),
        trial("reply_reason=0", silent),
        trial("a reply that the script changed", changes::overridden),
        trial("with any selection of AVPs", changes::whatever_is_written),
        trial(
            "in a failure route, which may be another process",
            changes::failed,
        ),
        trial("each profile has its own replies", changes::profiles),
        trial(
            "a profile with unlawful replies is refused at start",
            changes::unlawful_profile,
        ),
    ]
}

type Params<'a> = &'a [(&'a str, &'a str)];

const REDRESS: Params<'static> = &[
    ("redress_url", "https://example.com/redress"),
    ("redress_tel", "+12155550123"),
    ("redress_email", "a@example.com"),
];

const US: Params<'static> = &[("regulation", "us")];

fn api(body: &Value) -> Result<Api> {
    Api::http(Plan::always(answer::ok(body)))
}

fn blocking() -> Result<Api> {
    api(&answer::decision("block", 603))
}

fn setup(bench: &Bench, api: &Api, params: &[Params<'_>]) -> testbed::Setup {
    let mut setup = bench.setup(&api.url());
    for (name, value) in params.iter().copied().flatten() {
        setup = setup.param(name, *value);
    }
    setup.replies = true;
    setup
}

fn start(bench: &Bench, api: &Api, params: &[Params<'_>]) -> Result<Running> {
    bench.start(&setup(bench, api, params))
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER))
}

/// Code, phrase and all `Reason` headers.
fn sent(reply: &Reply) -> (u16, &str, Vec<&str>) {
    (reply.status, &reply.phrase, reply.all("Reason"))
}

/// The routes of a trial: `X-Test` says what the script does before it replies.
fn routes(bench: &Bench, body: &str) -> String {
    let (main, pong) = match bench.server.product() {
        Product::Kamailio => ("request_route", "sl_send_reply(\"200\", \"OK\");"),
        Product::OpenSips => ("route", "sl_send_reply(200, \"OK\");"),
    };
    format!(
        "{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \tnumbers_online_decide();\n\
         {body}\n\
         }}\n"
    )
}

fn every_reply(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let params: Params<'_> = &[("redirect_contact", "sip:ivr@192.0.2.10")];
    let mut setup = setup(bench, &api, &[params]);
    setup = setup.param("redirect_threshold", 90);
    let server = bench.start(&setup)?;
    for (decision, code, reason) in [
        ("allow", 503, "no_actionable_signal"),
        ("flag", 503, "risk_over_flag_threshold"),
        ("redirect", 302, "risk_over_redirect_threshold"),
        ("block", 603, "dnc_listed"),
    ] {
        api.play(Plan::always(answer::ok(&answer::decision(decision, code))));
        for test in ["none", "transaction"] {
            let reply = server.call(Transport::Udp, &invite().header("X-Test", test))?;
            let wanted = format!(
                "SIP;cause={code};text=\"decision={decision};reason={reason};id={RECEIPT}\""
            );
            same(
                decision,
                (reply.status, reply.all("Reason")),
                (code, vec![&*wanted]),
            )?;
        }
    }
    let mut odd = answer::decision("block", 603);
    odd["reason"] = json!("a\"b\\c");
    odd["receipt_id"] = json!("not an id");
    api.play(Plan::always(answer::ok(&odd)));
    let reply = server.call(Transport::Udp, &invite())?;
    same(
        "odd",
        reply.all("Reason"),
        vec!["SIP;cause=603;text=\"decision=block\""],
    )?;
    api.play(Plan::always(answer::ok(&json!({}))));
    let reply = server.call(Transport::Udp, &invite())?;
    let wanted = "SIP;cause=503;text=\"decision=allow;failure=schema\"";
    same("failure", reply.all("Reason"), vec![wanted])?;
    // Nothing of the caller's making.
    let nameless = Request::invite("sip:\u{61}lice@carrier.example").display("x\\\";cause=200");
    let reply = server.call(Transport::Udp, &nameless)?;
    let wanted = "SIP;cause=503;text=\"decision=allow;failure=no_number\"";
    same("no number", reply.all("Reason"), vec![wanted])?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let reply = client.call(&invite().header("X-Test", "undecided"))?;
    let wanted = "SIP;cause=503;text=\"decision=none\"";
    same(
        "undecided",
        (reply.status, reply.all("Reason")),
        (503, vec![wanted]),
    )?;
    server.finish()
}

fn inline(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mode: Params<'_> = &[("mode", "inline")];
    let server = start(bench, &api, &[mode])?;
    let reply = server.call(Transport::Udp, &invite())?;
    same("plain", sent(&reply), (603, "Decline", vec![]))?;
    server.finish()?;
    let server = start(
        bench,
        &api,
        &[mode, REDRESS, US, &[("block_location", "RPN")]],
    )?;
    let reply = server.call(Transport::Udp, &invite())?;
    let wanted = network_blocked().replace("RLN", "RPN");
    same(
        "603+",
        sent(&reply),
        (603, "Network Blocked", vec![&*wanted]),
    )?;
    server.finish()
}

fn silent(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(
        bench,
        &api,
        &[REDRESS, &[("block_reply", "analytics=603+ invalid=404")]],
    );
    setup = setup.param("reply_reason", 0);
    let server = bench.start(&setup)?;
    let reply = server.call(Transport::Udp, &invite())?;
    same("603+", reply.all("Reason"), vec![&*network_blocked()])?;
    api.play(Plan::always(answer::ok(&answer::decision("allow", 503))));
    let reply = server.call(Transport::Udp, &invite())?;
    same("allow", (reply.status, reply.all("Reason")), (503, vec![]))?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    let reply = client.call(&invite().header("X-Test", "undecided"))?;
    same(
        "undecided",
        (reply.status, reply.all("Reason")),
        (503, vec![]),
    )?;
    server.finish()
}
