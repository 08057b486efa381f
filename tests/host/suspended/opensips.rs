// SPDX-License-Identifier: GPL-2.0-or-later
//! In `OpenSIPS`, where threads of the process itself make the lookups.
use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result,
    answer::{decision, ok},
    sip::{Client, Transport},
};

use super::{after, blocked, cancel, invite, setup, ten_lookups, timed};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::{LONG, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    vec![
        trial(
            "a CANCEL meanwhile is answered, and the call decided",
            cancelled,
        ),
        trial("a lookup that is launched reports to its route", launched),
        trial("in a failure route the process waits", in_a_failure_route),
        trial("no descriptor is left", nothing_is_left),
        trial("a server that ends waits for nobody", shutdown),
    ]
}

fn cancelled(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(200)))?;
    let server = bench.start(&setup(bench, &api))?;
    for transport in Transport::ALL {
        let (mut client, request, cancel) = cancel(&server, transport)?;
        same("reply", client.final_reply(&cancel, SOON)?.status, 200)?;
        blocked(&client.final_reply(&request, SOON)?)?;
    }
    server.finish()
}

fn launched(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(ok(&decision("block", 603))))?;
    let server = bench.start(&setup(bench, &api).param("cache_ttl", 60))?;
    // What is known already is reported without AVPs: the server has no place for them.
    for report in ["launched: ret=-1 code=603", "launched: ret=-1 code=<null>"] {
        let (reply, _) = timed(&server, &invite().header("X-Test", "launch"))?;
        same("reply", reply.status, 480)?;
        holds(report, server.host.log().wait_for(report, SOON).is_some())?;
    }
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn in_a_failure_route(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(100)))?;
    let server = bench.start(&setup(bench, &api))?;
    let (reply, _) = timed(&server, &invite().header("X-Test", "failed"))?;
    blocked(&reply)?;
    same(
        "return code, AVP and source",
        [reply.avp("ret"), reply.avp("rc"), reply.avp("source")],
        ["-1", "-1", "api"],
    )?;
    server.finish()
}

fn nothing_is_left(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(20)))?;
    let server = bench.start(&setup(bench, &api))?;
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    for _ in 0..10 {
        let requests: Vec<_> = (0..10).map(|_| invite()).collect();
        for request in &requests {
            client.send(request)?;
        }
        for reply in client.final_replies(&requests, SOON)? {
            blocked(&reply)?;
        }
    }
    let mut eventfds = 0;
    for pid in server.host.pids()? {
        // A process that has just gone has none.
        for descriptor in std::fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
            eventfds += usize::from(target.to_string_lossy().contains("eventfd"));
        }
    }
    same("descriptors of calls", eventfds, 0)?;
    server.finish()
}

fn shutdown(bench: &Bench) -> Result<()> {
    let (_api, server) = ten_lookups(bench)?;
    let start = std::time::Instant::now();
    server.host.stop()?;
    let most = Duration::from_millis(u64::try_from(LONG)?);
    holds("the end waits for no lookup", start.elapsed() <= most)
}
