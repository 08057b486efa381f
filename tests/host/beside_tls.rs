// SPDX-License-Identifier: GPL-2.0-or-later
//! HTTPS of the module together with TLS of the server: Kamailio's tls.so keeps the state of OpenSSL in shared memory, and clears
//! thread-local variables of all libraries at each fork.
//!
//! Without `tls_threads_mode`, or with mode 0, the processes of Kamailio share the error queue of OpenSSL 3. Two handshakes at a time in two
//! processes then free the same memory twice now and then, and Kamailio ends, with or without this module. So these trials make one
//! handshake at a time. The calls are made at the same time.
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    thread,
};

use libtest_mimic::Trial;
use testbed::{
    Api, Flaw, Plan, Port, Product, Result, Setup, Value,
    answer::{decision, ok},
    sip::{Client, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    calls::SOON,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// SIP workers per transport, and connections that send calls at the same time.
const WORKERS: usize = 4;
const CALLERS: usize = 3 * WORKERS;
/// Calls over each connection.
const CALLS: usize = 4;

/// Whether tls.so is loaded before this module or after it.
#[derive(Clone, Copy)]
enum Order {
    Before,
    After,
}

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    if subject.server.product() != Product::Kamailio {
        return Vec::new();
    }
    let needs = Needs {
        module: Some("tls"),
        ..Needs::default()
    };
    [("before", Order::Before), ("after", Order::After)]
        .map(|(word, order)| {
            let name = format!("tls/calls over TLS, with tls.so loaded {word} our module");
            suite.trial(subject, &name, needs, move |bench| {
                for mode in modes(bench) {
                    works(bench, order, mode).map_err(|e| format!("{mode:?}: {e}"))?;
                }
                Ok(())
            })
        })
        .into()
}

/// The values of `tls_threads_mode`: how tls.so keeps thread-locals of OpenSSL from getting into other processes. 5.6 has none.
fn modes(bench: &Bench) -> Vec<Option<u8>> {
    let known = "#!KAMAILIO\ntls_threads_mode=2\nloadmodule \"pv.so\"\nrequest_route { exit; }\n";
    match bench.server.parse(known) {
        Ok(_) => vec![Some(0), Some(1), Some(2)],
        Err(_) => vec![None],
    }
}

fn works(bench: &Bench, order: Order, mode: Option<u8>) -> Result<()> {
    let api = bench.https(Flaw::None, Plan::always(ok(&decision("block", 603))))?;
    let port = Port::reserve(Ipv4Addr::LOCALHOST.into())?;
    let sips = port.address();
    let home = tempfile::tempdir()?;
    let mut setup = setup(bench, &api, home.path())?;
    let mode = mode.map_or(String::new(), |mode| format!("tls_threads_mode={mode}\n"));
    setup.globals = format!("enable_tls=yes\nlisten=tls:{sips}\n{mode}");
    match order {
        Order::Before => setup.modules.insert(0, "tls".to_owned()),
        Order::After => setup.later.push("tls".to_owned()),
    }
    let server = bench.start(&setup)?;
    for round in 1..=2 {
        call_from_everywhere(bench, &server, sips)?;
        same("requests", api.requests().len(), round * CALLERS * CALLS)?;
        // Each worker makes a new handshake.
        api.hang_up();
    }
    holds("several workers asked", api.connections() > 2 * WORKERS)?;
    let log = server.host.log().text();
    holds(
        "tls.so finds no thread-local of ours",
        !log.contains("detected initialized thread-locals"),
    )?;
    server.finish()
}

/// With a certificate for tls.so.
fn setup(bench: &Bench, api: &Api, home: &Path) -> Result<Setup> {
    let (certificate, key) = (home.join("sip.pem"), home.join("sip-key.pem"));
    bench.suite.authority().write_identity(&certificate, &key)?;
    let mut setup = bench.setup(&api.url());
    setup.children = WORKERS;
    let text = |path: &Path| Value::from(path.display().to_string());
    setup.foreign = [
        ("certificate", text(&certificate)),
        ("private_key", text(&key)),
        ("tls_method", Value::from("TLSv1.2+")),
    ]
    .map(|(name, value)| ("tls".to_owned(), name.to_owned(), value))
    .into();
    Ok(setup)
}

/// Over UDP, TCP and TLS at once. The reply to an OPTIONS shows that a handshake is over on both sides.
fn call_from_everywhere(bench: &Bench, server: &Running, sips: SocketAddr) -> Result<()> {
    let connect = |number: usize| match number % 3 {
        0 => Client::connect(Transport::Udp, server.host.address()),
        1 => Client::connect(Transport::Tcp, server.host.address()),
        _ => Client::over_tls(sips, bench.suite.authority()),
    };
    let clients = (0..CALLERS)
        .map(|number| {
            let mut client = connect(number)?;
            client.ping(SOON)?;
            Ok(client)
        })
        .collect::<Result<Vec<_>>>()?;
    let caller = |mut client: Client| -> Result<()> {
        for _ in 0..CALLS {
            let reply = client.call(&Request::invite(&callers::sip(callers::CALLER)))?;
            Expected::block().check(&server.examine(reply)?)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .map(|client| scope.spawn(move || caller(client)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a caller panicked")?)
    })
    .map_err(|e: testbed::Trouble| format!("{e}\n{}", server.host.log().tail()).into())
}
