// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Parts, Value, values};

fn uris(body: &str) -> Vec<String> {
    values(body.as_bytes())
        .map(|value| String::from_utf8_lossy(value.uri()).into_owned())
        .collect()
}

#[test]
fn values_end_at_commas_outside_of_quotes_and_brackets() {
    for (body, expected) in [
        ("<sip:a@b>", &["sip:a@b"][..]),
        ("<sip:a@b>, <tel:+1>", &["sip:a@b", "tel:+1"]),
        ("\"Doe, John\" <sip:a@b>", &["sip:a@b"]),
        ("\"<sip:x@y>\" <sip:a@b>;tag=1", &["sip:a@b"]),
        ("\"a\\\"<sip:x@y>,\" <sip:a@b>", &["sip:a@b"]),
        ("\"a\\\\\" <sip:a@b>", &["sip:a@b"]),
        ("<sip:a,b@c>,<sip:d@e>", &["sip:a,b@c", "sip:d@e"]),
        ("A\r\n <sip:a@b>\r\n\t;x", &["sip:a@b"]),
        ("sip:a@b;tag=1", &["sip:a@b;tag=1"]),
        ("< sip:a@b >", &["sip:a@b"]),
        ("", &[""]),
        (",", &["", ""]),
        // Quotes and brackets that are never closed.
        ("\"O\"Brien\" <sip:a@b>", &["sip:a@b"]),
        ("<sip:a@b", &["sip:a@b"]),
        ("<sip:a@b, <sip:c@d>", &["sip:a@b, <sip:c@d"]),
        ("<sip:a@b, sip:c@d", &["sip:a@b", "sip:c@d"]),
    ] {
        assert_eq!(uris(body), expected, "{body:?}");
    }
}

#[test]
fn parameters_are_found_by_name() {
    let value = Value::only(b"\"a;x=1\" <sip:a@b;x=2>;x=3 ; X = \"4\";y;x");
    let found: Vec<_> = value.parameters(b"x").collect();
    assert_eq!(found, [b"3", b"4"]);
}

#[test]
fn an_end_that_is_missing_is_searched_for_once() {
    for text in ["<,<,<,<", "\",<,", "a,<b,\"c,"] {
        let mut parts = Parts::of(text.as_bytes(), b',');
        let found = (&mut parts).count();
        assert_eq!(found, text.matches(',').count() + 1, "{text}");
        assert!(parts.is_plain, "{text}");
    }
}
