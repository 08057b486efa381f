// SPDX-License-Identifier: GPL-2.0-or-later
//! The rude peers: one for each wait that a deadline has to end, and some that send without a pause.

use std::time::Duration;

use testbed::Step::{Close, Drip, Hold, Repeat, Send, Wait};
use testbed::answer::{chunk, decision, head, response};
use testbed::{Flaw, Greeting, Manner, Plan, Step};

/// One kind of rude peer.
pub(crate) struct Case {
    /// The name in the table.
    pub(crate) name: String,
    /// The peer.
    pub(crate) peer: Peer,
    /// How many calls it gets at a time. A flood and its reader keep two processors busy. With many of them, the time that each waits
    /// for a processor would be measured.
    pub(crate) at_once: usize,
}

/// A rude peer.
pub(crate) enum Peer {
    /// The API, in clear.
    Http(Plan),
    /// The API over TLS.
    Https(Plan, Flaw),
    /// A port that does not answer a SYN.
    Swallows,
    /// The name server.
    Names(Manner),
}

impl Peer {
    /// A name server listens on port 53, which this machine may need for its own.
    pub(crate) fn needs_namespace(&self) -> bool {
        matches!(self, Self::Names(_))
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![
        case("TCP: a SYN black hole", Peer::Swallows),
        case(
            "TLS: accepts and says nothing",
            Peer::Https(Plan::greeting(Greeting::Silence), Flaw::None),
        ),
        case(
            "TLS: stalls in the handshake",
            Peer::Https(Plan::greeting(Greeting::StallInHandshake), Flaw::None),
        ),
        case(
            "TLS: a self-signed certificate",
            Peer::Https(Plan::always(Vec::new()), Flaw::SelfSigned),
        ),
        case(
            "HTTP: accepts and says nothing",
            Peer::Http(Plan::greeting(Greeting::Silence)),
        ),
    ];
    for (name, steps) in rude_answers() {
        cases.push(case(
            &format!("HTTP: {name}"),
            Peer::Http(Plan::always(steps.clone())),
        ));
        cases.push(case(
            &format!("HTTPS: {name}"),
            Peer::Https(Plan::always(steps), Flaw::None),
        ));
    }
    // Last: the first server must not start in a namespace, because all later ones would start there too.
    cases.extend([
        case("DNS: never answers", Peer::Names(Manner::Silence)),
        case(
            "DNS: answers after 2 s",
            Peer::Names(Manner::Late(Duration::from_secs(2))),
        ),
        case("DNS: sends no DNS message", Peer::Names(Manner::Garbage)),
    ]);
    cases
}

fn rude_answers() -> Vec<(&'static str, Vec<Step>)> {
    let body = decision("block", 603).to_string().into_bytes();
    let whole = response("200 OK", &[], &body);
    let chunked = Send(head("200 OK", &[("Transfer-Encoding", "chunked")]));
    let start = Send(whole[..whole.len() - body.len()].to_vec());
    let drip = Duration::from_millis(10);
    let flood = |bytes: Vec<u8>| Repeat {
        bytes,
        every: Duration::ZERO,
        times: 1_000_000,
    };
    let go_on = head("100 Continue", &[]);
    vec![
        ("reads the request and says nothing", vec![Hold]),
        ("drips its headers", vec![Drip(whole.clone(), drip)]),
        (
            "drips its body",
            vec![start.clone(), Drip(body.clone(), drip)],
        ),
        (
            "stops in its headers",
            vec![Send(whole[..20].to_vec()), Hold],
        ),
        (
            "stops in its body",
            vec![Send(whole[..whole.len() - 1].to_vec()), Hold],
        ),
        (
            "stops between two chunks",
            vec![chunked.clone(), Send(chunk(&body[..9])), Hold],
        ),
        (
            "answers at the deadline",
            vec![Wait(Duration::from_millis(99)), Send(whole)],
        ),
        (
            "a slow flood of 100 Continue",
            vec![Repeat {
                bytes: go_on.clone(),
                every: drip,
                times: 400,
            }],
        ),
        ("a fast flood of 100 Continue", vec![flood(go_on)]),
        (
            "endless headers",
            vec![
                Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                flood(b"X-More: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".to_vec()),
            ],
        ),
        (
            "an endless chunked body",
            vec![chunked, flood(chunk(&[b' '; 4096])), Close],
        ),
    ]
}

fn case(name: &str, peer: Peer) -> Case {
    Case {
        name: name.to_owned(),
        peer,
        at_once: if name.contains("flood") || name.contains("endless") {
            2
        } else {
            16
        },
    }
}
