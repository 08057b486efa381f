// SPDX-License-Identifier: GPL-2.0-or-later
//! The content and the number of requests to the API.
use std::{fs, sync::Arc};

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Plan, Result, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers::{self, BRITISH, CALLER, SECOND},
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{LONG, Needs, Suite},
};

/// A caller's From, and the number that is asked about.
const NUMBERS: [(&str, &str, &str); 8] = [
    ("a SIP URI", "<sip:+12025550123@carrier.example>", CALLER),
    (
        "a SIPS URI",
        "\"Somebody\" <sips:+14155550187@carrier.example;transport=tcp>",
        SECOND,
    ),
    ("a tel URI", "<tel:+447700900123>", BRITISH),
    (
        "a tel URI with visual separators",
        "<tel:+1-202-555-0123>",
        CALLER,
    ),
    (
        "a tel URI with parameters",
        "<tel:+447700900123;phone-context=example.com>",
        BRITISH,
    ),
    (
        "a user part with parameters",
        "<sip:+12025550123;npdi;rn=+12025550100@carrier.example;user=phone>",
        CALLER,
    ),
    (
        "an escaped plus",
        "<sip:%2B12025550123@carrier.example>",
        CALLER,
    ),
    (
        "a URI without brackets",
        "sip:+12025550123@carrier.example",
        CALLER,
    ),
];

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, name, Needs::default(), body)
    };
    let mut trials = vec![
        trial("asked/with the defaults", the_defaults),
        trial("asked/with the operator's options", the_options),
        trial("asked/below a path", below_a_path),
        trial("asked/with a key from a file", a_key_from_a_file),
        trial("asked/over https", over_https),
        trial("asked/by an INVITE in small letters", in_small_letters),
    ];
    for (name, from, number) in NUMBERS {
        trials.push(suite.trial(
            subject,
            &format!("asked/about the number of {name}"),
            Needs::default(),
            move |bench| {
                let api = blocking()?;
                let server = bench.start(&bench.setup(&api.url()))?;
                let reply = server.call(
                    Transport::Udp,
                    &Request::invite("sip:nobody@example.com").from(from),
                )?;
                Expected::block().and("e164", number).check(&reply)?;
                same(
                    "number",
                    &api.requests()[0].json()["number"],
                    &json!(number),
                )?;
                server.finish()
            },
        ));
    }
    trials
}

fn blocking() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))
}

fn block_one(bench: &Bench, server: Running) -> Result<()> {
    let reply = server.call(Transport::Udp, &Request::invite(&callers::sip(CALLER)))?;
    Expected::block()
        .check(&reply)
        .map_err(|e| format!("{}: {e}", bench.name))?;
    server.finish()
}

fn the_defaults(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    block_one(bench, bench.start(&bench.setup(&api.url()))?)?;
    let requests = api.requests();
    same("requests", requests.len(), 1)?;
    let request = &requests[0];
    same(
        "request line",
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/api/v1/sbc/redirect"),
    )?;
    same(
        "Authorization",
        request.header("Authorization"),
        Some(format!("Bearer {}", callers::KEY).as_str()),
    )?;
    same("X-API-Key", request.header("X-API-Key"), None)?;
    let kind = request.header("Content-Type").unwrap_or_default();
    holds(
        &format!("JSON is announced, not {kind:?}"),
        kind.starts_with("application/json"),
    )?;
    let body = json!({
        "number": CALLER, "allow_code": 503, "spam_threshold": 80, "block_reassigned": false, "block_invalid": true
    });
    same_fields(&request.json(), &body)?;
    let budget: i64 = request
        .header("X-SBC-Budget-Ms")
        .unwrap_or_default()
        .parse()?;
    holds(
        &format!("a budget within the deadline, not {budget}"),
        (1..=LONG).contains(&budget),
    )?;
    let key = request.header("Idempotency-Key").unwrap_or_default();
    holds(
        &format!("a key that tells nothing, not {key:?}"),
        key.len() >= 16 && !key.contains(&CALLER[1..]),
    )?;
    let coding = request.header("Accept-Encoding").unwrap_or("identity");
    holds(
        &format!("no compression is asked for, not {coding:?}"),
        coding == "identity",
    )
}

/// Compares JSON independent of the order of the fields.
fn same_fields(found: &Value, wanted: &Value) -> Result<()> {
    let (Some(f), Some(w)) = (found.as_object(), wanted.as_object()) else {
        return same("body", found, wanted);
    };
    let equal = f.len() == w.len() && w.iter().all(|(name, value)| f.get(name) == Some(value));
    if equal {
        Ok(())
    } else {
        same("body", found, wanted)
    }
}

/// The servers take it for an INVITE, and relay it as it is.
fn in_small_letters(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    for (method, transport) in ["invite", "Invite"].into_iter().zip(Transport::ALL) {
        let request = Request::new(method, &callers::sip(CALLER));
        Expected::block().check(&server.call(transport, &request)?)?;
    }
    server.finish()
}

fn the_options(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let setup = bench
        .setup(&api.url())
        .param("allow_code", 404)
        .param("spam_threshold", 70)
        .param("redirect_threshold", 95)
        .param("block_invalid", 0)
        .param("block_reassigned", 1);
    block_one(bench, bench.start(&setup)?)?;
    let body = json!({
        "number": CALLER, "allow_code": 404, "spam_threshold": 70, "redirect_threshold": 95,
        "block_reassigned": true, "block_invalid": false
    });
    same_fields(&api.requests()[0].json(), &body)
}

fn below_a_path(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    block_one(
        bench,
        bench.start(&bench.setup(&format!("{}/tenant/seven/", api.url())))?,
    )?;
    same(
        "path",
        api.requests()[0].path.as_str(),
        "/tenant/seven/api/v1/sbc/redirect",
    )
}

fn a_key_from_a_file(bench: &Bench) -> Result<()> {
    let file = bench.suite.file("api-key");
    fs::write(&file, format!("{}\n", callers::FILE_KEY))?;
    let api = blocking()?;
    block_one(
        bench,
        bench.start(
            &bench
                .setup(&api.url())
                .param("api_key", format!("file:{}", file.display())),
        )?,
    )?;
    let bearer = format!("Bearer {}", callers::FILE_KEY);
    same(
        "Authorization",
        api.requests()[0].header("Authorization"),
        Some(bearer.as_str()),
    )
}

fn over_https(bench: &Bench) -> Result<()> {
    let api = bench.https(
        testbed::Flaw::None,
        Plan::always(answer::ok(&answer::decision("block", 603))),
    )?;
    block_one(bench, bench.start(&bench.setup(&api.url()))?)?;
    same("requests", api.requests().len(), 1)
}
