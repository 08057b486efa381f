// SPDX-License-Identifier: GPL-2.0-or-later
//! The servers that are compared.

use testbed::{Result, Setup};

use super::{TIMEOUT, WORKERS};
use crate::by_hand::{BODY, PATH, kept_alive, query};
use crate::comparison::Candidate;
use crate::installation::{Installation, KEY, Running, make_lean, say};
use crate::stub::Stub;

/// Two untuned servers: a large number of lookups, workers as in the manuals' examples, and everything else by default. None if
/// `http_async_client` is missing.
pub(super) fn untuned(installation: &Installation, stub: &Stub) -> Result<Vec<Candidate>> {
    if !(installation.has_module("jansson") && installation.has_module("http_async_client")) {
        return Ok(Vec::new());
    }
    let mut ours = installation
        .with_module("untuned", WORKERS, &stub.url())
        .param("timeout", TIMEOUT)
        .param("async_lookups", 1024);
    make_lean(
        &mut ours,
        &format!("async_workers={WORKERS}\n{}", decide_script()),
    );
    let mut theirs = installation.lean("http-async-untuned", WORKERS, &http_async_script(stub));
    theirs
        .modules
        .extend(["http_async_client", "jansson"].map(str::to_owned));
    let module = "http_async_client".to_owned();
    theirs.foreign.push((
        module.clone(),
        "workers".to_owned(),
        i64::try_from(WORKERS)?.into(),
    ));
    theirs
        .foreign
        .push((module, "connection_timeout".to_owned(), TIMEOUT.into()));
    Ok(vec![
        Candidate::ours(
            format!("{} decide_async, untuned", installation.name()),
            installation.start_untuned(&ours)?,
        ),
        Candidate::baseline(
            "async",
            format!("{} http_async_client, untuned", installation.name()),
            installation.start_untuned(&theirs)?,
        ),
    ])
}

/// All candidates that this Kamailio has the modules for and that are selected.
pub(super) fn all(
    installation: &Installation,
    stub: &Stub,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Candidate>> {
    let start = |what: &str, setup: &Setup| -> Result<Option<(String, Running)>> {
        let name = format!("{} {what}", installation.name());
        let is_wanted = is_wanted(&name);
        Ok(is_wanted
            .then(|| installation.start(setup))
            .transpose()?
            .map(|server| (name, server)))
    };
    let mut all = Vec::new();
    for lookups in LOOKUPS {
        let name = format!("decide_async, {lookups}");
        let started = start(&name, &decide(installation, stub, lookups))?;
        all.extend(started.map(|(name, server)| Candidate::ours(name, server)));
    }
    if !installation.has_module("jansson") {
        say(&format!(
            "{}: no jansson, so nothing to compare with",
            installation.name()
        ));
    } else if installation.has_module("http_async_client") {
        for workers in [1, 2, 4] {
            let name = format!("http_async_client, {workers}");
            let started = start(&name, &http_async(installation, stub, workers))?;
            all.extend(started.map(|(name, server)| Candidate::baseline("async", name, server)));
        }
    } else if installation.has_module("http_client") {
        for (name, setup) in [
            ("httpcon, sync", kept_alive(installation, stub, WORKERS)),
            (
                "http_client_query, sync",
                query(installation, stub, WORKERS),
            ),
        ] {
            let started = start(name, &setup)?;
            all.extend(
                started.map(|(name, server)| Candidate::baseline("sync", name, server).waiting()),
            );
        }
    }
    Ok(all)
}

fn decide(installation: &Installation, stub: &Stub, lookups: i64) -> Setup {
    let mut setup = installation
        .with_module(&format!("decide-{lookups}"), WORKERS, &stub.url())
        .param("timeout", TIMEOUT)
        .param("breaker_errors", 0)
        .param("async_lookups", lookups);
    let routes = decide_script();
    make_lean(&mut setup, &format!("async_workers={WORKERS}\n{routes}"));
    keep_briefly(&mut setup);
    setup
}

fn decide_script() -> String {
    script(
        "numbers_online_decide_async(\"RESULT\");\n\troute(RESULT);",
        "send_reply(\"$avp(nol_code)\", \"$avp(nol_phrase)\");",
    )
}

fn http_async_script(stub: &Stub) -> String {
    let ask = format!(
        "if ($fU == \"anonymous\") {{ sl_send_reply(\"503\", \"Allowed\"); exit; }}\n\
         \tif (!t_newtran()) exit;\n\
         \t$http_req(all) = $null;\n\
         \t$http_req(hdr) = \"Content-Type: application/json\";\n\
         \t$http_req(hdr) = \"Authorization: Bearer {KEY}\";\n\
         \t$http_req(body) = {BODY};\n\
         \thttp_async_query(\"{}{PATH}\", \"RESULT\");\n\
         \tsend_reply(\"503\", \"Allowed\");",
        stub.url()
    );
    let read = "if (!$http_ok || $http_rs != 200) { send_reply(\"503\", \"Allowed\"); exit; }\n\
                \tjansson_get(\"decision\", \"$http_rb\", \"$var(decision)\");\n\
                \tjansson_get(\"sip.code\", \"$http_rb\", \"$var(code)\");\n\
                \tsend_reply(\"$var(code)\", \"$var(decision)\");";
    script(&ask, read)
}

fn http_async(installation: &Installation, stub: &Stub, workers: i64) -> Setup {
    let name = format!("http-async-{workers}");
    let mut setup = installation.lean(&name, WORKERS, &http_async_script(stub));
    setup
        .modules
        .extend(["http_async_client", "jansson"].map(str::to_owned));
    for (name, value) in [
        ("workers", workers.into()),
        ("connection_timeout", TIMEOUT.into()),
        ("tcp_keepalive", 1.into()),
    ] {
        let module = "http_async_client".to_owned();
        setup.foreign.push((module, name.to_owned(), value));
    }
    keep_briefly(&mut setup);
    setup
}

/// How long an ended transaction absorbs retransmissions. There are none here.
fn keep_briefly(setup: &mut Setup) {
    setup
        .foreign
        .push(("tm".to_owned(), "wt_timer".to_owned(), 1000.into()));
}

/// Routes with transactions, and the one that is resumed.
fn script(ask: &str, result: &str) -> String {
    format!(
        "maxbuffer=4194304\n\
         request_route {{\n\
         \tif (is_method(\"ACK\")) {{ t_check_trans(); exit; }}\n\
         \tif (is_method(\"OPTIONS\")) {{ sl_send_reply(\"200\", \"OK\"); exit; }}\n\
         \t{ask}\n}}\n\
         route[RESULT] {{\n\t{result}\n\texit;\n}}\n"
    )
}

/// Values of `async_lookups`: the default, which suffices for an API that answers at once, and larger ones for slower APIs.
pub(super) const LOOKUPS: [i64; 4] = [64, 512, 1024, 2048];
