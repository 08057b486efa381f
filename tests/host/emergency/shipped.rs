// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's redirect servers.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Result,
    sip::{Client, Transport},
};

use super::{EMERGENCIES, blocking, invite};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    redirect_server::{self, needs},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let name = "emergency/the shipped redirect server allows it";
    vec![suite.trial(subject, name, needs(), allows)]
}

fn allows(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&redirect_server::setup(bench, &api)?)?;
    for uri in EMERGENCIES {
        for transport in Transport::ALL {
            // A number that cannot exist. The API would block it.
            let request = invite(uri).from("<sip:+19111234567@192.0.2.1>");
            let reply = Client::connect(transport, server.host.address())?.call(&request)?;
            same(
                uri,
                (reply.status, reply.phrase.as_str()),
                (404, "Not Found"),
            )?;
            let line = format!("numbers_online call={}", request.call_id);
            let logged = server.host.log().wait_for(&line, SOON).unwrap_or_default();
            holds(
                &format!("{logged} tells why"),
                logged.contains("reason=emergency source=bypass failure=none"),
            )?;
        }
    }
    same("requests", api.requests().len(), 0)?;
    let ordinary = invite("sip:service@example.com");
    let reply = Client::connect(Transport::Udp, server.host.address())?.call(&ordinary)?;
    same("an ordinary call", reply.status, 603)?;
    server.finish()
}
