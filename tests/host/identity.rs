// SPDX-License-Identifier: GPL-2.0-or-later
//! Who calls whom: which number is asked about, what is sent with it, and what a caller can change.
use std::{net::Ipv4Addr, sync::Arc};

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Plan, Result, Setup, answer,
    sip::{Client, Reply, Request, Transport},
};

use crate::{
    bench::{Bench, Running},
    callers::{self, CALLER, SECOND},
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

mod abuse;
mod forms;
mod secsipid;

/// A source that is in no list of trusted ones.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// A list that has the address of most clients.
const TRUSTED: &str = "127.0.0.1, 192.0.2.0/24";

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        let needs = Needs::default();
        suite.trial(subject, &format!("identity/{name}"), needs, body)
    };
    let mut trials = vec![
        trial(
            "a From that no parser reads hides no other identity",
            unreadable,
        ),
        trial("an anonymous caller is flagged", flagged),
        trial("an anonymous caller is declined with 433", declined),
        trial(
            "a withheld number is asked about if the operator wants it",
            asked,
        ),
        trial("a verified number has an answer of its own", verified),
        trial("the called number is sent as the script left it", called),
        trial("a profile names places and an AVP of its own", profiles),
    ];
    trials.extend(forms::trials(suite, subject));
    trials.extend(abuse::trials(suite, subject));
    trials.extend(secsipid::trials(suite, subject));
    trials
}

fn blocking() -> Result<Api> {
    Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))
}

fn invite() -> Request {
    Request::invite(&callers::sip(CALLER))
}

/// A call from an address that is not trusted.
fn from_stranger(server: &Running, request: &Request) -> Result<Reply> {
    let mut client = Client::from_address(STRANGER, server.host.address())?;
    server.examine(client.call(request)?)
}

/// A field of the last request to the API.
fn last(api: &Api, field: &str) -> Value {
    let last = api.requests().last().map(testbed::Request::json);
    last.unwrap_or_default()[field].take()
}

fn unreadable(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()))?;
    // A server's core logs what it cannot read, so the number is not one that no log may have.
    let caller = callers::several(1).next().ok_or("no number")?;
    for from in [
        "nonsense",
        "\"Alice <sip:alice@carrier.example>",
        "<sip:alice",
        "",
    ] {
        let request = invite().from(from).header(
            "P-Asserted-Identity",
            &format!("<{}>", callers::sip(&caller)),
        );
        let mut client = Client::connect(Transport::Udp, server.host.address())?;
        client.send(&request)?;
        // Some servers do not run their script for such a request, and a lookup may be impossible for want of a transaction.
        let reply = client.final_reply(&request, std::time::Duration::from_millis(500));
        if let Ok(reply) = reply.as_ref().map(|reply| reply.avp("number_from"))
            && reply != "<no header>"
        {
            same(from, reply, "pai")?;
        }
    }
    server.finish()
}

fn flagged(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()).param("anonymous", "flag"))?;
    let expected = Expected::bypass("anonymous")
        .and("decision", "flag")
        .and("would", "flag")
        .and("ret", "2")
        .and("rc", "2")
        .and("source", "local")
        .and("reason", "anonymous");
    let anonymous = Request::invite("sip:anonymous@anonymous.invalid");
    let withheld = invite().header("Privacy", "id");
    for (request, number_from) in [(anonymous, ""), (withheld, "from")] {
        expected
            .clone()
            .and("number_from", number_from)
            .check(&server.call(Transport::Udp, &request)?)?;
    }
    same("requests", api.requests().len(), 0)?;
    server.expect(CALLER, &Expected::block())?;
    server.finish()
}

fn declined(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = bench.setup(&api.url()).param("anonymous", "block");
    setup.replies = true;
    let server = bench.start(&setup)?;
    let expected = Expected::bypass("anonymous")
        .status(433)
        .and("decision", "block")
        .and("would", "block")
        .and("ret", "-1")
        .and("rc", "-1")
        .and("source", "local")
        .and("reason", "anonymous");
    for request in [
        Request::invite("sip:anonymous@anonymous.invalid"),
        invite().header("Privacy", "id"),
    ] {
        let reply = server.call(Transport::Udp, &request)?;
        expected.check(&reply)?;
        same("phrase", reply.phrase.as_str(), "Anonymity Disallowed")?;
    }
    // A caller without a number is not anonymous, and an emergency call passes from anybody.
    let reply = server.call(
        Transport::Udp,
        &Request::invite("sip:alice@carrier.example"),
    )?;
    Expected::bypass("no_number").check(&reply)?;
    let emergency = Request::invite("sip:anonymous@anonymous.invalid").uri("sip:911@127.0.0.1");
    Expected::bypass("none").check(&server.call(Transport::Udp, &emergency)?)?;
    same("requests", api.requests().len(), 0)?;
    server.finish()
}

