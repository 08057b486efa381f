// SPDX-License-Identifier: GPL-2.0-or-later
//! What a caller writes into From: a number is `+` and digits, and stays masked. The same bytes as a request URI and as headers
//! change nothing but what their owner may change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use numbers_online::emergency::{is_emergency, priority};
use numbers_online::number::{Caller, Number};
use numbers_online::privacy::{is_mentioned, is_withheld};
use numbers_online::sip_header::{Header, HeaderName};
use numbers_online_number::Country;

fuzz_target!(|uri: &[u8]| {
    safety(uri);
    for home in ["", "AR", "GB", "IT", "RU", "US"] {
        if let Caller::Number(number) = Caller::from_uri(uri, Country::new(home)) {
            is_number(number);
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

fn safety(bytes: &[u8]) {
    let capitals = bytes.to_ascii_uppercase();
    for home in [None, Country::new("FR")] {
        assert_eq!(is_emergency(bytes, home), is_emergency(&capitals, home));
    }
    assert_eq!(is_mentioned(bytes), is_mentioned(&capitals));
    for name in [
        HeaderName::Privacy,
        HeaderName::Priority,
        HeaderName::RemotePartyId,
        HeaderName::ResourcePriority,
    ] {
        let header = |name, body| Header { name, body };
        let one = [header(name, bytes)];
        let same = [header(name, capitals.as_slice())];
        assert_eq!(is_withheld(&one), is_withheld(&same));
        assert_eq!(priority(&one), priority(&same));
        // No header undoes another.
        let private = [header(name, bytes), header(HeaderName::Privacy, b"id")];
        assert!(is_withheld(&private));
        let urgent = [
            header(name, bytes),
            header(HeaderName::ResourcePriority, b"ets.0"),
        ];
        assert!(priority(&urgent).is_some());
    }
}
