// SPDX-License-Identifier: GPL-2.0-or-later
//! The labels of the shipped files. A header that the caller forged never arrives.
use std::{fs, path::Path, sync::Arc};

use libtest_mimic::Trial;
use serde_json::json;
use testbed::{
    Api, Form, Plan, Product, Result, answer,
    sip::{Client, Peer, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("labels/{name}"), Needs::default(), body)
    };
    vec![
        trial("an allowed call", allowed),
        trial("a flagged call", flagged),
        trial("any display name", names),
        trial("a forged header never survives", forged),
        trial("behind a line that is no header", behind_a_bad_line),
        trial("without a decision", undecided),
        trial(
            "in redirect mode a forged header is not repeated",
            redirected,
        ),
    ]
}

/// Header lines that a caller might send in the place of labels.
const FORGED: &[(&str, &str)] = &[
    ("X-NumbersOnline-Decision", "allow-me"),
    ("x-numbersonline-decision", "allow-me"),
    ("X-NUMBERSONLINE-SCORE", "allow-me"),
    ("X-NumbersOnline-Decision ", "allow-me"),
    ("X-NumbersOnline-Decision\t", "allow-me"),
    ("X-NumbersOnline-Reason", "\r\n allow-me"),
    ("X-NumbersOnline-Source", "x\r\n\tallow-me\r\n allow-me"),
    ("X-NumbersOnline", "allow-me"),
    ("X-NumbersOnline-Other", "allow-me"),
    ("Call-Info", "<https://allow-me.example>;purpose=jcard"),
    ("CALL-INFO", "<https://allow-me.example>;purpose=icon"),
    (
        "call-info ",
        "<a:b>,\r\n <https://allow-me.example>;purpose=info",
    ),
];

fn start(bench: &Bench, api: &Api, peer: &Peer, call_info: bool) -> Result<Running> {
    let mut setup = bench.setup(&api.url()).param("mode", "inline");
    let (directory, main, pong) = match bench.server.product() {
        Product::Kamailio => (
            "kamailio-cfg",
            "request_route",
            "sl_send_reply(\"200\", \"OK\");",
        ),
        Product::OpenSips => ("opensips-cfg", "route", "sl_send_reply(200, \"OK\");"),
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut shipped = fs::read_to_string(file.join("numbers_online_labels.cfg"))?;
    if call_info {
        shipped = shipped
            .replace(
                "##!define NOL_LABEL_CALL_INFO",
                "#!define NOL_LABEL_CALL_INFO",
            )
            .replace(
                "$var(nol_call_info) = \"\";",
                "$var(nol_call_info) = \"https://example.com/flagged\";",
            );
    }
    let decide = match (bench.form, bench.server.product()) {
        (Form::Sync, _) => "numbers_online_decide(); route(RELAY);",
        (Form::Async, Product::Kamailio) => "numbers_online_decide_async(\"RELAY\"); route(RELAY);",
        (Form::Async, Product::OpenSips) => "async(numbers_online_decide(), RELAY);",
    };
    setup.routes = Some(format!(
        "{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \tif ($hdr(X-Test) == \"undecided\") {{ route(RELAY); }}\n\
         \t{decide}\n\
         }}\n\
         route[RELAY] {{\n\
         \tif (numbers_online_reply()) {{ exit; }}\n\
         \troute(NUMBERS_ONLINE_LABEL);\n\
         \t$du = \"sip:{peer}\";\n\
         \tt_relay();\n\
         \texit;\n\
         }}\n\
         {shipped}",
        peer = peer.address()
    ));
    bench.start(&setup)
}

fn api(decision: &str) -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision(decision, 503))))
}

fn invite() -> Request {
    Request::invite(&callers::sip(callers::CALLER)).display("Bob")
}

fn with_forged(mut request: Request) -> Request {
    for (name, value) in FORGED {
        request = request.header(name, value);
    }
    request
}

fn call(server: &Running, request: &Request) -> Result<Reply> {
    Client::connect(Transport::Udp, server.host.address())?
        .call(request)
        .map_err(|e| format!("{e}\n{}", server.host.log().tail()).into())
}

/// The label headers that arrived, in their order.
fn labels(text: &str) -> Vec<&str> {
    let is_label = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("x-numbersonline") || line.starts_with("call-info")
    };
    text.split("\r\n").filter(is_label).collect()
}

fn from(text: &str) -> &str {
    let mut lines = text.split("\r\n");
    lines
        .find(|line| line.starts_with("From:"))
        .unwrap_or_default()
}

/// What the next hop got.
fn arrived(peer: &Peer) -> Result<String> {
    let mut invites = peer.invites();
    same("INVITEs", invites.len(), 1)?;
    Ok(invites.remove(0))
}

fn allowed(bench: &Bench) -> Result<()> {
    let api = api("allow")?;
    let peer = Peer::new("486 Busy Here", &[])?;
    let server = start(bench, &api, &peer, true)?;
    call(&server, &invite())?;
    let text = arrived(&peer)?;
    let wanted = vec![
        "X-NumbersOnline-Decision: allow",
        "X-NumbersOnline-Source: api",
        "X-NumbersOnline-Reason: no_actionable_signal",
        "X-NumbersOnline-Score: 12",
    ];
    same("labels", labels(&text), wanted)?;
    holds(from(&text), from(&text).starts_with("From: \"Bob\" <"))?;
    server.finish()
}

