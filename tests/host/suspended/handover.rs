// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that have their decision while all of Kamailio's asynchronous workers are busy.
use std::{sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Result, Setup,
    sip::{Client, Reply, Transport},
};

use super::{after, helper::Helper, invite};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Needs, Suite},
};

/// More than the core's queue holds: a bit less than 300 on Linux with default buffers.
const CALLS: usize = 400;

/// One worker, whose route takes a while. A request with `X-Test: sleep` keeps it for as long as nothing else could take.
const SCRIPT: &str = r#"async_workers=1
request_route {
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("ACK")) { t_check_trans(); exit; }
	numbers_online_decide_async("RESULT");
	route(RESULT);
}
route[RESULT] {
	if ($hdr(X-Test) == "sleep") { sleep("10"); } else { usleep("2000"); }
	append_to_reply("X-NOL-failure: $avp(nol_failure)\r\n");
	send_reply("$avp(nol_code)", "$avp(nol_phrase)");
}
"#;

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        module: Some("cfgutils"),
        ..Needs::default()
    };
    vec![
        suite.trial(
            subject,
            "suspended/every call gets its answer from a worker that is slow",
            needs,
            slow,
        ),
        suite.trial(
            subject,
            "suspended/a worker that sleeps delays only the calls that wait for it",
            needs,
            asleep,
        ),
    ]
}

fn setup(bench: &Bench, api: &Api) -> Setup {
    let mut setup = bench.setup(&api.url()).param("timeout", LONG);
    setup.modules.push("cfgutils".to_owned());
    setup.routes = Some(SCRIPT.to_owned());
    setup
}

fn all_blocked(replies: &[Reply]) -> Result<()> {
    same("replies", replies.len(), CALLS)?;
    let odd = replies.iter().find(|reply| reply.status != 603);
    same(
        "the reply that is no block",
        odd.map(|reply| reply.avp("failure")),
        None,
    )
}

fn slow(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api))?;
    let requests: Vec<_> = (0..CALLS).map(|_| invite()).collect();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for request in &requests {
        client.send(request)?;
        // The client's socket buffer holds this many replies.
        thread::sleep(Duration::from_micros(500));
    }
    all_blocked(&client.final_replies(&requests, 6 * SOON)?)?;
    server.finish()
}

/// While the only worker sleeps and more calls wait than the queue takes, the process that hands them over still replaces the one
/// that makes the lookups: nothing blocks it.
fn asleep(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api))?;
    let sleeping = invite().header("X-Test", "sleep");
    let mut first = Client::connect(Transport::Udp, server.host.address())?;
    first.send(&sleeping)?;
    let _ = api.wait_for_requests(1, SOON);
    let requests: Vec<_> = (0..CALLS).map(|_| invite()).collect();
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for request in &requests {
        client.send(request)?;
        thread::sleep(Duration::from_micros(500));
    }
    let asked = api.wait_for_requests(CALLS + 1, SOON).len();
    same("requests", asked, CALLS + 1)?;
    let helper = Helper::of(&server.host)?;
    helper.kill()?;
    helper.successor(&server.host)?;
    // The worker has not been woken meanwhile.
    let is_asleep = first
        .final_reply(&sleeping, Duration::from_millis(1))
        .is_err();
    if !is_asleep {
        server.note_starvation()?;
    }
    holds("the worker sleeps still", is_asleep)?;
    let words = "all asynchronous workers are busy";
    holds(words, server.host.log().wait_for(words, SOON).is_some())?;
    all_blocked(&client.final_replies(&requests, 6 * SOON)?)?;
    same(
        "the sleeping worker's reply",
        first.final_reply(&sleeping, SOON)?.status,
        603,
    )?;
    server.finish()
}
