// SPDX-License-Identifier: GPL-2.0-or-later
//! What a caller writes into a request of a source that is not trusted, and what it buys: nothing but a decision about the number in
//! From.
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Result, Setup,
    sip::{Request, Transport},
};

use super::{TRUSTED, blocking, from_stranger, invite, last};
use crate::{
    bench::{Bench, Running},
    callers::{CALLER, SECOND},
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Headers that name another caller, or say that this one is verified.
const CLAIMS: [(&str, &str); 14] = [
    ("P-Asserted-Identity", "<sip:+14155550187@carrier.example>"),
    (
        "P-Asserted-Identity",
        "<tel:+14155550187;verstat=TN-Validation-Passed-A>",
    ),
    (
        "P-Asserted-Identity",
        "\"A, B\" <tel:+12025550123;verstat=TN-Validation-Passed>",
    ),
    ("p-asserted-identity", "tel:+14155550187"),
    ("P-Preferred-Identity", "<sip:+14155550187@carrier.example>"),
    (
        "Remote-Party-ID",
        "<sip:+14155550187@carrier.example>;party=calling;privacy=off",
    ),
    ("Attestation-Info", "A"),
    ("X-Attestation-Info", "TN-Validation-Passed-A"),
    ("P-Attestation-Indicator", "A"),
    ("Diversion", "<sip:+14155550187@carrier.example>"),
    ("History-Info", "<sip:+14155550187@carrier.example>;index=1"),
    ("Identity", "a.b.c;info=<https://carrier.example/c.pem>"),
    ("P-Charge-Info", "<sip:+14155550187@carrier.example>"),
    ("X-NOL-e164", "+14155550187"),
];

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs::default();
        suite.trial(subject, &format!("identity/abuse/{name}"), needs, body)
    };
    vec![
        trial("a stranger's claims buy nothing", claims),
        trial("the same claims of a trusted source count", trusted),
        trial("no header is hidden behind a hundred others", crowded),
        trial("what a caller varies takes no memory", variations),
    ]
}

/// Every place is searched, for both.
fn setup(bench: &Bench, api: &Api) -> Setup {
    bench
        .setup(&api.url())
        .param("trusted_sources", TRUSTED)
        .param("number_source", "pai,ppi,rpid,from")
        .param(
            "verstat_source",
            "number,attestation-info,x-attestation-info,p-attestation-indicator",
        )
}

/// The decision is about From and nothing else.
fn is_about_from(server: &Running, api: &Api, request: &Request) -> Result<()> {
    Expected::block()
        .and("e164", CALLER)
        .and("number_from", "from")
        .and("attestation", "")
        .check(&from_stranger(server, request)?)?;
    same("number", last(api, "number"), json!(CALLER))?;
    same("verstat", last(api, "verstat"), Value::Null)
}

fn claims(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api))?;
    for (name, value) in CLAIMS {
        is_about_from(&server, &api, &invite().header(name, value))
            .map_err(|error| format!("{name}: {value}\n{error}"))?;
    }
    let all = CLAIMS.iter().fold(invite(), |request, (name, value)| {
        request.header(name, value)
    });
    is_about_from(&server, &api, &all)?;
    for from in [
        "\"+14155550187\" <sip:+12025550123@carrier.example>",
        "\"<sip:+14155550187@b>\" <sip:+12025550123@carrier.example>",
        "<sip:+12025550123;verstat=TN-Validation-Passed@carrier.example>",
        "<sip:+12025550123;rn=+14155550187;npdi@carrier.example>",
        "<sip:+12025550123:+14155550187@carrier.example;verstat=TN-Validation-Passed-A>",
    ] {
        is_about_from(&server, &api, &invite().from(from))
            .map_err(|error| format!("From: {from}\n{error}"))?;
    }
    server.finish()
}

fn trusted(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api))?;
    for (header, number_from) in [(CLAIMS[0], "pai"), (CLAIMS[4], "ppi"), (CLAIMS[5], "rpid")] {
        let request = invite().header(header.0, header.1);
        Expected::block()
            .and("e164", SECOND)
            .and("number_from", number_from)
            .check(&server.call(Transport::Udp, &request)?)?;
    }
    for (name, value) in [CLAIMS[1], CLAIMS[6], CLAIMS[7], CLAIMS[8]] {
        let request = invite().header(name, value);
        Expected::block()
            .and("attestation", "A")
            .check(&server.call(Transport::Udp, &request)?)?;
    }
    server.finish()
}

fn crowded(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api))?;
    let many =
        |name: &str, value: &str| (0..100).fold(invite(), |request, _| request.header(name, value));
    for (name, value) in [
        ("Priority", "normal"),
        ("Privacy", "none"),
        ("P-Asserted-Identity", "<sip:alice@b>"),
        ("Remote-Party-ID", "<sip:b@c>;party=called"),
    ] {
        // What the trusted neighbour adds at the end is found.
        let request = many(name, value).header("P-Asserted-Identity", "<tel:+14155550187>");
        Expected::block()
            .and("e164", SECOND)
            .and("number_from", "pai")
            .check(&server.call(Transport::Udp, &request)?)?;
        is_about_from(&server, &api, &request)?;
        let request = many(name, value).header("Privacy", "id");
        Expected::bypass("anonymous").check(&server.call(Transport::Udp, &request)?)?;
    }
    server.finish()
}

fn variations(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&setup(bench, &api).param("cache_ttl", 60))?;
    for number in 0..40 {
        let from = format!(
            "\"caller {number}\" <sip:{CALLER};verstat=TN-Validation-Passed-{number};x={number}@h{number}.example>"
        );
        let request = invite()
            .from(&from)
            .header("Attestation-Info", &number.to_string())
            .header("P-Asserted-Identity", &format!("<tel:+1415555{number:04}>"))
            .header("Privacy", &format!("x-{number}"));
        let reply = from_stranger(&server, &request)?;
        let source = if number == 0 { "api" } else { "cache" };
        Expected::block().and("source", source).check(&reply)?;
    }
    let stats = server.host.command("cache_stats", &[])?;
    let used = stats
        .lines()
        .find_map(|line| line.trim().strip_prefix("used:"))
        .map(str::trim);
    same("entries in use", used, Some("1"))?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}
