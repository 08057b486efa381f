// SPDX-License-Identifier: GPL-2.0-or-later
//! One call is one decision and one charge, with any number of requests.
use std::sync::Arc;

use libtest_mimic::Trial;
use testbed::{
    Api, Plan, Result, answer,
    sip::{Client, Request, Transport},
};

use crate::{
    bench::Bench,
    callers::{self, CALLER, SECOND},
    calls::SOON,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let trial = |name: &str, body: fn(&Bench) -> Result<()>| {
        suite.trial(subject, name, Needs::default(), body)
    };
    vec![
        trial(
            "once/for two calls of the function in one transaction",
            once_for_two_calls,
        ),
        trial(
            "once/with one Idempotency-Key for all requests of a call",
            one_key_for_a_call,
        ),
        trial("once/and every value is written anew", every_value_is_new),
    ]
}

fn once_for_two_calls(bench: &Bench) -> Result<()> {
    // A second answer would be another one.
    let replies = vec![
        answer::ok(&answer::decision("block", 603)),
        answer::ok(&answer::decision("allow", 503)),
    ];
    let api = Api::http(Plan::in_turn(replies))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    for transport in Transport::ALL {
        api.play(Plan::always(answer::ok(&answer::decision("block", 603))));
        let asked = api.requests().len();
        let reply = server.call(
            transport,
            &Request::invite(&callers::sip(CALLER)).header("X-Test", "twice"),
        )?;
        Expected::block()
            .and("receipt", answer::RECEIPT)
            .check(&reply)?;
        same(
            "the first result",
            reply.avp("first"),
            format!("-1 block {}", answer::RECEIPT).as_str(),
        )?;
        same("requests", api.requests().len() - asked, 1)?;
    }
    server.finish()
}

fn one_key_for_a_call(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&answer::decision("block", 603))))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let first = Request::invite(&callers::sip(CALLER));
    let mut client = Client::connect(Transport::Udp, server.host.address())?;
    // A retransmission after the reply; what came before it is answered from the same transaction or asked again.
    client.call(&first)?;
    client.call(&first)?;
    // A serial fork: another branch and CSeq of the same call.
    let mut fork = first.clone();
    fork.branch.push_str("fork");
    fork.cseq += 1;
    client.call(&fork)?;
    let same_call = api.requests();
    let keys = |requests: &[testbed::Request]| -> Vec<String> {
        requests
            .iter()
            .map(|request| {
                request
                    .header("Idempotency-Key")
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    };
    let mut one = keys(&same_call);
    one.dedup();
    same("keys of one call", one.len(), 1)?;

    let mut others = [
        Request::invite(&callers::sip(SECOND)),
        first.clone(),
        first.clone(),
    ];
    others[0].call_id.clone_from(&first.call_id);
    others[0].from_tag.clone_from(&first.from_tag);
    others[1].call_id.push('x');
    others[2].from_tag.push('x');
    for (other, fork) in others.iter_mut().zip(["b", "c", "d"]) {
        // A server with transactions would take it for a retransmission of the first call.
        other.branch.push_str(fork);
        client.call(other)?;
    }
    let mut all = keys(&api.wait_for_requests(same_call.len() + 3, SOON));
    all.sort();
    all.dedup();
    same("keys of four calls", all.len(), 4)?;
    server.finish()
}

fn every_value_is_new(bench: &Bench) -> Result<()> {
    let api = Api::http(Plan::always(answer::refusal(
        "500 Internal Server Error",
        "error",
        &[],
    )))?;
    let server = bench.start(&bench.setup(&api.url()))?;
    let reply = server.call(
        Transport::Udp,
        &Request::invite(&callers::sip(CALLER)).header("X-Test", "stale"),
    )?;
    Expected::fail_open("http_5xx").check(&reply)?;
    let stale: Vec<_> = reply
        .headers
        .iter()
        .filter(|(_, value)| value.contains("stale"))
        .collect();
    same("stale values", stale, Vec::new())?;
    server.finish()
}
