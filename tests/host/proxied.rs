// SPDX-License-Identifier: GPL-2.0-or-later
//! The API behind an HTTP proxy.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Flaw, Plan, Proxy, Refused, Result,
    answer::{decision, ok},
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{LONG, Needs, SHORT, Suite},
};

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let needs = Needs {
        parameter: Some("http_proxy"),
        ..Needs::default()
    };
    let mut trials = vec![
        suite.trial(
            subject,
            "proxied/the API is asked through a tunnel",
            needs,
            tunnelled,
        ),
        suite.trial(
            subject,
            "proxied/a certificate is checked through a tunnel too",
            needs,
            checked,
        ),
        suite.trial(
            subject,
            "proxied/a user and a password from a file",
            needs,
            |bench| with_password(bench, Given::File),
        ),
        suite.trial(
            subject,
            "proxied/a user and a password from the environment",
            needs,
            |bench| with_password(bench, Given::Environment),
        ),
        suite.trial(
            subject,
            "proxied/the variables of the environment on request",
            needs,
            by_environment,
        ),
        suite.trial(
            subject,
            "proxied/a proxy that refuses the connection",
            needs,
            absent,
        ),
    ];
    for (name, reply, failure) in [
        (
            "a proxy that wants a password",
            &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
            "connect",
        ),
        (
            "a proxy that cannot reach the API",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "connect",
        ),
        ("a proxy that closes", b"", "connect"),
        ("a proxy that sends no HTTP", b"hello\r\n\r\n", "connect"),
        (
            "a proxy that never ends its headers",
            b"HTTP/1.1 200 OK\r\n",
            "connect",
        ),
    ] {
        trials.push(
            suite.trial(subject, &format!("proxied/{name}"), needs, move |bench| {
                refusing(bench, reply, failure)
            }),
        );
    }
    trials.push(suite.trial(subject, "proxied/a proxy that says nothing", needs, silent));
    trials
}

fn run(bench: &Bench, api: &str, proxy: &str, timeout: i64, expected: &Expected) -> Result<()> {
    let server = bench.start(
        &bench
            .setup(api)
            .param("timeout", timeout)
            .param("http_proxy", proxy),
    )?;
    expected.check(&server.call(
        Transport::Udp,
        &Request::invite(&callers::sip(callers::CALLER)),
    )?)?;
    server.finish()
}

fn block() -> Plan {
    Plan::always(ok(&decision("block", 603)))
}

fn tunnelled(bench: &Bench) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let proxy = Proxy::to(api.address())?;
    // The proxy resolves the name.
    let url = format!("https://{}:8443", crate::names::HOST);
    run(bench, &url, &proxy.url(), LONG, &Expected::block())?;
    let line = format!("CONNECT {}:8443 HTTP/1.1", crate::names::HOST);
    same(
        "the proxy was asked for",
        proxy.asked().first(),
        Some(&line),
    )?;
    same("requests", api.requests().len(), 1)
}

/// Where the password of a proxy is.
#[derive(Clone, Copy)]
enum Given {
    File,
    Environment,
}

/// `Aladdin:open sesame`, the example of RFC 7617.
const AUTHORIZATION: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

fn with_password(bench: &Bench, given: Given) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let proxy = Proxy::wanting(api.address(), AUTHORIZATION)?;
    let file = bench.suite.file(&bench.name.replace('/', "-"));
    let setup = bench.setup(&api.url()).param("timeout", LONG);
    let setup = match given {
        Given::File => {
            std::fs::write(&file, "Aladdin:wrong\n")?;
            let source = format!("{} file:{}", proxy.url(), file.display());
            setup.param("http_proxy", source)
        }
        Given::Environment => setup
            .env("PROXY_LOGIN", "Aladdin:open sesame")
            .param("http_proxy", format!("{} env:PROXY_LOGIN", proxy.url())),
    };
    let server = bench.start(&setup)?;
    if matches!(given, Given::File) {
        server.expect(callers::CALLER, &Expected::fail_open("connect"))?;
        std::fs::write(&file, "Aladdin:open sesame\n")?;
        server.host.command("reload", &[])?;
    }
    server.expect(callers::CALLER, &Expected::block())?;
    let log = server.host.log().text();
    holds("no password in the log", !log.contains("sesame"))?;
    server.finish()
}

fn by_environment(bench: &Bench) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let proxy = Proxy::wanting(api.address(), AUTHORIZATION)?;
    let url = proxy
        .url()
        .replace("http://", "http://Aladdin:open%20sesame@");
    for (no_proxy, proxied) in [("example.com", true), ("example.com,localhost", false)] {
        let before = proxy.asked().len();
        let setup = bench
            .setup(&api.url())
            .param("timeout", LONG)
            .param("http_proxy", "env")
            .env("HTTPS_PROXY", &url)
            .env("NO_PROXY", no_proxy);
        let server = bench.start(&setup)?;
        server.expect(callers::CALLER, &Expected::block())?;
        server.finish()?;
        let asked = proxy.asked().len() > before;
        same(
            &format!("through the proxy with NO_PROXY={no_proxy}"),
            asked,
            proxied,
        )?;
    }
    Ok(())
}

fn checked(bench: &Bench) -> Result<()> {
    let api = bench.https(Flaw::WrongName, block())?;
    let proxy = Proxy::to(api.address())?;
    run(
        bench,
        &api.url(),
        &proxy.url(),
        LONG,
        &Expected::fail_open("tls"),
    )?;
    same("requests", api.requests().len(), 0)
}

fn absent(bench: &Bench) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let refused = Refused::at(([127, 0, 0, 1], 0).into())?;
    let proxy = format!("http://{}", refused.address());
    run(
        bench,
        &api.url(),
        &proxy,
        LONG,
        &Expected::fail_open("connect"),
    )?;
    same("connections past the proxy", api.connections(), 0)
}

fn refusing(bench: &Bench, reply: &'static [u8], failure: &str) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let proxy = Proxy::refusing(reply)?;
    run(
        bench,
        &api.url(),
        &proxy.url(),
        LONG,
        &Expected::fail_open(failure),
    )?;
    same("connections past the proxy", api.connections(), 0)
}

fn silent(bench: &Bench) -> Result<()> {
    let api = bench.https(Flaw::None, block())?;
    let proxy = testbed::Api::http(Plan::greeting(testbed::Greeting::Silence))?;
    run(
        bench,
        &api.url(),
        &proxy.url(),
        SHORT,
        &Expected::fail_open("timeout_connect"),
    )
}
