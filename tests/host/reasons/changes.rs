// SPDX-License-Identifier: GPL-2.0-or-later
//! What the script, a route, a selection of AVPs or a profile changes.
use testbed::{
    Result,
    answer::RECEIPT,
    sip::{Client, Peer, Transport},
};

use super::{REDRESS, US, blocking, invite, network_blocked, routes, sent, setup, start};
use crate::{
    bench::Bench,
    expect::{holds, same},
};

pub(super) fn overridden(bench: &Bench) -> Result<()> {
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

pub(super) fn whatever_is_written(bench: &Bench) -> Result<()> {
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

pub(super) fn failed(bench: &Bench) -> Result<()> {
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

pub(super) fn profiles(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[&[("redress_url", "https://base.example/")]])
        .profile("us=>regulation=us;redress_url=https://us.example/;block_location=RPN")
        .profile("other=>block_reply=analytics=403 'Not Here' list=607")
        .profile("quiet=>reply_reason=0")
        .profile("inline=>mode=inline;block_reply=603+");
    setup.profile = Some("$hdr(X-Profile)".to_owned());
    let server = bench.start(&setup)?;
    let plus = |url: &str, location: &str| {
        format!("SIP;cause=603;text=\"v=analytics1;url={url};id={RECEIPT}\";location={location}")
    };
    let told = |code: u16| {
        format!("SIP;cause={code};text=\"decision=block;reason=dnc_listed;id={RECEIPT}\"")
    };
    for (profile, code, phrase, reason) in [
        ("", 603, "Decline", Some(told(603))),
        (
            "us",
            603,
            "Network Blocked",
            Some(plus("https://us.example/", "RPN")),
        ),
        ("other", 403, "Not Here", Some(told(403))),
        ("quiet", 603, "Decline", None),
        (
            "inline",
            603,
            "Network Blocked",
            Some(plus("https://base.example/", "RLN")),
        ),
    ] {
        let mut request = invite();
        if !profile.is_empty() {
            request = request.header("X-Profile", profile);
        }
        let reply = server.call(Transport::Udp, &request)?;
        let wanted: Vec<&str> = reason.iter().map(String::as_str).collect();
        same(profile, sent(&reply), (code, phrase, wanted))?;
    }
    server.finish()
}

pub(super) fn unlawful_profile(bench: &Bench) -> Result<()> {
    for (profile, words) in [
        ("tenant=>regulation=us", ["tenant", "redress_url"]),
        (
            "tenant=>regulation=us;redress_tel=+12155550123;block_reply=607",
            ["tenant", "64.1200(k)(9)"],
        ),
    ] {
        let setup = bench.setup("http://127.0.0.1:1").profile(profile);
        let log = bench.server.refuse(&setup)?.text();
        let lines = log
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        same("lines", lines.count(), 1)?;
    }
    Ok(())
}
