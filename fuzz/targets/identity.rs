// SPDX-License-Identifier: GPL-2.0-or-later
//! The header section of a request, and what a caller, its trusted neighbour and the script may say about the caller in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::identity::{Caller, Identity, NumberFrom, Request, Sources};
use numbers_online::sip_header::Headers;

/// What a trusted neighbour writes, in front of everything else.
const ASSERTED: &[u8] = b"P-Asserted-Identity: <tel:+14155550123;verstat=TN-Validation-Passed>\r\nX: y\r\n";

/// Claims that count from a trusted neighbour alone.
const CLAIMS: &[u8] = b"P-Asserted-Identity: <tel:+14155550199;verstat=TN-Validation-Passed>\r\n\
    P-Preferred-Identity: <tel:+14155550199>\r\n\
    Remote-Party-ID: <tel:+14155550199>;privacy=off\r\n\
    Attestation-Info: A\r\n";

fuzz_target!(|section: &[u8]| {
    let sources = Sources::new(
        "pai,ppi,rpid,$avp(x),from",
        "number,attestation-info,$avp(x)",
    )
    .expect("usable");
    let read = |parts: [&[u8]; 2], is_trusted, avp: &[u8]| {
        let section = parts.concat();
        let request = Request {
            headers: &Headers::read(&section),
            is_trusted,
            avps: &[avp],
            home: None,
        };
        Identity::read(&request, &sources)
    };
    for is_trusted in [true, false] {
        let found = read([b"", section], is_trusted, b"");
        let Some(caller) = found.caller else {
            continue;
        };
        assert_eq!(Caller::from_shared(caller.to_shared()), Some(caller));
        assert_eq!(caller.verification, found.verification);
        assert!(is_trusted || caller.from == NumberFrom::From);
        // Privacy hides a number from nothing but the question.
        let hidden = read([b"Privacy: id\r\nX: y\r\n", section], is_trusted, b"");
        assert!(hidden.is_withheld && hidden.caller == Some(caller));
    }
    // A stranger's claims buy nothing.
    let stranger = read([b"", section], false, b"");
    assert_eq!(read([CLAIMS, section], false, b"").caller, stranger.caller);
    // Nothing behind it hides what the neighbour asserts.
    let asserted = read([ASSERTED, section], true, b"");
    assert!(asserted.caller.is_some_and(|caller| caller.from == NumberFrom::Pai));
    // The script's word counts from any source.
    let said = read([b"", section], false, b"+14155550123").caller.expect("the script's");
    assert_eq!(
        (said.from, said.number.as_str()),
        (NumberFrom::Script, "+14155550123")
    );
    // An AVP may hold anything.
    let _ = read([b"", b""], false, section);
});
