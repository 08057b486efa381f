// SPDX-License-Identifier: GPL-2.0-or-later
//! Which number a text is (`default_country`), and what the numbering plan decides without a request (`local_check`).
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use testbed::{
    Api, Plan, Refused, Result, Setup, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers::{BRITISH, CALLER, SECOND, sip},
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// Numbers that cannot exist.
const IMPOSSIBLE: [&str; 6] = [
    // No such country code.
    "+999123456789",
    "+210555010099",
    // No such length.
    "+120255501",
    "+447700900123456",
    // No such area code, and no such exchange code.
    "+11025550123",
    "+12021550123",
];

/// Numbers that no pattern matches, but that can exist: not assigned, as they were in Mexico, a plus before a trunk prefix, a calling
/// code twice, a code of no country.
const DOUBTFUL: [&str; 5] = [
    "+19995550123",
    "+442000000000",
    "+0447700900123",
    "+44447700900123",
    "+882990000000",
];

/// Callers as they are written, the country where the server is, and the number that is asked about.
const FORMS: [(&str, &str, &str); 12] = [
    ("US", "2025550123", CALLER),
    ("US", "12025550123", CALLER),
    ("us", "(202) 555-0123", CALLER),
    ("US", "011447700900123", BRITISH),
    ("US", "+4155550187", SECOND),
    ("GB", "07700900123", BRITISH),
    ("GB", "447700900123", BRITISH),
    ("GB", "0012025550123", CALLER),
    ("GB", "+12025550123", CALLER),
    ("GB", "+4407700900123", BRITISH),
    ("", "+4407700900123", BRITISH),
    ("", "+44(0)7700-900123", BRITISH),
];

/// The same of callers without a number.
const NO_NUMBERS: [(&str, &str); 8] = [
    ("", "2025550123"),
    ("US", "1001"),
    ("US", "911"),
    ("US", "411"),
    ("US", "+1411"),
    ("US", "447700900123"),
    ("GB", "12025550123"),
    ("GB", "116123"),
];

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs {
            parameter: Some("local_check"),
            ..Needs::default()
        };
        suite.trial(subject, &format!("numbers/{name}"), needs, body)
    };
    vec![
        trial("what cannot exist is blocked without a request", impossible),
        trial("also if it is withheld", withheld),
        trial("also while the API is down", down),
        trial("but not on its way to an emergency number", emergency),
        trial("what is only doubtful is asked about", doubtful),
        trial("with block_invalid=0 nothing is decided here", no_blocks),
        trial("with local_check=0 nothing is decided here", off),
        trial(
            "a number is read as it is dialled in the default country",
            forms,
        ),
        trial("extensions and short numbers are never asked about", short),
        trial("emergency numbers of the default country are known", known),
    ]
}

/// Blocked by the numbering plan.
fn ruled_out(number: &str) -> Expected {
    Expected::block()
        .and("source", "local")
        .and("reason", "invalid_number")
        .and("valid", "0")
        .and("e164", number)
        .and("receipt", "")
}

fn blocking() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))
}

fn each(server: &Running, numbers: &[&str], expected: impl Fn(&str) -> Expected) -> Result<()> {
    for number in numbers {
        for transport in Transport::ALL {
            let reply = server.call(transport, &Request::invite(&sip(number)))?;
            expected(number)
                .check(&reply)
                .map_err(|error| format!("{number}: {error}"))?;
        }
    }
    Ok(())
}

fn impossible(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    each(&server, &IMPOSSIBLE, ruled_out)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn withheld(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let [number, ..] = IMPOSSIBLE;
    let request = Request::invite(&sip(number)).header("Privacy", "id");
    // The number of a withheld caller is not shown to the script.
    ruled_out("").check(&server.call(Transport::Udp, &request)?)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn down(bench: &Bench) -> Result<()> {
    let nobody = Refused::at((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
    let server = bench.start(&bench.setup(&format!("http://{}", nobody.address())))?;
    server.expect(CALLER, &Expected::fail_open("connect"))?;
    each(&server, &IMPOSSIBLE, ruled_out)?;
    server.finish()
}

fn emergency(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let [number, ..] = IMPOSSIBLE;
    let request = Request::invite(&sip(number)).uri("sip:911@example.com");
    let reply = server.call(Transport::Udp, &request)?;
    Expected::bypass("none")
        .and("reason", "emergency")
        .check(&reply)?;
    server.finish()
}

fn doubtful(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()).param("cache_ttl", 0))?;
    each(&server, &DOUBTFUL, |number| {
        Expected::block().and("e164", number)
    })?;
    // Mexico's mobile numbers as they were are asked about as they are now.
    each(&server, &["+5215512345678"], |_| {
        Expected::block().and("e164", "+525512345678")
    })?;
    same(
        "requests",
        api.requests().len(),
        (DOUBTFUL.len() + 1) * Transport::ALL.len(),
    )?;
    server.finish()
}

fn no_blocks(bench: &Bench) -> Result<()> {
    asked(bench, |setup| setup.param("block_invalid", 0))
}

fn off(bench: &Bench) -> Result<()> {
    asked(bench, |setup| setup.param("local_check", 0))
}

/// All numbers are asked about.
fn asked(bench: &Bench, with: fn(Setup) -> Setup) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&with(bench.setup(&api.url()).param("cache_ttl", 0)))?;
    each(&server, &IMPOSSIBLE, |number| {
        Expected::block().and("e164", number)
    })?;
    same(
        "requests",
        api.requests().len(),
        IMPOSSIBLE.len() * Transport::ALL.len(),
    )?;
    server.finish()
}

fn forms(bench: &Bench) -> Result<()> {
    for country in ["US", "us", "GB", ""] {
        let api = blocking()?;
        let setup = bench.setup(&api.url()).param("default_country", country);
        let server = bench.start(&setup.param("cache_ttl", 0))?;
        for (home, text, number) in FORMS {
            if home != country {
                continue;
            }
            let uri = sip(&text.replace(' ', "%20"));
            let reply = server.call(Transport::Udp, &Request::invite(&uri))?;
            Expected::block()
                .and("e164", number)
                .check(&reply)
                .map_err(|error| format!("{text} in {home}: {error}"))?;
            let requests = api.requests();
            let last = requests.last().ok_or("no request")?;
            same(text, &last.json()["number"], &json!(number))?;
        }
        server.finish()?;
    }
    Ok(())
}

fn short(bench: &Bench) -> Result<()> {
    for country in ["", "US", "GB"] {
        let api = blocking()?;
        let setup = bench.setup(&api.url()).param("default_country", country);
        let server = bench.start(&setup)?;
        let here = NO_NUMBERS.iter().filter(|(home, _)| *home == country);
        let texts: Vec<_> = here.map(|(_, text)| *text).collect();
        each(&server, &texts, |_| Expected::bypass("no_number"))?;
        same("requests", api.requests().len(), 0)?;
        server.finish()?;
    }
    Ok(())
}

/// In the Czech Republic 151 is for emergencies; elsewhere it may be anything.
fn known(bench: &Bench) -> Result<()> {
    let passes = Expected::bypass("none").and("reason", "emergency");
    for (country, expected) in [("CZ", passes), ("", Expected::block())] {
        let api = blocking()?;
        let setup = bench.setup(&api.url()).param("default_country", country);
        let server = bench.start(&setup)?;
        let request = Request::invite(&sip(CALLER)).uri("sip:151@example.com");
        expected.check(&server.call(Transport::Udp, &request)?)?;
        server.finish()?;
    }
    Ok(())
}
