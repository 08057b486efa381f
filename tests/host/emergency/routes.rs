// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts that change the request URI, and decide in another route.
use std::{net::Ipv4Addr, sync::Arc};

use libtest_mimic::Trial;
use testbed::{Product, Result};

use super::{TRUSTED, blocking, from, invite, needs, setup};
use crate::{
    bench::{Bench, Running},
    expect::same,
    subject::Subject,
    suite::Suite,
};

/// What a request wants stands in its `X-Test` header: `to 911` has the user part replaced before the decision, `from 911` as well,
/// and `failed` has the decision made in the failure route of a call that was sent on to this server itself.
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

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("emergency/{name}"), needs(), body)
    };
    vec![
        trial(
            "a request URI that the script changed counts, and so does the first",
            changed,
        ),
        trial("a failure route knows where the request came from", failed),
    ]
}

fn start(bench: &Bench, api: &testbed::Api, sources: &str) -> Result<Running> {
    let mut setup = setup(bench, api, &[("trusted_sources", sources)]);
    let routes = match bench.server.product() {
        Product::Kamailio => KAMAILIO,
        Product::OpenSips => OPENSIPS,
    };
    setup.routes = Some(routes.to_owned());
    bench.start(&setup)
}

fn changed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = start(bench, &api, "any")?;
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
    // The server itself, which the failed branch came to and answered from, is not trusted.
    let server = start(bench, &api, &TRUSTED.to_string())?;
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
