// SPDX-License-Identifier: GPL-2.0-or-later
//! Emergency calls, and calls with priority from trusted sources, are never asked about and never blocked.
mod routes;
mod shipped;
mod window;

use std::{net::Ipv4Addr, sync::Arc};

use libtest_mimic::Trial;
use testbed::{
    Api, Form, Plan, Product, Result, Setup, answer,
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Request URIs of emergency calls.
const EMERGENCIES: [&str; 12] = [
    "urn:service:sos",
    "urn:service:SOS.Police",
    "sip:911@example.com",
    "sips:112@example.com",
    "tel:999",
    "sip:9-1-1@example.com;user=phone",
    "sip:%39%31%31@example.com",
    "sip:000;phone-context=+61@example.com;user=dialstring",
    "sip:+1911@example.com",
    "sip:+44999@example.com",
    "sip:+112@example.com",
    "sip:988@example.com",
];

/// Request URIs of other calls.
const ORDINARY: [&str; 4] = [
    "sip:+19115550123@example.com",
    "sip:9111@example.com",
    "sip:service@911.example.com",
    "sip:alice@example.com;user=911",
];

/// A header, and the reason why a call with it passes.
const PRIORITY: [(&str, &str, &str); 4] = [
    ("Priority", "psap-callback", "psap_callback"),
    ("Resource-Priority", "esnet.0", "resource_priority"),
    ("resource-priority", "dsn.flash, WPS.3", "resource_priority"),
    ("Resource-Priority", "ets.1", "resource_priority"),
];

/// The address of the trusted peer. Other requests come from 127.0.0.1.
const TRUSTED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The trials for both forms of the script function.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, &format!("emergency/{name}"), needs(), body)
    };
    let mut trials = vec![
        trial("an emergency call is never asked about", never_asked),
        trial("any other called number is", others_are_asked),
        trial("a called name in To alone is no emergency", to_alone),
        trial("priority counts from any source by default", priority),
        trial(
            "priority counts only from trusted sources if they are set",
            trusted,
        ),
        trial("the bypass is off only by its whole name", off),
        trial("a malformed header does no harm", malformed),
    ];
    // OpenSIPS's tm cannot parse it, and does not suspend a call that it cannot parse.
    if subject.form == Form::Sync || subject.server.product() == Product::Kamailio {
        trials.push(trial(
            "a service in capital letters is an emergency",
            in_capitals,
        ));
    }
    trials.extend(window::trials(suite, subject));
    trials
}

/// The trials that do not depend on the form.
pub(crate) fn server_trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = shipped::trials(suite, subject);
    trials.extend(routes::trials(suite, subject));
    trials
}

fn needs() -> Needs {
    Needs {
        parameter: Some("emergency"),
        ..Needs::default()
    }
}

/// An API that blocks every call.
fn blocking() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))
}

fn setup(bench: &Bench, api: &Api, params: &[(&str, &str)]) -> Setup {
    params
        .iter()
        .fold(bench.setup(&api.url()), |setup, (name, value)| {
            setup.param(name, *value)
        })
}

fn invite(uri: &str) -> Request {
    Request::invite(&callers::sip(callers::CALLER)).uri(uri)
}

fn passed(reason: &str) -> Expected {
    Expected::bypass("none").and("reason", reason)
}

/// A call over UDP from an address.
fn from(server: &Running, address: Ipv4Addr, request: &Request) -> Result<Reply> {
    let reply = Client::from_address(address, server.host.address())?.call(request)?;
    server.examine(reply)
}

fn never_asked(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    // From untrusted sources too.
    let server = bench.start(&setup(bench, &api, &[("trusted_sources", "192.0.2.1")]))?;
    for uri in EMERGENCIES {
        for transport in Transport::ALL {
            let reply = server.call(transport, &invite(uri))?;
            passed("emergency")
                .check(&reply)
                .map_err(|e| format!("{uri}: {e}"))?;
        }
    }
    // From any caller.
    for from in [
        "<sip:+19111234567@192.0.2.1>",
        "<sip:anonymous@anonymous.invalid>",
        "<sip:1001@pbx.example>",
    ] {
        let request = invite("sip:112@example.com").from(from);
        passed("emergency").check(&server.call(Transport::Udp, &request)?)?;
    }
    same("requests", api.requests().len(), 0)?;
    let bypassed = server.host.statistics()?.get("bypass").copied();
    same("counted", bypassed, Some(2 * 12 + 3))?;
    server.finish()
}

