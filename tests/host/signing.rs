// SPDX-License-Identifier: GPL-2.0-or-later
//! Operator request signing, checked as the API checks it.
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use libtest_mimic::Trial;
use ring::{digest, hmac};
use testbed::{
    Api, Plan, Result, Step,
    answer::{decision, ok, refusal},
};

use crate::{
    bench::{Bench, Running},
    callers,
    expect::{Expected, holds, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Dates far from today.
const PAST: [(&str, &str); 1] = [("Date", "Sat, 01 Jan 2000 00:00:00 GMT")];
const FUTURE: [(&str, &str); 1] = [("Date", "Fri, 01 Jan 2038 00:00:00 GMT")];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("signing_secret"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("signing/{name}"), needs, body)
    };
    vec![
        trial("a request carries a signature that the API accepts", signed),
        trial("without a secret nothing is signed", unsigned),
        trial(
            "a retry has the same Idempotency-Key and another nonce",
            retried,
        ),
        trial(
            "the second secret is used when the first is refused",
            rotated,
        ),
        trial("a refused signature is no bad key", |bench| {
            refused(bench, &[], "signature")
        }),
        trial("a clock that is far behind is named", |bench| {
            refused(bench, &FUTURE, "clock_skew")
        }),
        trial("a clock that is far ahead is named", |bench| {
            refused(bench, &PAST, "clock_skew")
        }),
        trial(
            "without its secret the server starts and makes no request",
            missing,
        ),
    ]
}

fn start(bench: &Bench, api: &Api, secrets: &str) -> Result<Running> {
    let mut setup = bench
        .setup(&api.url())
        .env("NOL_TEST_SECRET", callers::SECRET)
        .env("NOL_TEST_NEXT", callers::NEXT_SECRET)
        .param("signing_secret", secrets);
    setup.children = 1;
    bench.start(&setup)
}

fn block() -> Vec<Step> {
    ok(&decision("block", 603))
}

/// Checks a signature, and gives the nonce.
fn verify(request: &testbed::Request, secret: &str) -> Result<String> {
    let header = |name: &str| request.header(name).ok_or_else(|| format!("no {name}"));
    let (timestamp, nonce) = (header("X-Operator-Timestamp")?, header("X-Operator-Nonce")?);
    let body: String = digest::digest(&digest::SHA256, &request.body)
        .as_ref()
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let canonical = [
        request.method.as_str(),
        request.path.as_str(),
        &body,
        timestamp,
        nonce,
    ]
    .join("\n");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, canonical.as_bytes());
    let wanted = format!("hmac-sha256:{}", BASE64_STANDARD.encode(mac));
    same(
        "X-Operator-Signature",
        header("X-Operator-Signature")?,
        wanted.as_str(),
    )?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let age = now.abs_diff(Duration::from_secs(timestamp.parse()?));
    holds(
        &format!("a timestamp of now, not {timestamp}"),
        age < Duration::from_secs(30),
    )?;
    holds(
        &format!("a nonce of some length, not {nonce:?}"),
        nonce.len() >= 16,
    )?;
    Ok(nonce.to_owned())
}

fn signed(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = start(bench, &api, "env:NOL_TEST_SECRET")?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::block())?;
    let requests = api.requests();
    let nonces = [
        verify(&requests[0], callers::SECRET)?,
        verify(&requests[1], callers::SECRET)?,
    ];
    holds("a nonce is used once", nonces[0] != nonces[1])?;
    let bearer = format!("Bearer {}", callers::KEY);
    same(
        "Authorization",
        requests[0].header("Authorization"),
        Some(bearer.as_str()),
    )?;
    same("path", requests[0].path.as_str(), "/api/v1/sbc/redirect")?;
    server.finish()
}

fn unsigned(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    server.expect(callers::CALLER, &Expected::block())?;
    let headers = api.requests()[0].headers.clone();
    let operator: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.to_lowercase().starts_with("x-operator"))
        .collect();
    same("headers of a signature", operator, Vec::new())?;
    server.finish()
}

fn retried(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![block(), vec![Step::Cut], block()]))?;
    let server = start(bench, &api, "env:NOL_TEST_SECRET")?;
    server.expect(callers::CALLER, &Expected::block())?;
    server.expect(callers::CALLER, &Expected::block())?;
    let requests = api.requests();
    same("requests", requests.len(), 3)?;
    let nonces = [
        verify(&requests[1], callers::SECRET)?,
        verify(&requests[2], callers::SECRET)?,
    ];
    holds("a nonce is used once", nonces[0] != nonces[1])?;
    same(
        "Idempotency-Key",
        requests[2].header("Idempotency-Key"),
        requests[1].header("Idempotency-Key"),
    )?;
    server.finish()
}

fn rotated(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::in_turn(vec![
        refusal("401 Unauthorized", "signature_invalid", &[]),
        block(),
    ]))?;
    let server = start(bench, &api, "env:NOL_TEST_SECRET,env:NOL_TEST_NEXT")?;
    server.expect(callers::CALLER, &Expected::fail_open("signature"))?;
    server.expect(callers::CALLER, &Expected::block())?;
    let requests = api.requests();
    same("requests", requests.len(), 2)?;
    verify(&requests[0], callers::SECRET)?;
    verify(&requests[1], callers::NEXT_SECRET)?;
    server.finish()
}

fn refused(bench: &Bench, headers: &[(&str, &str)], failure: &str) -> Result<()> {
    let api = Api::http(Plan::always(refusal(
        "401 Unauthorized",
        "signature_invalid",
        headers,
    )))?;
    let server = start(bench, &api, "env:NOL_TEST_SECRET")?;
    server.expect(callers::CALLER, &Expected::fail_open(failure))?;
    server.finish()
}

fn missing(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(block()))?;
    let server = start(bench, &api, "env:NOL_TEST_NO_SUCH_VARIABLE")?;
    server.expect(callers::CALLER, &Expected::fail_open("no_key"))?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}
