// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's redirect servers.
use std::{fs, path::Path, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Product, Result,
    sip::{Client, Transport},
};

use super::{EMERGENCIES, blocking, invite, needs, setup};
use crate::{
    bench::Bench,
    calls::SOON,
    expect::{holds, same},
    subject::Subject,
    suite::Suite,
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let files: &[&str] = match subject.server.product() {
        Product::Kamailio => &[
            "kamailio-cfg/numbers_online_sbc.cfg",
            "kamailio-cfg/numbers_online_sbc_async.cfg",
        ],
        Product::OpenSips => &["opensips-cfg/numbers_online_sbc.cfg"],
    };
    let trial = |file: &'static str| {
        let name = format!("emergency/{file} allows it");
        suite.trial(subject, &name, needs(), move |bench| allows(bench, file))
    };
    files.iter().copied().map(trial).collect()
}

/// The routes of a file, which are its end.
fn routes(file: &str) -> Result<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?;
    let (_, routes) = text
        .split_once("####### Routing #######\n")
        .ok_or("the file has no routes")?;
    Ok(routes.to_owned())
}

fn allows(bench: &Bench, file: &str) -> Result<()> {
    let api = blocking()?;
    let mut setup = setup(bench, &api, &[]).param("allow_code", 404);
    let globals = if file.contains("async") {
        "async_workers=2\n"
    } else {
        ""
    };
    setup.modules.push("maxfwd".to_owned());
    if bench.server.product() == Product::Kamailio {
        setup.modules.push("sanity".to_owned());
    }
    setup.routes = Some(format!("{globals}{}", routes(file)?));
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
