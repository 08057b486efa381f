// SPDX-License-Identifier: GPL-2.0-or-later
//! In `OpenSIPS`, where threads of the process itself make the lookups.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result,
    answer::{decision, ok},
    sip::{Client, Request, Transport},
};

use super::{after, allowed, blocked, cancel, invite, setup, silent, ten_lookups, timed};
use crate::{
    bench::{Bench, Running},
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
        trial(
            "what is known is reported by a launched lookup at once",
            launched_and_known,
        ),
        trial("in a failure route the process waits", in_a_failure_route),
        trial("a time limit of the script's own is kept", limited),
        trial(
            "calls that wait survive a reload of the routes",
            reload_meanwhile,
        ),
        trial(
            "a start warns if a reply behind a 100 may be lost over TCP",
            warned,
        ),
        trial("no descriptor is left", nothing_is_left),
        trial("a server ends without waiting for lookups", shutdown),
    ]
}

/// Only `OpenSIPS` 4 does lose replies.
fn warned(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    for automatic in [1, 0] {
        let mut setup = setup(bench, &api);
        let trying = (
            "tm".to_owned(),
            "auto_100trying".to_owned(),
            automatic.into(),
        );
        setup.foreign.push(trying);
        let server = bench.start(&setup)?;
        let text = server.host.log().text();
        let warnings = text.matches("may lose a final reply over TCP").count();
        let is_lossy = automatic == 1 && bench.server.name().starts_with("opensips-4.");
        same("warnings", warnings, usize::from(is_lossy))?;
        server.finish()?;
    }
    Ok(())
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
    let server = bench.start(&setup(bench, &api))?;
    for how in ["launch", "launch in transaction"] {
        // At the same time as another call of the same process.
        let waiting = invite();
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        client.send(&waiting)?;
        let (reply, _) = timed(&server, &invite().header("X-Test", how))?;
        same("reply", reply.status, 480)?;
        blocked(&client.final_reply(&waiting, SOON)?)?;
    }
    let is_report = |line: &str| line.contains("launched: ret=-1 code=603");
    let reports = server.host.log().wait_for_lines(2, SOON, is_report);
    same("reports", reports, 2)?;
    same("requests", api.requests().len(), 4)?;
    server.finish()
}

fn launched_and_known(bench: &Bench) -> Result<()> {
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

fn limited(bench: &Bench) -> Result<()> {
    let api = Api::http(silent())?;
    let server = bench.start(&setup(bench, &api).param("timeout", 5000))?;
    let (reply, took) = timed(&server, &invite().header("X-Test", "limit"))?;
    allowed(&reply, "timeout_response")?;
    let deadline = Duration::from_secs(5);
    holds(
        &format!("{took:?} is less than {deadline:?}"),
        took < deadline,
    )?;
    server.finish()
}

/// Calls wait before and after a reload, in one process. Which script they end in is the server's business: the processes change
/// one after the other, and no release so far runs the old one for calls from before it, though all mean to.
fn reload_meanwhile(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(500)))?;
    let server = bench.start(&setup(bench, &api).param("timeout", 3000))?;
    for (old, new) in [("resumed", "reloaded"), ("reloaded", "resumed")] {
        let most = api.requests().len() + 10;
        let before = Calls::send(&server)?;
        same("requests", api.wait_for_requests(most, SOON).len(), most)?;
        let place = |name: &str| format!("X-NOL-place: {name}");
        server.host.reload_routes(&place(old), &place(new))?;
        let later = Calls::send(&server)?;
        before.end_in(&[old, new])?;
        later.end_in(&[old, new])?;
        Calls::send(&server)?.end_in(&[new])?;
    }
    server.finish()
}

/// Ten at a time.
struct Calls {
    client: Client,
    requests: Vec<Request>,
}

impl Calls {
    fn send(server: &Running) -> Result<Self> {
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        // Some are woken by a descriptor of their own.
        let limited = |number| match number {
            0..3 => invite().header("X-Test", "long limit"),
            _ => invite(),
        };
        let requests: Vec<_> = (0..10).map(limited).collect();
        for request in &requests {
            client.send(request)?;
        }
        Ok(Self { client, requests })
    }

    /// In one of these scripts.
    fn end_in(mut self, scripts: &[&str]) -> Result<()> {
        for reply in self.client.final_replies(&self.requests, SOON)? {
            blocked(&reply)?;
            let script = reply.avp("place");
            holds(&format!("script {script}"), scripts.contains(&script))?;
        }
        Ok(())
    }
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
    let before = wakes(&server)?;
    for _ in 0..10 {
        Calls::send(&server)?.end_in(&["resumed"])?;
    }
    // A pipe for each process stays, which has two ends.
    let most = before + 2 * server.host.pids()?.len();
    let left = wakes(&server)?;
    holds(
        &format!("{left} descriptors in place of {before}"),
        left <= most,
    )?;
    server.finish()
}

/// How many descriptors the server's processes have that one of their threads could wake them by.
fn wakes(server: &Running) -> Result<usize> {
    let mut found = 0;
    for pid in server.host.pids()? {
        // A process that has just ended has none.
        let directory = std::fs::read_dir(format!("/proc/{pid}/fd"));
        for descriptor in directory.into_iter().flatten().flatten() {
            let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            found += usize::from(target.contains("eventfd") || target.contains("pipe"));
        }
    }
    Ok(found)
}

fn shutdown(bench: &Bench) -> Result<()> {
    let (_api, server) = ten_lookups(bench)?;
    let start = Instant::now();
    server.host.stop()?;
    let most = Duration::from_millis(u64::try_from(LONG)?);
    holds("the end waits for no lookup", start.elapsed() <= most)
}