fn asked(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let setup = bench
        .setup(&api.url())
        .param("ask_withheld", 1)
        .param("anonymous", "flag");
    let server = bench.start(&setup)?;
    let anonymous = || Request::invite("sip:anonymous@anonymous.invalid");
    let asserted = anonymous()
        .header("Privacy", "id")
        .header("P-Asserted-Identity", &format!("<tel:{CALLER}>"));
    Expected::block()
        .and("e164", CALLER)
        .and("number_from", "pai")
        .check(&server.call(Transport::Udp, &asserted)?)?;
    same("number", last(&api, "number"), json!(CALLER))?;
    let nameless = server.call(Transport::Udp, &anonymous())?;
    same("decision", nameless.avp("decision"), "flag")?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}

fn verified(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let server = bench.start(&bench.setup(&api.url()).param("cache_ttl", 60))?;
    let from = |verstat: &str| format!("<sip:{CALLER};verstat={verstat}@carrier.example>");
    for (verstat, sent, attestation) in [
        ("TN-Validation-Passed-B", json!("TN-Validation-Passed"), "B"),
        ("TN-Validation-Failed", json!("TN-Validation-Failed"), ""),
        ("No-TN-Validation", json!("No-TN-Validation"), ""),
        ("unheard-of", Value::Null, ""),
    ] {
        let before = api.requests().len();
        for source in ["api", "cache"] {
            let reply = server.call(Transport::Udp, &invite().from(&from(verstat)))?;
            Expected::block()
                .and("source", source)
                .and("attestation", attestation)
                .check(&reply)?;
        }
        same(verstat, api.requests().len(), before + 1)?;
        same(verstat, last(&api, "verstat"), sent)?;
    }
    // Another attestation is not sent, so it is no other question.
    let reply = server.call(
        Transport::Udp,
        &invite().from(&from("TN-Validation-Passed-A")),
    )?;
    Expected::block()
        .and("source", "cache")
        .and("attestation", "A")
        .check(&reply)?;
    // All answers about the number are purged.
    server.host.command("cache_purge", &[CALLER])?;
    let before = api.requests().len();
    for verstat in ["TN-Validation-Passed", "No-TN-Validation", "unheard-of"] {
        let reply = server.call(Transport::Udp, &invite().from(&from(verstat)))?;
        Expected::block().check(&reply)?;
    }
    same("requests", api.requests().len(), before + 3)?;
    server.finish()
}

fn called(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let rewrites = Setup {
        prelude: "if ($rU == \"rewrite\") { $rU = \"+14155550187\"; }".to_owned(),
        ..bench.setup(&api.url())
    };
    let server = bench.start(&rewrites)?;
    for (uri, sent) in [
        ("sip:+14155550187@127.0.0.1", json!(SECOND)),
        (
            "sip:+1-415-555-0187;npdi@127.0.0.1;user=phone",
            json!(SECOND),
        ),
        ("sip:rewrite@127.0.0.1", json!(SECOND)),
        ("sip:service@127.0.0.1", Value::Null),
        ("sip:02079460123@127.0.0.1", Value::Null),
    ] {
        let reply = server.call(Transport::Udp, &invite().uri(uri))?;
        Expected::block().and("e164", CALLER).check(&reply)?;
        same(uri, last(&api, "called_number"), sent)?;
    }
    server.finish()
}

fn profiles(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let mut setup = bench
        .setup(&api.url())
        .param("number_source", "from")
        .profile("avp=>number_source=$avp(tenant_caller),from;verstat_source=$avp(x)")
        .profile("asserted=>number_source=pai;anonymous=flag")
        .profile("withheld=>ask_withheld=1");
    setup.prelude = format!("$avp(tenant_caller) = \"{SECOND}\"; $avp(x) = \"No-TN-Validation\";");
    setup.profile = Some("$hdr(X-Profile)".to_owned());
    let server = bench.start(&setup)?;
    let asserted = format!("<tel:{}>", callers::BRITISH);
    for (profile, number, number_from, verstat) in [
        ("", CALLER, "from", Value::Null),
        ("avp", SECOND, "script", json!("No-TN-Validation")),
        ("asserted", callers::BRITISH, "pai", Value::Null),
    ] {
        let mut request = invite().header("P-Asserted-Identity", &asserted);
        if !profile.is_empty() {
            request = request.header("X-Profile", profile);
        }
        Expected::block()
            .and("e164", number)
            .and("number_from", number_from)
            .check(&server.call(Transport::Udp, &request)?)?;
        same("number", last(&api, "number"), json!(number))?;
        same("verstat", last(&api, "verstat"), verstat)?;
    }
    for (profile, decision) in [
        ("avp", "allow"),
        ("asserted", "flag"),
        ("withheld", "block"),
    ] {
        let request = invite()
            .header("Privacy", "id")
            .header("X-Profile", profile);
        let reply = server.call(Transport::Udp, &request)?;
        same(profile, reply.avp("decision"), decision)?;
    }
    server.finish()
}
