// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks of the testbed itself, with a script in place of the module: that trials can detect what they assert.
use std::{process::Command, sync::Arc, thread, time::Duration};

use libtest_mimic::Trial;
use testbed::{
    Build, Host, Result, Setup,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        build: Build::StandIn,
        ..Needs::default()
    };
    vec![
        suite.trial(
            subject,
            "self-test/a test sees through SIP what a script decides",
            needs,
            sees_through_sip,
        ),
        suite.trial(
            subject,
            "self-test/a server that cannot start says so",
            needs,
            says_so,
        ),
        suite.trial(
            subject,
            "self-test/a dead server is noticed",
            needs,
            |bench| notices_death(bench, Host::kill),
        ),
        suite.trial(
            subject,
            "self-test/a dead worker is noticed",
            needs,
            |bench| notices_death(bench, kill_a_worker),
        ),
        suite.trial(
            subject,
            "self-test/a namespace has a server of its own",
            Needs {
                netns: true,
                ..needs
            },
            sees_through_sip,
        ),
    ]
}

fn setup(bench: &Bench) -> Setup {
    let mut setup = Setup::new(&bench.name, bench.suite.logs())
        .stand_in("decision", "block")
        .stand_in("code", 603)
        .stand_in("phrase", "Decline")
        .stand_in("reason", "")
        .stand_in("source", "api")
        .stand_in("rc", -1);
    setup.netns.clone_from(&bench.netns);
    setup
}

fn sees_through_sip(bench: &Bench) -> Result<()> {
    let host = bench.server.start(&setup(bench))?;
    for transport in Transport::ALL {
        let request = Request::invite(&callers::sip(callers::CALLER)).display("Somebody");
        let reply = Client::connect(transport, host.address())?.call(&request)?;
        same(
            "reply",
            (reply.status, reply.phrase.as_str()),
            (603, "Decline"),
        )?;
        let seen =
            ["ret", "rc", "decision", "reason", "receipt", "codes"].map(|name| reply.avp(name));
        same("AVPs", seen, ["-1", "-1", "block", "", "<null>", "603"])?;
    }
    let ack = Request::new("ACK", &callers::sip(callers::CALLER)).to_tag("none");
    Client::connect(Transport::Udp, host.address())?.send(&ack)?;
    let line = host.log().wait_for(
        &format!("ACK {}: ret=-1 source=api", ack.call_id),
        super::calls::SOON,
    );
    holds("an ACK is seen in the log", line.is_some())?;
    // An installed server has no version in its name.
    let (_, wanted) = bench.server.name().rsplit_once('-').unwrap_or_default();
    let version = host.version()?;
    holds(
        "the control interface tells the version that the trials are named after",
        !version.is_empty() && version.contains(wanted),
    )?;
    host.stop()
}

fn says_so(bench: &Bench) -> Result<()> {
    let mut setup = setup(bench);
    setup.modules.push("no_such_module".to_owned());
    let log = bench.server.refuse(&setup)?;
    holds(
        "the log names the module",
        log.text().contains("no_such_module"),
    )?;
    holds("a start fails", bench.server.start(&setup).is_err())?;
    let said = bench.server.parse("loadmodule \"no_such_module.so\"\n");
    holds(
        "a check names it too",
        said.is_err_and(|said| said.to_string().contains("no_such_module")),
    )
}

fn notices_death(bench: &Bench, kill: fn(&Host) -> Result<()>) -> Result<()> {
    let mut host = bench.server.start(&setup(bench))?;
    host.check()?;
    kill(&host)?;
    for _ in 0..200 {
        if host.check().is_err() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Err("nobody noticed".into())
}

fn kill_a_worker(host: &Host) -> Result<()> {
    // The main process is the first; its children came later.
    let pid = host.pids()?.into_iter().max().ok_or("no process")?;
    let status = Command::new("kill")
        .arg("-9")
        .arg(pid.to_string())
        .status()?;
    holds("a process is killed", status.success())
}
