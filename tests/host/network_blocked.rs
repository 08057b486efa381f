// SPDX-License-Identifier: GPL-2.0-or-later
//! A 603+ of a network further on is recognised, and passed on as it is.
mod forms;

use std::{fs, path::Path, sync::Arc};

use libtest_mimic::Trial;
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

const REASON: &str = "SIP;cause=603;text=\"v=analytics1;url=https://example.com/redress;tel=+12155550123;email=a@example.com;id=c-1\";\
    location=RLN";

const PLUS: &str = "603 Network Blocked";

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("block_reply"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("network_blocked/{name}"), needs, body)
    };
    let mut trials = vec![
        trial("a_603_plus_is_passed_on_unchanged", passed_on),
        trial("a_603_plus_is_not_tried_elsewhere", not_elsewhere),
        trial("any other failure is tried elsewhere", elsewhere),
        trial("of several branches", branches),
        trial("every form of it in a failure route", forms::forms),
        trial("every form of it in a reply route", forms::replied),
        trial("nothing malformed reaches the script", forms::malformed),
        trial("not without a reply", forms::timed_out),
    ];
    if subject.server.product() == Product::Kamailio {
        trials.push(trial("in a branch failure route", forms::branch_failure));
    }
    trials
}

/// The file that is shipped for it.
fn shipped(bench: &Bench) -> Result<String> {
    let directory = match bench.server.product() {
        Product::Kamailio => "kamailio-cfg",
        Product::OpenSips => "opensips-cfg",
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    Ok(fs::read_to_string(
        file.join("numbers_online_passed_on.cfg"),
    )?)
}

/// An inline server that relays to `first`, and after a failure to `second`.
fn start(bench: &Bench, api: &Api, relay: &str, failure: &str, more: &str) -> Result<Running> {
    let mut setup = bench.setup(&api.url()).param("mode", "inline");
    // By default OpenSIPS tries no other next hop after a 6xx. Then the trials would prove nothing.
    if bench.server.product() == Product::OpenSips && !relay.contains("$branch") {
        let one = 1.into();
        setup
            .foreign
            .push(("tm".to_owned(), "disable_6xx_block".to_owned(), one));
    }
    let (main, pong) = match bench.server.product() {
        Product::Kamailio => ("request_route", "sl_send_reply(\"200\", \"OK\");"),
        Product::OpenSips => ("route", "sl_send_reply(200, \"OK\");"),
    };
    let decide = match (bench.form, bench.server.product()) {
        (Form::Sync, _) => "numbers_online_decide(); route(RELAY);",
        (Form::Async, Product::Kamailio) => "numbers_online_decide_async(\"RELAY\"); route(RELAY);",
        (Form::Async, Product::OpenSips) => "async(numbers_online_decide(), RELAY);",
    };
    setup.routes = Some(format!(
        "{main} {{\n\
         \tif (is_method(\"OPTIONS\")) {{ {pong} exit; }}\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \t{decide}\n\
         }}\n\
         route[RELAY] {{\n\
         \tif (numbers_online_reply()) {{ exit; }}\n\
         {relay}\
         \tt_on_failure(\"FAILED\");\n\
         \tt_relay();\n\
         \texit;\n\
         }}\n\
         failure_route[FAILED] {{\n{failure}}}\n\
         {shipped}\n{more}",
        shipped = shipped(bench)?,
    ));
    bench.start(&setup)
}

fn allowing() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("allow", 503))))
}

fn to(peer: &Peer) -> String {
    format!("\t$du = \"sip:{}\";\n", peer.address())
}

/// The shipped route, then the next hop.
fn failover(peer: &Peer) -> String {
    format!(
        "\troute(NUMBERS_ONLINE_PASSED_ON);\n{}\tt_relay();\n",
        to(peer)
    )
}

fn call(server: &Running) -> Result<Reply> {
    let request = Request::invite(&callers::sip(callers::CALLER));
    Client::connect(Transport::Udp, server.host.address())?
        .call(&request)
        .map_err(|e| format!("{e}\n{}", server.host.log().tail()).into())
}

fn sent(reply: &Reply) -> (u16, &str, Vec<&str>) {
    (reply.status, &reply.phrase, reply.all("Reason"))
}

