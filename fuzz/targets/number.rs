// SPDX-License-Identifier: GPL-2.0-or-later
//! What a caller writes into a header: a number is `+` and digits, and stays masked. The same bytes as a request URI and as headers
//! change nothing but what their owner may change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::emergency::{is_emergency, priority};
use numbers_online::identity::{Identity, Request, Sources};
use numbers_online::number::Number;
use numbers_online::privacy::is_withheld;
use numbers_online::sip_header::Headers;
use numbers_online_number::Country;

fuzz_target!(|bytes: &[u8]| {
    safety(bytes);
    for home in ["", "AR", "GB", "IT", "RU", "US"] {
        if let Some(caller) = identity(bytes, Country::new(home)).caller {
            is_number(caller.number);
        }
    }
});

fn is_number(number: Number) {
    let text = number.as_str();
    let digits = text.strip_prefix('+').expect("a global number");
    assert!((1..=15).contains(&digits.len()));
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(Number::from_shared(number.to_shared()), Some(number));
    let masked = format!("{number:?}");
    assert_eq!(masked.len(), text.len());
    // A country code has three digits at the most, and the last two stay.
    assert!(masked.matches('*').count() + 6 >= text.len());
}

fn identity(body: &[u8], home: Option<Country>) -> Identity {
    let section = [b"From: ", body].concat();
    let request = Request {
        headers: &Headers::read(&section),
        is_trusted: true,
        avps: &[],
        home,
    };
    let sources = Sources::new("from", "number").expect("usable");
    Identity::read(&request, &sources)
}

fn safety(bytes: &[u8]) {
    let capitals = bytes.to_ascii_uppercase();
    for home in [None, Country::new("FR")] {
        assert_eq!(is_emergency(bytes, home), is_emergency(&capitals, home));
    }
    for name in [
        b"Privacy: ".as_slice(),
        b"Priority: ",
        b"Remote-Party-ID: ",
        b"Resource-Priority: ",
        b"",
    ] {
        let one = [name, bytes].concat();
        let same = [name, &capitals].concat();
        let (one, same) = (Headers::read(&one), Headers::read(&same));
        assert_eq!(is_withheld(&one), is_withheld(&same));
        assert_eq!(priority(&one), priority(&same));
        // No header undoes another.
        let more = [b"Privacy: id\nResource-Priority: ets.0\n".as_slice(), name, bytes].concat();
        let more = Headers::read(&more);
        assert!(is_withheld(&more) && priority(&more).is_some());
    }
}
