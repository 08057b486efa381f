// SPDX-License-Identifier: GPL-2.0-or-later
//! What the script sees of a 603+, in each route in which it may ask.
use testbed::{Product, Result, sip::Peer};

use super::{PLUS, REASON, allowing, call, sent, start, to};
use crate::{
    bench::{Bench, Running},
    expect::{holds, same},
};

/// What the script writes about a 603+: whether it is one, and its five AVPs.
const SEEN: &str = "nb=$var(nb) url=$avp(nol_nb_url) tel=$avp(nol_nb_tel) email=$avp(nol_nb_email) id=$avp(nol_nb_id) \
    location=$avp(nol_nb_location).";

/// Header lines of a reply, and what the script sees.
const FORMS: &[(&str, &[&str], &str)] = &[
    (
        PLUS,
        &[concat!(
            "Reason: SIP;cause=603;text=\"v=analytics1;url=https://example.com/redress;tel=+12155550123;",
            "email=a@example.com;id=c-1\";location=RLN"
        )],
        "nb=1 url=https://example.com/redress tel=+12155550123 email=a@example.com id=c-1 location=RLN.",
    ),
    (
        PLUS,
        &[
            "Reason: Q.850;cause=17;text=\"User busy\"",
            "REASON: Q.850 ;cause=21;Text=\"v=analytics1;url=https://a.example\";location=LN",
        ],
        "nb=1 url=https://a.example tel= email= id= location=LN.",
    ),
    (
        PLUS,
        &[
            "Reason: SIP;cause=603;",
            " text=\"v=analytics1;tel=+12155550123\"",
            "\t;location=TN",
        ],
        "nb=1 url= tel=+12155550123 email= id= location=TN.",
    ),
    (
        PLUS,
        &["Reason: SIP;cause=603;v=analytics1;url=\"https://a.example/\";id=x_1"],
        "nb=1 url=https://a.example/ tel= email= id=x_1 location=.",
    ),
];

fn note() -> String {
    format!(
        "\tif (numbers_online_network_blocked()) {{ $var(nb) = 1; }} else {{ $var(nb) = 0; }}\n\txlog(\"L_NOTICE\", \"SEEN {SEEN}\\n\");\n"
    )
}

fn seen(server: &Running, wanted: &str) -> Result<()> {
    let line = server
        .host
        .log()
        .wait_for("SEEN ", crate::calls::SOON)
        .unwrap_or_default();
    let line = line.replace("<null>", "");
    holds(
        &format!("wanted {wanted}, found {line}"),
        line.contains(wanted),
    )
}

pub(super) fn forms(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    for (status, lines, wanted) in FORMS {
        let peer = Peer::new(status, lines)?;
        let server = start(bench, &api, &to(&peer), &note(), "")?;
        call(&server)?;
        seen(&server, wanted)?;
        server.finish()?;
    }
    Ok(())
}

pub(super) fn replied(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    for (status, lines, wanted) in FORMS {
        let peer = Peer::new(status, lines)?;
        let relay = format!("{}\tt_on_reply(\"REPLIED\");\n", to(&peer));
        let more = format!("onreply_route[REPLIED] {{\n{}}}\n", note());
        let server = start(bench, &api, &relay, "\texit;\n", &more)?;
        call(&server)?;
        seen(&server, wanted)?;
        server.finish()?;
    }
    Ok(())
}

pub(super) fn malformed(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    for (line, wanted) in [
        (
            "Reason: SIP;text=\"v=analytics1;url=http://a.example;tel=911;email=a b@c.example;id=a b\";location=\"a b\"",
            "nb=1 url= tel= email= id= location=.",
        ),
        (
            "Reason: SIP;text=\"v=analytics1",
            "nb=1 url= tel= email= id= location=.",
        ),
        (
            "Reason: SIP;text=\"v=analytics1;url=https://a.example\\\"",
            "nb=1 url= tel= email= id= location=.",
        ),
        ("Reason: ;;;,,,\"", "nb=0 url= tel= email= id= location=."),
    ] {
        let peer = Peer::new(PLUS, &[line])?;
        let server = start(bench, &api, &to(&peer), &note(), "")?;
        call(&server)?;
        seen(&server, wanted)?;
        server.finish()?;
    }
    Ok(())
}

/// The timer of a branch makes a 408 that is no message.
pub(super) fn timed_out(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0")?;
    let mut relay = format!("\t$du = \"sip:{}\";\n", nobody.local_addr()?);
    relay.push_str(match bench.server.product() {
        Product::Kamailio => "\tt_set_fr(2500, 2500);\n",
        Product::OpenSips => "\t$T_fr_timeout = 3;\n",
    });
    let server = start(bench, &api, &relay, &note(), "")?;
    let reply = call(&server)?;
    same("status", reply.status, 408)?;
    seen(&server, "nb=0 url= tel= email= id= location=.")?;
    server.finish()
}

pub(super) fn branch_failure(bench: &Bench) -> Result<()> {
    let api = allowing()?;
    let line = format!("Reason: {REASON}");
    let peer = Peer::new(PLUS, &[&line])?;
    let relay = format!("{}\tt_on_branch_failure(\"one\");\n", to(&peer));
    let more = format!("event_route[tm:branch-failure:one] {{\n{}}}\n", note());
    let server = start(bench, &api, &relay, "\texit;\n", &more)?;
    same("reply", sent(&call(&server)?).0, 603)?;
    seen(&server, FORMS[0].2)?;
    server.finish()
}
