// SPDX-License-Identifier: GPL-2.0-or-later
//! The descriptors of Kamailio's lookup process.
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use libtest_mimic::Trial;
use testbed::{
    Api, Result,
    sip::{Client, Transport},
};

use super::{after, blocked, helper::Helper, invite, relaunched::Relaunched, setup, timed};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    vec![
        trial(
            "the helper has no descriptor of the server's without close_range either",
            without_close_range,
        ),
        trial(
            "the helper may have as many descriptors as are allowed",
            limit,
        ),
        trial(
            "lookups have the descriptors that are allowed, not those of the server",
            wide_limit,
        ),
        trial(
            "a start says that lookups may run out of descriptors",
            narrow_limit,
        ),
    ]
}

fn without_close_range(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    for preloaded in [false, true] {
        let mut setup = setup(bench, &api);
        if preloaded {
            setup = setup.env("LD_PRELOAD", &no_close_range(bench)?);
        }
        let server = bench.start(&setup)?;
        blocked(&timed(&server, &invite())?.0)?;
        let helper = Helper::of(&server.host)?;
        let shared: Vec<String> = descriptors(helper.pid())?
            .intersection(&descriptors(parent(helper.pid())?)?)
            .filter(|name| *name != "/dev/null" && !name.starts_with("anon_inode"))
            .cloned()
            .collect();
        // The parent's end of the pipe for its lines is of the same pipe.
        same("descriptors of the server's", shared.len(), 1)?;
        holds(
            "a pipe",
            shared.iter().all(|name| name.starts_with("pipe:")),
        )?;
        blocked(&timed(&server, &invite())?.0)?;
        server.finish()?;
    }
    Ok(())
}

fn limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api))?;
    let helper = Helper::of(&server.host)?;
    let parent = parent(helper.pid())?.to_string();
    // A process is replaced at once only if it has lived for two seconds.
    thread::sleep(Duration::from_secs(2));
    let lowered = Command::new("prlimit")
        .args(["--pid", &parent, "--nofile=300:"])
        .status()?;
    holds("prlimit", lowered.success())?;
    helper.kill()?;
    let successor = helper.successor(&server.host)?;
    blocked(&timed(&server, &invite())?.0)?;
    let limits = fs::read_to_string(format!("/proc/{}/limits", successor.pid()))?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    same("soft and hard limit", words.get(3), words.get(4))?;
    server.finish()
}

/// The server may have few descriptors, but more are allowed. Each lookup wants one.
fn wide_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::from_millis(500)))?;
    let setup = setup(bench, &api)
        .param("timeout", 5000)
        .param("async_lookups", 300);
    let limits = ["prlimit", "--nofile=100:20000", "--"];
    let server = Relaunched::start(bench, bench.start(&setup)?, &limits, &[], Stdio::null())?;
    let mut client = Client::connect(Transport::Udp, server.address())?;
    let requests: Vec<_> = (0..300).map(|_| invite()).collect();
    for request in &requests {
        client.send(request)?;
        thread::sleep(Duration::from_micros(500));
    }
    for reply in client.final_replies(&requests, 2 * SOON)? {
        same(
            "reply and failure",
            (reply.status, reply.avp("failure")),
            (603, "none"),
        )?;
    }
    Ok(())
}

/// If the lookups may need more, the server logs it at start.
fn narrow_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let setup = setup(bench, &api).param("async_lookups", 300);
    let limits = ["prlimit", "--nofile=500:500", "--"];
    let mut server = Relaunched::start(bench, bench.start(&setup)?, &limits, &[], Stdio::piped())?;
    let mut said = server.child.stderr.take().ok_or("no standard error")?;
    blocked(&Client::connect(Transport::Udp, server.address())?.call(&invite())?)?;
    drop(server);
    let mut text = String::new();
    said.read_to_string(&mut text)?;
    let line = "async_lookups=300 may need 932 descriptors and the limit is 500: raise it";
    holds(&text, text.matches(line).count() == 1)
}

/// The targets of a process's descriptors.
fn descriptors(pid: u32) -> Result<BTreeSet<String>> {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
    let targets = open.flat_map(|entry| fs::read_link(entry.path()));
    Ok(targets.map(|target| target.display().to_string()).collect())
}

fn parent(pid: u32) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    Ok(parent.ok_or("no parent")?.trim().parse()?)
}

/// A library that takes `close_range(2)` away.
fn no_close_range(bench: &Bench) -> Result<String> {
    let source = bench.suite.file("no_close_range.c");
    let library = bench.suite.file("no_close_range.so").display().to_string();
    fs::write(&source, include_str!("no_close_range.c"))?;
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library])
        .arg(&source)
        .arg("-ldl")
        .status()?;
    holds("cc", built.success())?;
    Ok(library)
}
