// SPDX-License-Identifier: GPL-2.0-or-later
//! What it costs to read the identity of a call: no allocation, and a time that `--nocapture` prints.

use std::hint::black_box;
use std::time::Instant;

use numbers_online_number::Country;

use crate::identity::{Identity, Request, Sources};
use crate::os::allocator::counting::allocations;
use crate::sip_header::Headers;

/// The headers of an ordinary call behind a trunk.
const ORDINARY: &str = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds;rport\r\n\
    Record-Route: <sip:192.0.2.1;lr>\r\n\
    Max-Forwards: 70\r\n\
    To: <sip:+442079460123@example.com>\r\n\
    From: \"Doe, John\" <sip:+14155550123@example.com;user=phone>;tag=1928301774\r\n\
    Call-ID: a84b4c76e66710@pc33.example.com\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:+14155550123@192.0.2.1:5060>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK\r\n\
    Supported: 100rel, timer, replaces\r\n\
    Session-Expires: 1800\r\n\
    User-Agent: carrier\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 142\r\n\r\n";

#[allow(clippy::print_stdout, reason = "figures for people")]
#[test]
fn an_identity_is_read_without_an_allocation() {
    let asserted = ORDINARY.replace(
        "Max-Forwards",
        "P-Asserted-Identity: <sip:+14155550123@a>, <tel:+1-415-555-0123;verstat=TN-Validation-Passed-B>\r\n\
         Privacy: none\r\nMax-Forwards",
    );
    let escaped = ORDINARY.replace("sip:+14155550123@e", "sip:%2B1%28415%29555-0123;tgrp=a@e");
    let national = ORDINARY.replace("sip:+14155550123@e", "sip:02079460123@e");
    let crowded = format!(
        "{}{ORDINARY}",
        "P-Asserted-Identity: <sip:a@b>\r\n".repeat(100)
    );
    let broken = format!(
        "P-Asserted-Identity: {}\r\n{ORDINARY}",
        "<,\"".repeat(10_000)
    );
    let sources = Sources::new("pai,ppi,rpid,$avp(x),from", "number,attestation-info");
    let every = sources.expect("usable");
    let usual = Sources::new("pai,from", "number").expect("usable");
    for (name, section, sources) in [
        ("From alone", ORDINARY, &usual),
        ("From alone, every place searched", ORDINARY, &every),
        ("P-Asserted-Identity", &asserted, &usual),
        ("escapes and parameters", &escaped, &usual),
        ("a national number", &national, &usual),
        ("a hundred headers", &crowded, &usual),
        ("brackets without an end", &broken, &usual),
    ] {
        let read = || {
            let request = Request {
                headers: &Headers::read(section.as_bytes()),
                is_trusted: true,
                avps: &[b""],
                home: Country::new("GB"),
            };
            Identity::read(&request, sources)
        };
        let before = allocations();
        let found = black_box(read());
        assert_eq!(allocations(), before, "{name}");
        assert!(found.caller.is_some(), "{name}");
        let rounds: u32 = if section.len() > 4000 { 2 } else { 50 };
        // The shortest of many short rounds is the one that nothing interrupted.
        let best = (0..300).map(|_| {
            let started = Instant::now();
            for _ in 0..rounds {
                black_box(read());
            }
            started.elapsed() / rounds
        });
        println!("{:>10?} {name}", best.min().unwrap_or_default());
    }
}