fn flagged(bench: &Bench) -> Result<()> {
    let mut body = answer::decision("flag", 503);
    body["advisory"]["spam_score"] = json!(91);
    let api = Api::http(Plan::always(answer::ok(&body)))?;
    for call_info in [false, true] {
        let peer = Peer::new("486 Busy Here", &[])?;
        let server = start(bench, &api, &peer, call_info)?;
        let request = invite();
        let reply = call(&server, &request)?;
        let text = arrived(&peer)?;
        let mut wanted = vec![
            "X-NumbersOnline-Decision: flag",
            "X-NumbersOnline-Source: api",
            "X-NumbersOnline-Reason: risk_over_flag_threshold",
            "X-NumbersOnline-Score: 91",
        ];
        if call_info {
            wanted.push("Call-Info: <https://example.com/flagged>;purpose=info");
        }
        same("labels", labels(&text), wanted)?;
        let tag = &request.from_tag;
        let uri = callers::sip(callers::CALLER);
        let wanted = format!("From: \"Suspected spam: Bob\" <{uri}>;tag={tag}");
        same("From", from(&text), &wanted)?;
        // The caller does not see the label.
        same("status", reply.status, 486)?;
        let wanted = format!("\"Bob\" <{uri}>;tag={tag}");
        same("From of the reply", reply.header("From"), Some(&wanted))?;
        server.finish()?;
    }
    Ok(())
}

fn names(bench: &Bench) -> Result<()> {
    let api = api("flag")?;
    let uri = callers::sip(callers::CALLER);
    for (given, wanted) in [
        (
            format!("<{uri}>"),
            format!("\"Suspected spam: {}\" <{uri}>", callers::CALLER),
        ),
        (
            format!("Bob <{uri}>"),
            format!("\"Suspected spam: Bob\" <{uri}>"),
        ),
        (
            format!("\"0\" <{uri}>"),
            format!("\"Suspected spam: 0\" <{uri}>"),
        ),
        (
            format!("\"\" <{uri}>"),
            format!("\"Suspected spam: {}\" <{uri}>", callers::CALLER),
        ),
        (
            format!("\"A \\\"B\\\" <sip:x@y>;tag=z\" <{uri}>"),
            format!("\"Suspected spam: A B <sip:x@y>;tag=z\" <{uri}>"),
        ),
        (
            format!("\"C\\\\\" <{uri}>"),
            format!("\"Suspected spam: C\" <{uri}>"),
        ),
    ] {
        let peer = Peer::new("486 Busy Here", &[])?;
        let server = start(bench, &api, &peer, false)?;
        let request = invite().from(&given);
        call(&server, &request)?;
        let text = arrived(&peer)?;
        let wanted = format!("From: {wanted};tag={}", request.from_tag);
        same(&given, from(&text), &wanted)?;
        let lines = text.split("\r\n").filter(|line| line.starts_with("From"));
        same("From headers", lines.count(), 1)?;
        // Kamailio's, if a variable is set to nothing.
        let log = server.host.log().text();
        holds(&log, !log.contains("lval_assign"))?;
        server.finish()?;
    }
    Ok(())
}

fn forged(bench: &Bench) -> Result<()> {
    for (decision, count) in [("allow", 4), ("flag", 4)] {
        let api = api(decision)?;
        let peer = Peer::new("486 Busy Here", &[])?;
        let server = start(bench, &api, &peer, false)?;
        call(&server, &with_forged(invite()))?;
        let text = arrived(&peer)?;
        same("labels", labels(&text).len(), count)?;
        holds(&text, !text.contains("allow-me"))?;
        server.finish()?;
    }
    Ok(())
}

/// A server that does not parse a header must not send it on either.
fn behind_a_bad_line(bench: &Bench) -> Result<()> {
    let api = api("allow")?;
    let peer = Peer::new("486 Busy Here", &[])?;
    let server = start(bench, &api, &peer, false)?;
    // The cores write such a request to their logs, where no other number may be found.
    let request = invite()
        .from("\"Bob\" <sip:+14155550144@carrier.example>")
        .header("X-A", "b\r\nno header at all");
    let request = with_forged(request);
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    client.send(&request)?;
    let _ = client.further_replies(&[request], std::time::Duration::from_millis(400));
    for text in peer.invites() {
        holds(&text, !text.contains("allow-me"))?;
    }
    server.finish()
}

fn undecided(bench: &Bench) -> Result<()> {
    let api = api("allow")?;
    let peer = Peer::new("486 Busy Here", &[])?;
    let server = start(bench, &api, &peer, true)?;
    call(
        &server,
        &with_forged(invite().header("X-Test", "undecided")),
    )?;
    let text = arrived(&peer)?;
    same("labels", labels(&text), vec![])?;
    holds(&text, !text.contains("allow-me"))?;
    server.finish()
}

fn redirected(bench: &Bench) -> Result<()> {
    for (decision, code) in [("allow", 503), ("block", 603)] {
        let api = Api::http(Plan::always(answer::ok(&answer::decision(decision, code))))?;
        let mut setup = bench.setup(&api.url());
        setup.replies = true;
        let server = bench.start(&setup)?;
        let reply = server.call(Transport::Udp, &with_forged(invite()))?;
        same("status", reply.status, code)?;
        let text = format!("{reply:?}");
        holds(&text, !text.contains("allow-me"))?;
        server.finish()?;
    }
    Ok(())
}
