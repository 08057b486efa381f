// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's redirect servers.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Form, Product, Result,
    sip::{Client, Transport},
};

use super::{EMERGENCIES, blocking, invite, needs, setup};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    package,
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let name = "emergency/the shipped redirect server allows it";
    vec![suite.trial(subject, name, needs(), allows)]
}

/// The routes of the shipped file in one of its forms: a route at its beginning, and its end.
fn routes(bench: &Bench) -> Result<String> {
    let text = package::redirect_server(bench, bench.form)?;
    let (settings, routes) = text
        .split_once("####### Routing #######\n")
        .ok_or("the file has no routes")?;
    let is_async = bench.form == Form::Async;
    Ok(match bench.server.product() {
        Product::Kamailio if is_async => {
            format!("#!define WITH_ASYNC\nasync_workers=2\n{routes}")
        }
        Product::Kamailio => routes.to_owned(),
        Product::OpenSips => {
            let (_, choice) = settings
                .split_once("route[NUMBERS_ONLINE] {")
                .ok_or("the file does not choose a form")?;
            let (choice, _) = choice.split_once("\n}").ok_or("a route without an end")?;
            format!("route[NUMBERS_ONLINE] {{{choice}\n}}\n{routes}")
        }
    })
}

fn allows(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[]).param("allow_code", 404);
    setup.modules.push("maxfwd".to_owned());
    if bench.server.product() == Product::Kamailio {
        setup.modules.push("sanity".to_owned());
    }
    setup.routes = Some(routes(bench)?);
    let server = bench.start(&setup)?;
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
