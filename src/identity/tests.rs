// SPDX-License-Identifier: GPL-2.0-or-later

mod cost;
mod forms;

use super::{Identity, Request, Sources, called_number, from_tag};
use crate::sip_header::Headers;

/// The forms of the table that all tests share.
const FORMS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/callers.txt"
));

#[test]
fn a_caller_is_read_in_every_form() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in FORMS.lines() {
        let Some(form) = forms::Form::read(line) else {
            continue;
        };
        count += 1;
        let found = form.identify();
        if found != form.expected {
            wrong.push(format!("{line}\n    but: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 200, "{count} forms");
}

#[test]
fn the_called_number_is_that_of_the_uri_the_call_goes_to() {
    for (called_uri, expected) in [
        ("sip:+442079460123@example.com", Some("+442079460123")),
        ("tel:+44-20-7946-0123", Some("+442079460123")),
        (
            "sip:+442079460123;npdi;rn=+442079460199@example.com;user=phone",
            Some("+442079460123"),
        ),
        ("sip:service@example.com", None),
        ("sip:911@example.com", None),
        ("urn:service:sos", None),
        ("", None),
    ] {
        let called = called_number(called_uri.as_bytes(), None);
        let called = called.as_ref().map(crate::number::Number::as_str);
        assert_eq!(called, expected, "{called_uri}");
    }
}

#[test]
fn the_tag_of_from_is_found() {
    for (head, tag) in [
        ("From: <sip:a@b>;tag=1x\r\n", "1x"),
        ("f: \"a;tag=2\" <sip:a@b;tag=3> ; TAG = 4 ;x\r\n", "4"),
        ("From: sip:a@b;tag=5\r\nFrom: <sip:a@b>;tag=6\r\n", "5"),
        ("From: <sip:a@b>\r\n", ""),
        ("To: <sip:a@b>;tag=7\r\n", ""),
    ] {
        assert_eq!(from_tag(head.as_bytes()), tag.as_bytes(), "{head}");
    }
}

#[test]
fn the_numbers_that_are_read_at_one_place_are_limited() {
    let sources = Sources::new("pai,from", "number").expect("usable");
    let found = |junk: &str, count: usize| {
        let section = format!(
            "P-Asserted-Identity: {}<tel:+14155550123>\r\nFrom: <sip:+12025550123@b>\r\n",
            junk.repeat(count)
        );
        let headers = Headers::read(section.as_bytes());
        let request = Request {
            headers: &headers,
            is_trusted: true,
            avps: &[],
            home: None,
        };
        let caller = Identity::read(&request, &sources).caller.expect("a number");
        caller.number.as_str().to_owned()
    };
    for (junk, count, number) in [
        ("<sip:alice@b>,", 5000, "+14155550123"),
        ("<sip:+911@b>,", 63, "+14155550123"),
        ("<sip:+911@b>,", 64, "+12025550123"),
        ("<sip:+12015550123@b>,", 5000, "+14155550123"),
    ] {
        assert_eq!(found(junk, count), number, "{count} times {junk}");
    }
}
