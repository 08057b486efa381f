// SPDX-License-Identifier: GPL-2.0-or-later
//! Replies by reason, and their `Reason` headers. Trials with an underscore in their name are about a rule of docs/regulation.md.
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Plan, Product, Result,
    answer::{self, RECEIPT},
    sip::{Client, Peer, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{holds, same},
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
    vec![
        trial("analytics_block_is_603_plus_and_nothing_else", analytics),
        trial("an_invalid_number_is_not_answered_as_analytics", invalid),
        trial("a_608_is_for_a_caller_that_understands_it", rejected),
        trial("one_reason_header", one),
        trial("no_retry_after_with_603", no_retry_after),
        trial("every final reply of mode=redirect says why", every_reply),
        trial("mode=inline tells nobody but of a 603+", inline),
        trial("reply_reason=0", silent),
        trial("a reply that the script changed", overridden),
        trial("with any selection of AVPs", whatever_is_written),
        trial("in a failure route, which may be another process", failed),
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

fn analytics(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, &[REDRESS, US])?;
    for reason in [
        "dnc_listed",
        "reassigned",
        "risk_over_flag_threshold",
        "new",
    ] {
        let mut body = answer::decision("block", 603);
        body["reason"] = json!(reason);
        api.play(Plan::always(answer::ok(&body)));
        for transport in Transport::ALL {
            let reply = server.call(transport, &invite().header("Feature-Caps", "*;+sip.608"))?;
            let wanted = network_blocked();
            same(
                reason,
                sent(&reply),
                (603, "Network Blocked", vec![&*wanted]),
            )?;
            same("nol_code", reply.avp("code"), "603")?;
            same("nol_phrase", reply.avp("phrase"), "Network Blocked")?;
            same("nol_reply_reason", reply.avp("reply_reason"), &*wanted)?;
        }
    }
    server.finish()
}

fn invalid(bench: &Bench) -> Result<()> {
    let mut body = answer::decision("block", 603);
    body["reason"] = json!("invalid_number");
    body["valid"] = json!(false);
    let api = api(&body)?;
    let explained = |code: u16| {
        format!("SIP;cause={code};text=\"decision=block;reason=invalid_number;id={RECEIPT}\"")
    };
    for (block_reply, code, phrase) in [
        ("", 603, "Decline"),
        ("invalid=404", 404, "Not Found"),
        (
            "invalid=484 'No Such Number' list=607",
            484,
            "No Such Number",
        ),
    ] {
        let server = start(bench, &api, &[REDRESS, US, &[("block_reply", block_reply)]])?;
        let reply = server.call(Transport::Udp, &invite())?;
        let reason = explained(code);
        same(block_reply, sent(&reply), (code, phrase, vec![&*reason]))?;
        server.finish()?;
    }
    Ok(())
}

fn rejected(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, &[REDRESS, &[("block_reply", "608")]])?;
    for (caps, code, phrase) in [
        (vec!["*;+sip.608"], 608, "Rejected"),
        (
            vec!["*;+x", "*;+g.3gpp.icsi=\"a,b\";+SIP.608"],
            608,
            "Rejected",
        ),
        (vec![], 603, "Network Blocked"),
        (vec!["*;+sip.6080"], 603, "Network Blocked"),
    ] {
        let mut request = invite();
        for body in &caps {
            request = request.header("Feature-Caps", body);
        }
        let reply = server.call(Transport::Udp, &request)?;
        same(
            "reply",
            (reply.status, reply.phrase.as_str()),
            (code, phrase),
        )?;
        same("Reason headers", reply.all("Reason").len(), 1)?;
        same("Call-Info", reply.header("Call-Info"), None)?;
    }
    server.finish()
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

fn one(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[REDRESS, US]);
    setup.routes = Some(routes(
        bench,
        "\tif ($hdr(X-Test) == \"transaction\") { t_newtran(); }\n\
         \tif ($hdr(X-Test) == \"own\") { append_to_reply(\"X-A: b\\r\\nREASON : SIP;cause=603;text=\\\"own\\\"\\r\\n\"); }\n\
         \tif ($hdr(X-Test) == \"other\") { append_to_reply(\"X-Reason: x\\r\\nReasonable: y\\r\\n\"); }\n\
         \tif ($hdr(X-Test) == \"failed\") { $avp(nol_code) = 99; numbers_online_reply(); $avp(nol_code) = 603; }\n\
         \tnumbers_online_reply();\n\
         \tnumbers_online_reply();",
    ));
    let server = bench.start(&setup)?;
    let wanted = network_blocked();
    for (test, reason) in [
        ("none", &*wanted),
        ("transaction", &wanted),
        ("other", &wanted),
        ("failed", &wanted),
        ("own", "SIP;cause=603;text=\"own\""),
    ] {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let request = invite().header("X-Test", test);
        let reply = client.call(&request)?;
        same(test, reply.all("Reason"), vec![reason])?;
        same(test, reply.phrase.as_str(), "Network Blocked")?;
    }
    server.finish()
}