fn passed_on(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let variants = [
        REASON.to_owned(),
        REASON.replace("SIP;cause=603", "Q.850;cause=21"),
        REASON.replace("RLN", "LN").replace(";id=c-1", ""),
    ];
    for reason in variants {
        let line = format!("Reason: {reason}");
        let first = Peer::new(PLUS, &[&line])?;
        let second = Peer::new("200 OK", &[])?;
        let server = start(bench, &api, &to(&first), &failover(&second), "")?;
        let reply = call(&server)?;
        same(
            "reply",
            sent(&reply),
            (603, "Network Blocked", vec![&*reason]),
        )?;
        same("Retry-After", reply.header("Retry-After"), None)?;
        same("first", first.invites().len(), 1)?;
        same("second", second.invites().len(), 0)?;
        server.finish()?;
    }
    Ok(())
}

fn not_elsewhere(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let line = format!("Reason: {REASON}");
    // The second of three next hops.
    let first = Peer::new("503 Service Unavailable", &[])?;
    let second = Peer::new(PLUS, &[&line])?;
    let third = Peer::new("200 OK", &[])?;
    let failure = format!(
        "\troute(NUMBERS_ONLINE_PASSED_ON);\n\
         \tif ($avp(hop) == \"2\") {{\n\t{}\t\tt_relay();\n\t\texit;\n\t}}\n\
         \t$avp(hop) = \"2\";\n{}\tt_on_failure(\"FAILED\");\n\tt_relay();\n",
        to(&third),
        to(&second)
    );
    let server = start(bench, &api, &to(&first), &failure, "")?;
    let reply = call(&server)?;
    same(
        "reply",
        sent(&reply),
        (603, "Network Blocked", vec![REASON]),
    )?;
    let hops = [
        first.invites().len(),
        second.invites().len(),
        third.invites().len(),
    ];
    same("next hops", hops, [1, 1, 0])?;
    let noted = "numbers_online: blocked by a network further on";
    let line = server
        .host
        .log()
        .wait_for(noted, crate::calls::SOON)
        .unwrap_or_default();
    holds(
        &format!("the log tells of it: {line}"),
        line.contains("https://example.com/redress"),
    )?;
    server.finish()
}

fn elsewhere(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    for (status, line) in [
        ("486 Busy Here", "X: y".to_owned()),
        ("503 Service Unavailable", format!("Reason: {REASON}")),
        ("603 Decline", format!("Reason: {REASON}")),
        (PLUS, "Reason: SIP;cause=603;text=\"no\"".to_owned()),
        (PLUS, "X: y".to_owned()),
    ] {
        let first = Peer::new(status, &[&line])?;
        let second = Peer::new("480 Second", &["X-Second: yes"])?;
        let server = start(bench, &api, &to(&first), &failover(&second), "")?;
        let reply = call(&server)?;
        same("second", second.invites().len(), 1)?;
        holds(status, reply.status == 480 || reply.status == 603)?;
        server.finish()?;
    }
    Ok(())
}

/// tm prefers a 6xx to any other final reply.
fn branches(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let line = format!("Reason: {REASON}");
    let other = Peer::new("404 Not Found", &["Reason: Q.850;cause=1"])?;
    let blocked = Peer::new(PLUS, &[&line])?;
    let next = Peer::new("200 OK", &[])?;
    let uri = |peer: &Peer| format!("sip:service@{}", peer.address());
    let relay = match bench.server.product() {
        Product::Kamailio => format!(
            "\t$ru = \"{}\";\n\tappend_branch(\"{}\");\n",
            uri(&other),
            uri(&blocked)
        ),
        Product::OpenSips => format!(
            "\t$ru = \"{}\";\n\t$branch = \"{}\";\n",
            uri(&other),
            uri(&blocked)
        ),
    };
    let server = start(bench, &api, &relay, &failover(&next), "")?;
    let reply = call(&server)?;
    same(
        "reply",
        sent(&reply),
        (603, "Network Blocked", vec![REASON]),
    )?;
    same("next", next.invites().len(), 0)?;
    server.finish()
}
