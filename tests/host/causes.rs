// SPDX-License-Identifier: GPL-2.0-or-later
//! Failed connections: the failure is a published value, and `probe` names the cause.
use std::{path::Path, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Flaw, Greeting, Identity, Plan, Proxy, Result, Setup,
    answer::{decision, ok},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: Body| {
        suite.trial(subject, &format!("causes/{name}"), Needs::default(), body)
    };
    let mut trials = Vec::new();
    for (flaw, failure, cause) in [
        (Flaw::Expired, "tls", "certificate_expired"),
        (Flaw::NotYetValid, "tls", "certificate_not_yet_valid"),
        (Flaw::WrongName, "tls", "name_mismatch"),
        (Flaw::UnknownAuthority, "tls", "unknown_issuer"),
        (Flaw::SelfSigned, "tls", "unknown_issuer"),
        (Flaw::ClientWanted, "reset", "client_certificate_wanted"),
    ] {
        let body = move |bench: &Bench| {
            let api = bench.https(flaw, block())?;
            has_cause(bench, &bench.setup(&api.url()), failure, cause)
        };
        trials.push(trial(cause_name(cause, flaw).as_str(), Box::new(body)));
    }
    trials.push(trial(
        "unsupported_signature of P-384 with SHA-512",
        Box::new(|bench| vector(bench, "p384-sha512", Some("unsupported_signature"))),
    ));
    trials.push(trial(
        "RSA with SHA-512 works",
        Box::new(|bench| vector(bench, "rsa-sha512", None)),
    ));
    trials.push(trial(
        "P-521 is refused at start",
        Box::new(refused_at_start),
    ));
    for (greeting, cause) in [
        (Greeting::Alert, "handshake_refused"),
        (
            Greeting::Speak(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            "not_tls",
        ),
        (Greeting::Close, "closed_in_handshake"),
    ] {
        let body = move |bench: &Bench| {
            let api = bench.https(Flaw::None, Plan::greeting(greeting.clone()))?;
            has_cause(bench, &bench.setup(&api.url()), "tls", cause)
        };
        trials.push(trial(cause, Box::new(body)));
    }
    for (reply, cause) in [
        (
            &b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"[..],
            "proxy_authentication",
        ),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "proxy_403"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy_502"),
        (b"hello\r\n\r\n", "proxy_not_http"),
    ] {
        let body = move |bench: &Bench| {
            let api = bench.https(Flaw::None, block())?;
            let proxy = Proxy::refusing(reply)?;
            let setup = bench.setup(&api.url()).param("http_proxy", proxy.url());
            has_cause(bench, &setup, "connect", cause)
        };
        trials.push(trial(cause, Box::new(body)));
    }
    trials
}

/// What a trial does.
type Body = Box<dyn Fn(&Bench) -> Result<()> + Send + Sync>;

fn cause_name(cause: &str, flaw: Flaw) -> String {
    format!("{cause} of {flaw:?}")
}

fn block() -> Plan {
    Plan::always(ok(&decision("block", 603)))
}

fn has_cause(bench: &Bench, setup: &Setup, failure: &str, cause: &str) -> Result<()> {
    let server = bench.start(setup)?;
    server.expect(callers::CALLER, &Expected::fail_open(failure))?;
    let probe = server.host.command("probe", &[])?;
    for line in [format!("outcome: {failure}"), format!("cause: {cause}")] {
        holds(
            &format!("probe shows {line:?}:\n{probe}"),
            probe.contains(&line),
        )?;
    }
    server.finish()
}

/// A file of `tests/vectors/tls`.
fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/tls")
        .join(name)
}

fn vector(bench: &Bench, name: &str, cause: Option<&str>) -> Result<()> {
    let identity = Identity::read(&file(&format!("{name}.pem")), &file(&format!("{name}.key")))?;
    let api = Api::https(identity, block())?;
    let ca_file = file(&format!("{name}-ca.pem")).display().to_string();
    let setup = bench.setup(&api.url()).param("ca_file", ca_file);
    if let Some(cause) = cause {
        return has_cause(bench, &setup, "tls", cause);
    }
    let server = bench.start(&setup)?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.finish()
}

fn refused_at_start(bench: &Bench) -> Result<()> {
    let ca_file = file("p521-sha512-ca.pem").display().to_string();
    let setup = bench.setup("https://127.0.0.1:1").param("ca_file", ca_file);
    let log = bench.server.refuse(&setup)?.text();
    let naming = |line: &&str| line.contains("parameter ca_file") && line.contains("P-521");
    holds(
        &format!("one line names ca_file and P-521:\n{log}"),
        log.lines().filter(naming).count() == 1,
    )
}