fn in_capitals(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api, &[]))?;
    let reply = server.call(Transport::Udp, &invite("URN:SERVICE:SOS"))?;
    passed("emergency").check(&reply)?;
    server.finish()
}

fn others_are_asked(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api, &[]))?;
    for uri in ORDINARY {
        let reply = server.call(Transport::Udp, &invite(uri))?;
        Expected::block()
            .check(&reply)
            .map_err(|e| format!("{uri}: {e}"))?;
    }
    same("requests", api.requests().len(), ORDINARY.len())?;
    server.finish()
}

fn to_alone(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api, &[]))?;
    let mut request = invite("sip:service@example.com");
    request.to_uri = Some("urn:service:sos".to_owned());
    Expected::block().check(&server.call(Transport::Udp, &request)?)?;
    server.finish()
}

fn priority(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api, &[]))?;
    for (name, value, reason) in PRIORITY {
        let request = invite("sip:service@example.com").header(name, value);
        passed(reason)
            .check(&server.call(Transport::Udp, &request)?)
            .map_err(|e| format!("{name}: {value}: {e}"))?;
    }
    let several = invite("sip:service@example.com")
        .header("Resource-Priority", "q735.1")
        .header("Priority", "urgent")
        .header("Resource-Priority", "esnet.1");
    passed("resource_priority").check(&server.call(Transport::Tcp, &several)?)?;
    same("requests", api.requests().len(), 0)?;
    for (name, value) in [
        ("Priority", "emergency"),
        ("Resource-Priority", "dsn.flash"),
    ] {
        let request = invite("sip:service@example.com").header(name, value);
        Expected::block().check(&server.call(Transport::Udp, &request)?)?;
    }
    server.finish()
}

fn trusted(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let sources = [("trusted_sources", "192.0.2.0/24, 127.0.0.2")];
    let server = bench.start(&setup(bench, &api, &sources))?;
    for (name, value, reason) in PRIORITY {
        let request = || invite("sip:service@example.com").header(name, value);
        passed(reason).check(&from(&server, TRUSTED, &request())?)?;
        Expected::block().check(&from(&server, Ipv4Addr::LOCALHOST, &request())?)?;
    }
    same("requests", api.requests().len(), PRIORITY.len())?;
    server.finish()
}

fn off(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let risk = [("emergency", "never_bypass_i_accept_the_risk")];
    let server = bench.start(&setup(bench, &api, &risk))?;
    let warned = server.host.log().text();
    let warning = "emergency calls are screened like any other and may be blocked";
    holds("the log warns", warned.contains(warning))?;
    let urgent = invite("sip:service@example.com").header("Resource-Priority", "esnet.0");
    for request in [invite("sip:911@example.com"), urgent] {
        Expected::block().check(&server.call(Transport::Udp, &request)?)?;
    }
    server.finish()?;
    for (name, value) in [
        ("emergency", "off"),
        ("emergency", "0"),
        ("emergency", "Never_Bypass_I_Accept_The_Risk"),
        ("trusted_sources", "192.0.2.0/33"),
        ("trusted_sources", "sbc.example.com"),
    ] {
        let log = bench.server.refuse(&setup(bench, &api, &[(name, value)]))?;
        let line = format!("parameter {name}: \"{value}\" cannot be used");
        same(&line, log.text().matches(&line).count(), 1)?;
    }
    Ok(())
}

fn malformed(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api, &[]))?;
    let long = format!("{}esnet", ",".repeat(900));
    for (name, value) in [
        ("Resource-Priority", ""),
        ("Resource-Priority", ",,.;\"<"),
        ("Resource-Priority", "\u{e9}snet.0"),
        ("Priority", ""),
        ("Privacy", ";;;"),
        ("Privacy", "\u{7f}id"),
        ("Remote-Party-ID", "\"<;privacy"),
        ("Remote-Party-ID", ";privacy=;privacy"),
        ("Remote-Party-ID", long.as_str()),
    ] {
        let request = invite("sip:service@example.com").header(name, value);
        Expected::block()
            .check(&server.call(Transport::Udp, &request)?)
            .map_err(|e| format!("{name}: {value}: {e}"))?;
    }
    let mut many = invite("sip:service@example.com");
    for _ in 0..40 {
        many = many.header("Priority", "normal");
    }
    Expected::block().check(&server.call(Transport::Tcp, &many)?)?;
    server.finish()
}
