// SPDX-License-Identifier: GPL-2.0-or-later

use super::Identity;
use crate::sip_header::Headers;

fn read(from: &str) -> (Option<String>, bool) {
    let section = format!("From: <{from}>;tag=1\r\n");
    let identity = Identity::read(&Headers::read(section.as_bytes()), None);
    let number = identity
        .caller
        .map(|caller| caller.number.as_str().to_owned());
    (number, identity.is_withheld)
}

#[test]
fn a_global_number_is_found_wherever_a_uri_may_carry_it() {
    for uri in [
        "sip:+14155550123@192.0.2.1",
        "sips:+14155550123@example.com:5061;transport=tls",
        "SIP:+1-415-555-0123@example.com;user=phone",
        "sip:+14155550123;tgrp=trunk1;trunk-context=example.com@example.com",
        "sip:+14155550123;npdi;rn=+14155550199@example.com",
        "sip:+14155550123:secret@example.com",
        "sip:%2B14155550123@example.com",
        "tel:+14155550123",
        "tel:+1(415)555.0123;isub=1411",
    ] {
        assert_eq!(read(uri), (Some("+14155550123".to_owned()), false), "{uri}");
    }
}

#[test]
fn a_withheld_number_is_anonymous() {
    for uri in [
        "sip:anonymous@anonymous.invalid",
        "sip:Restricted@10.0.0.1",
        "sip:anonymous.invalid",
        "sip:a%6eonymous@example.com",
    ] {
        assert_eq!(read(uri), (None, true), "{uri}");
    }
    assert_eq!(
        read("sip:+14155550123@anonymous.invalid:5060;user=phone"),
        (Some("+14155550123".to_owned()), true)
    );
}

#[test]
fn what_is_not_a_global_number_is_no_number() {
    for uri in [
        "sip:02079460958@example.com",
        "sip:14155550123@example.com",
        "tel:555-0123;phone-context=+1415",
        "sip:alice@example.com",
        "sip:+@example.com",
        "sip:+1234567890123456@example.com",
        "sip:+1415%zz@example.com",
        "sip:+1415%2@example.com",
        "sip:+1%00415@example.com",
        "sip:example.com",
        "urn:service:sos",
        "",
        "+14155550123",
    ] {
        assert_eq!(read(uri), (None, false), "{uri}");
    }
}
