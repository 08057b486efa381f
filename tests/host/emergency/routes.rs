// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts that change the request URI, and decide in another route.
use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Product, Result,
    sip::{Client, Transport},
};

use super::{TRUSTED, blocking, from, invite, needs, setup};
use crate::{
    bench::{Bench, Running},
    calls::SOON,
    expect::same,
    subject::Subject,
    suite::Suite,
};

/// The `X-Test` header of a request selects what the script does. `to 911` and `from 911` replace the user part before the decision.
/// `failed` makes the decision in the failure route of a call that was relayed to this server itself.
const KAMAILIO: &str = r#"
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	if ($hdr(X-Test) == "failed") {
		if ($hdr(X-Sent-On) != $null) { sl_send_reply("486", "Busy Here"); exit; }
		append_hf("X-Sent-On: yes\r\n");
		$du = "sip:" + $Ri + ":" + $Rp;
		t_on_failure("FAILED");
		t_relay();
		exit;
	}
	if ($hdr(X-Test) == "to 911") { $rU = "911"; }
	if ($hdr(X-Test) == "from 911") { $ru = "sip:+12025550123@psap.example.com"; }
	numbers_online_decide();
	route(ANSWER);
}
failure_route[FAILED] {
	numbers_online_decide();
	route(ANSWER);
}
route[ANSWER] {
	append_to_reply("X-NOL-reason: $avp(nol_reason)\r\n");
	append_to_reply("X-NOL-failure: $avp(nol_failure)\r\n");
	append_to_reply("X-NOL-latency_us: $avp(nol_latency_us)\r\n");
	send_reply("$avp(nol_code)", "$avp(nol_phrase)");
}
"#;

/// The same in the language of `OpenSIPS`.
const OPENSIPS: &str = r#"
route {
	if (is_method("OPTIONS")) { sl_send_reply(200, "OK"); exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	if ($hdr(X-Test) == "failed") {
		if ($hdr(X-Sent-On) != NULL) { sl_send_reply(486, "Busy Here"); exit; }
		append_hf("X-Sent-On: yes\r\n");
		$du = "sip:" + $socket_in(ip) + ":" + $socket_in(port);
		t_on_failure("FAILED");
		t_relay();
		exit;
	}
	if ($hdr(X-Test) == "to 911") { $rU = "911"; }
	if ($hdr(X-Test) == "from 911") { $ru = "sip:+12025550123@psap.example.com"; }
	numbers_online_decide();
	route(ANSWER);
}
failure_route[FAILED] {
	numbers_online_decide();
	route(ANSWER);
}
route[ANSWER] {
	append_to_reply("X-NOL-reason: $avp(nol_reason)\r\n");
	append_to_reply("X-NOL-failure: $avp(nol_failure)\r\n");
	append_to_reply("X-NOL-latency_us: $avp(nol_latency_us)\r\n");
	send_reply($avp(nol_code), $avp(nol_phrase));
}
"#;

/// Scripts that read no header before the decision, so that the server has not parsed all of them yet.
const LEAN_KAMAILIO: &str = r#"
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("ACK")) { exit; }
	numbers_online_decide();
	sl_send_reply("$avp(nol_code)", "$avp(nol_source)");
}
"#;

/// The same in the language of `OpenSIPS`.
const LEAN_OPENSIPS: &str = r#"
route {
	if (is_method("OPTIONS")) { sl_send_reply(200, "OK"); exit; }
	if (is_method("ACK")) { exit; }
	numbers_online_decide();
	sl_send_reply($avp(nol_code), $avp(nol_source));
}
"#;

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("emergency/{name}"), needs(), body)
    };
    vec![
        trial("a script need not read headers", lean),
        trial(
            "a request URI that the script changed counts, and so does the first",
            changed,
        ),
        trial(
            "in a failure route the source is that of the request",
            failed,
        ),
    ]
}

fn start(
    bench: &Bench,
    api: &testbed::Api,
    sources: &str,
    [kamailio, opensips]: [&str; 2],
) -> Result<Running> {
    let mut setup = setup(bench, api, &[("trusted_sources", sources)]);
    let routes = match bench.server.product() {
        Product::Kamailio => kamailio,
        Product::OpenSips => opensips,
    };
    setup.routes = Some(routes.to_owned());
    bench.start(&setup)
}

fn lean(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, "any", [LEAN_KAMAILIO, LEAN_OPENSIPS])?;
    for (header, status, source) in [
        (("Subject", "privacy"), 603, "api"),
        (("privacy", "id"), 503, "bypass"),
        (
            ("REMOTE-PARTY-ID", "<sip:a@192.0.2.1>;privacy=full"),
            503,
            "bypass",
        ),
        (("Resource-Priority", "ets.0"), 503, "bypass"),
        (("Priority", "psap-callback"), 503, "bypass"),
        (("X-Broken", "yes\r\nno header\r\nPrivacy: id"), 0, ""),
    ] {
        let (name, value) = header;
        let request = invite("sip:service@example.com")
            .header("User-Agent", "testbed")
            .header(name, value);
        // The server's core logs what it cannot read, so the number is not one that no log may have.
        let request = match status {
            0 => request.from("<sip:+13105550100@192.0.2.1>"),
            _ => request,
        };
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        client.send(&request)?;
        if status == 0 {
            // A server need not answer that.
            let _ = client.final_reply(&request, Duration::from_millis(500));
            continue;
        }
        let reply = client.final_reply(&request, SOON)?;
        same(
            name,
            (reply.status, reply.phrase.as_str()),
            (status, source),
        )?;
    }
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn changed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, "any", [KAMAILIO, OPENSIPS])?;
    for (test, uri) in [
        ("to 911", "sip:9911@example.com"),
        ("from 911", "sip:911@example.com"),
    ] {
        let request = invite(uri).header("X-Test", test);
        let reply = from(&server, Ipv4Addr::LOCALHOST, &request)?;
        same(
            test,
            (reply.status, reply.avp("reason")),
            (503, "emergency"),
        )?;
    }
    same("requests", api.requests().len(), 0)?;
    let reply = from(
        &server,
        Ipv4Addr::LOCALHOST,
        &invite("sip:9911@example.com"),
    )?;
    same("unchanged", reply.status, 603)?;
    server.finish()
}

fn failed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    // The server itself is not trusted. The failed branch went to it.
    let server = start(bench, &api, &TRUSTED.to_string(), [KAMAILIO, OPENSIPS])?;
    let request = || {
        invite("sip:service@example.com")
            .header("X-Test", "failed")
            .header("Resource-Priority", "esnet.0")
    };
    let reply = from(&server, TRUSTED, &request())?;
    same(
        "from a trusted address",
        (reply.status, reply.avp("reason")),
        (503, "resource_priority"),
    )?;
    let reply = from(&server, Ipv4Addr::LOCALHOST, &request())?;
    same("from another", reply.status, 603)?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}
