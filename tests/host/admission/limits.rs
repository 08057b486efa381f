// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits that the operator sets.
use std::{thread, time::Duration};

use testbed::{
    Api, Flaw, Plan, Result,
    sip::{Request, Transport},
};

use super::{Row, block, lines, start};
use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
};

pub(super) const ROWS: &[Row] = &[
    ("a local limit on the rate", "rate_limit", the_rate_limit),
    (
        "any certificate is accepted with tls_insecure, and the log says so",
        "tls_insecure",
        insecure,
    ),
];

fn the_rate_limit(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = start(bench, bench.setup(&api.url()).param("rate_limit", 30))?;
    let mut passed = 0;
    for _ in 0..15 {
        let reply = server.call(
            Transport::Udp,
            &Request::invite(&callers::sip(callers::CALLER)),
        )?;
        if reply.avp("failure") == "none" {
            passed += 1;
        } else {
            Expected::fail_open("rate_limited").check(&reply)?;
        }
    }
    same("requests", api.requests().len(), passed)?;
    holds(
        &format!("a burst passes and no more, not {passed} of 15"),
        (1..=10).contains(&passed),
    )?;
    // The rate allows one call in two seconds.
    thread::sleep(Duration::from_millis(2100));
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::fail_open("rate_limited"))?;
    server.finish()
}

fn insecure(bench: &Bench) -> Result<()> {
    for flaw in [Flaw::SelfSigned, Flaw::WrongName, Flaw::Expired] {
        let api = bench.https(flaw, Plan::always(block()))?;
        let server = start(bench, bench.setup(&api.url()).param("tls_insecure", 1))?;
        server
            .expect(callers::CALLER, &Expected::block())
            .map_err(|e| format!("{flaw:?}: {e}"))?;
        same("lines about it", lines(&server, "tls_insecure"), 1)?;
        server.finish()?;
    }
    Ok(())
}