fn no_retry_after(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    for params in [&[][..], US] {
        let server = start(bench, &api, &[REDRESS, params])?;
        let reply = server.call(Transport::Udp, &invite())?;
        same(
            "reply",
            (reply.status, reply.header("Retry-After")),
            (603, None),
        )?;
        server.finish()?;
    }
    Ok(())
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

fn overridden(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[REDRESS, US]);
    setup.routes = Some(routes(
        bench,
        "\tif ($hdr(X-Test) == \"code\") { $avp(nol_code) = 480; $avp(nol_phrase) = \"Not Now\"; }\n\
         \tif ($hdr(X-Test) == \"phrase\") { $avp(nol_phrase) = \"Decline\"; }\n\
         \tif ($hdr(X-Test) == \"lines\") { $avp(nol_reply_reason) = \"SIP;cause=603;text=\\\"x\\\"\\r\\nX-Forged: yes\"; }\n\
         \tnumbers_online_reply();",
    ));
    let server = bench.start(&setup)?;
    let told = |code: u16| {
        format!("SIP;cause={code};text=\"decision=block;reason=dnc_listed;id={RECEIPT}\"")
    };
    for (test, code, phrase) in [
        ("code", 480, "Not Now"),
        ("phrase", 603, "Decline"),
        ("lines", 603, "Network Blocked"),
    ] {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let reply = client.call(&invite().header("X-Test", test))?;
        let reason = told(code);
        same(test, sent(&reply), (code, phrase, vec![&*reason]))?;
        same(test, reply.header("X-Forged"), None)?;
    }
    server.finish()
}

fn whatever_is_written(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    for avps in ["core", "nol_reason"] {
        let server = start(bench, &api, &[REDRESS, US, &[("avps", avps)]])?;
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let reply = client.call(&invite().header("X-Test", "none"))?;
        same(avps, reply.all("Reason"), vec![&*network_blocked()])?;
        server.finish()?;
    }
    Ok(())
}

fn failed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let peer = Peer::new("486 Busy Here", &[])?;
    let mut setup = setup(bench, &api, &[REDRESS, US, &[("avps", "core")]]);
    setup.children = 4;
    let relayed = routes(
        bench,
        &format!(
            "\t$du = \"sip:{}\";\n\tt_on_failure(\"FAILED\");\n\tt_relay();",
            peer.address()
        ),
    );
    setup.routes = Some(format!(
        "{relayed}failure_route[FAILED] {{\n\tnumbers_online_reply();\n}}\n"
    ));
    let server = bench.start(&setup)?;
    for _ in 0..8 {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        let reply = client.call(&invite())?;
        let wanted = network_blocked();
        same(
            "reply",
            sent(&reply),
            (603, "Network Blocked", vec![&*wanted]),
        )?;
    }
    holds("the calls were relayed", peer.invites().len() == 8)?;
    server.finish()
}
