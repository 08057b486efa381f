// SPDX-License-Identifier: GPL-2.0-or-later
//! Log lines at start about limits that are too low for suspended calls.
use std::{sync::Arc, time::Duration};

use libtest_mimic::Trial;
use testbed::{Api, Result, Setup};

use super::{after, blocked, invite, setup, timed};
use crate::{bench::Bench, expect::holds, subject::Subject, suite::Suite};

/// Those for Kamailio.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body| super::trial(suite, subject, name, body);
    vec![
        trial(
            "a start with an fr_timer that is not longer than timeout is refused",
            fr_timer,
        ),
        trial("one that is longer will do", longer_fr_timer),
        trial(
            "without the asynchronous form fr_timer may be shorter",
            synchronous,
        ),
    ]
}

/// The one for every server.
pub(super) fn memory_trial(suite: &Arc<Suite>, subject: &Subject) -> Trial {
    super::trial(
        suite,
        subject,
        "a start says that the calls that may wait do not fit into the memory",
        memory,
    )
}

fn with_fr_timer(mut setup: Setup, milliseconds: i64) -> Setup {
    let fr_timer = ("tm".to_owned(), "fr_timer".to_owned(), milliseconds.into());
    setup.foreign.push(fr_timer);
    setup
}

fn fr_timer(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    for milliseconds in [500, 2000] {
        let setup = with_fr_timer(setup(bench, &api), milliseconds).param("timeout", 2000);
        let log = bench.server.refuse(&setup)?;
        let line = format!("tm's fr_timer is {milliseconds} ms and timeout 2000 ms: allowed ");
        holds(
            &format!("{line}:\n{}", log.tail()),
            log.text().contains(&line),
        )?;
    }
    Ok(())
}

fn longer_fr_timer(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let setup = with_fr_timer(setup(bench, &api), 2100).param("timeout", 2000);
    let server = bench.start(&setup)?;
    blocked(&timed(&server, &invite())?.0)?;
    server.finish()
}

fn synchronous(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let mut setup = with_fr_timer(bench.setup(&api.url()), 500).param("timeout", 2000);
    "async_workers=1\n".clone_into(&mut setup.globals);
    let server = bench.start(&setup)?;
    blocked(&timed(&server, &invite())?.0)?;
    server.finish()
}

const NO_MEMORY: &str = "of shared memory are needed and ";

fn memory(bench: &Bench) -> Result<()> {
    let api = Api::http(after(Duration::ZERO))?;
    let server = bench.start(&setup(bench, &api).param("async_queue", 65_536))?;
    let text = server.host.log().text();
    holds(NO_MEMORY, text.matches(NO_MEMORY).count() == 1)?;
    holds(
        "what to change",
        text.contains("start with -m ") && text.contains("or lower async_queue"),
    )?;
    server.finish()?;
    // The defaults fit into the server's default.
    let server = bench.start(&setup(bench, &api))?;
    holds("no line", !server.host.log().text().contains(NO_MEMORY))?;
    server.finish()
}
