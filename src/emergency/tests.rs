// SPDX-License-Identifier: GPL-2.0-or-later

use numbers_online_number::Country;

use super::numbers::{NATIONAL, UNAMBIGUOUS};
use super::{LONGEST, LONGEST_CODE, is_emergency, is_emergency_in, priority};
use crate::sip_header::Headers;

fn all_are(expected: bool, uris: &[&str]) {
    for uri in uris {
        assert_eq!(is_emergency(uri.as_bytes(), None), expected, "{uri}");
    }
}

#[test]
fn the_emergency_service_and_all_below_it_are_emergencies() {
    all_are(
        true,
        &[
            "urn:service:sos",
            "URN:Service:SOS",
            "urn:service:sos.police",
            "urn:service:sos.ecall.automatic",
            "urn:service:sos;q=1",
            "urn:nena:service:sos.psap",
        ],
    );
    all_are(
        false,
        &[
            "urn:service:sosial",
            "urn:service:counseling",
            "urn:service",
            "urn:",
            "urn:sos",
            "service:sos",
            "sip:urn:service:sos@example.com",
            "",
        ],
    );
}

#[test]
fn an_emergency_number_is_found_wherever_a_uri_may_carry_it() {
    all_are(
        true,
        &[
            "sip:911@example.com",
            "SIPS:112@example.com:5061;transport=tls",
            "sip:999@example.com;user=phone",
            "sip:000@example.com;user=dialstring",
            "sip:911;phone-context=+1@example.com;user=dialstring",
            "sip:911;tgrp=a;trunk-context=b@example.com",
            "sip:911:secret@example.com",
            "sip:9-1-1@example.com",
            "sip:9.1(1)@example.com",
            "sip:%39%311@example.com",
            "sip:911%3Bphone-context=+1@example.com",
            "sip:112@h\u{f8}st",
            "tel:112",
            "TEL:1-1-2",
            "tel:911;phone-context=+1",
            "tel:+911",
            "sip:988@example.com",
            "sip:933@example.com",
            "sip:110@example.com",
            "sip:15@example.com",
            "sip:116123@example.com",
        ],
    );
    assert!(is_emergency(b"sip:911@\xff", None));
}

#[test]
fn a_calling_code_may_stand_before_the_number_of_its_country() {
    all_are(
        true,
        &[
            "tel:+1911",
            "tel:+1-911",
            "sip:%2b1911@example.com",
            "sip:+1988@example.com",
            "sip:+44999@example.com",
            "sip:+44112@example.com",
            "sip:+49110@example.com",
            "sip:+3315@example.com",
            "sip:+353999@example.com",
            "sip:+112@example.com",
            "sip:0044999@example.com",
            "sip:00911@example.com",
            "sip:01144999@example.com",
            // Without a plus only the numbers that are known everywhere.
            "sip:1911@example.com",
            "sip:44999@example.com",
        ],
    );
    all_are(
        false,
        &[
            "sip:+44911@example.com",
            "sip:+1000@example.com",
            "sip:1333@example.com",
            "sip:3315@example.com",
            "sip:+1+911@example.com",
        ],
    );
}

#[test]
fn an_ordinary_number_is_no_emergency() {
    all_are(
        false,
        &[
            "sip:+14155550123@example.com",
            "sip:+19115550123@example.com",
            "tel:9115550123",
            "sip:9111@example.com",
            "sip:alice@911@example.com",
            "sip:911",
            "sip:911.example.com",
            "sip:alice@911.example.com",
            "sip:alice@example.com;user=911",
            "sip:911a@example.com",
            "sip:*911@example.com",
            "sip:9%11@example.com",
            "sip:911%@example.com",
            "sip:911%0@example.com",
            "sip:91%001@example.com",
            "sip:@example.com",
            "sip:+@example.com",
            "sip:;911@example.com",
            "mailto:911@example.com",
            "tel:",
            "911",
            "sip:1001@example.com",
        ],
    );
    assert!(!is_emergency(b"sip:91\xb9@example.com", None));
    assert!(!is_emergency(
        "sip:\u{661}\u{661}\u{662}@example.com".as_bytes(),
        None
    ));
}

#[test]
fn the_table_is_one_that_can_be_searched() {
    let mut codes: Vec<_> = NATIONAL.iter().map(|(code, _)| *code).collect();
    assert!(codes.is_sorted());
    codes.dedup();
    assert_eq!(codes.len(), NATIONAL.len());
    for (code, list) in NATIONAL.iter().copied().chain([("", UNAMBIGUOUS)]) {
        assert!(code.len() <= LONGEST_CODE, "{code}");
        for number in list.split(' ') {
            assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "{list}");
            assert!((2..=LONGEST).contains(&number.len()), "{list}");
            for before in ["", "+", "00", "011"] {
                let uri = format!("sip:{before}{number}@example.com");
                assert!(is_emergency(uri.as_bytes(), None), "{uri}");
                let uri = format!("tel:{before}{code}{number}");
                let is_global = !before.is_empty() || code.is_empty();
                assert!(!is_global || is_emergency(uri.as_bytes(), None), "{uri}");
            }
        }
    }
}

fn claimed(name: &str, bodies: &[&str]) -> Option<&'static str> {
    let lines: Vec<_> = bodies
        .iter()
        .map(|body| format!("{name}: {body}\r\n"))
        .collect();
    let section = lines.concat();
    priority(&Headers::read(section.as_bytes()))
}

#[test]
fn priority_is_read_from_every_header_in_any_case() {
    let resource = |bodies| claimed("Resource-Priority", bodies);
    for bodies in [
        ["esnet.0"].as_slice(),
        &["ESNET.3"],
        &["wps.4"],
        &["ets.0"],
        &["dsn.flash, wps.1"],
        &["q735.3", "x", " ets.2 "],
        &["dsn.flash,\r\n\tesnet.1"],
        &["esnet"],
    ] {
        assert_eq!(resource(bodies), Some("resource_priority"), "{bodies:?}");
    }
    for bodies in [
        [].as_slice(),
        &[""],
        &["dsn.flash"],
        &["esnetx.0"],
        &["x.esnet"],
        &["e,s,n,e,t"],
        &[",,.,"],
    ] {
        assert_eq!(resource(bodies), None, "{bodies:?}");
    }
    let priority = |bodies| claimed("Priority", bodies);
    assert_eq!(priority(&["psap-callback"]), Some("psap_callback"));
    assert_eq!(
        priority(&["urgent", " PSAP-Callback "]),
        Some("psap_callback")
    );
    assert_eq!(priority(&["emergency"]), None);
    assert_eq!(priority(&["psap-callback-not"]), None);
    // Each claim has its own header.
    assert_eq!(claimed("Privacy", &["psap-callback", "esnet.0"]), None);
    assert_eq!(priority(&["esnet.0"]), None);
}

#[test]
fn an_emergency_number_of_the_own_country_is_told_from_those_of_others() {
    for (country, here, elsewhere) in [
        (
            "US",
            &[
                "911", "112", "988", "+911", "1911", "+1911", "+1-988", "0111911", "0019 11",
                "00112",
            ][..],
            &[
                "105",
                "15",
                "+105",
                "011105",
                "+44999",
                "1001",
                "14155550123",
                "",
            ][..],
        ),
        (
            "GB",
            &["999", "112", "44999", "+44999", "0044999"],
            &["105", "190", "+33112", "0033112"],
        ),
        (
            "FR",
            &["15", "17", "18", "112", "33112", "+3315"],
            &["105", "3315", "+1911", "00105", "+1988", "001911"],
        ),
        ("DE", &["112", "110", "49112"], &["105", "+1933"]),
        ("CH", &["144", "+41144", "143", "+41143"], &["105"]),
        // The international prefix of the country is none of those that are known everywhere, or selects a carrier.
        (
            "JP",
            &["110", "119", "+81110", "01081119", "010 81 110"],
            &["010105", "0101911", "01044999", "01033112"],
        ),
        ("RU", &["102", "8107102"], &["810105", "81044999"]),
        ("IL", &["101", "00972101"], &["012105", "01244999"]),
        (
            "AU",
            &["000", "001161000", "+61000", "0011112"],
            &["001144999"],
        ),
        ("KR", &["119", "00182119", "00282119"], &["00144999"]),
        ("BR", &["190", "001555190"], &["001544999"]),
        ("HK", &["999", "001852999"], &["00144999", "001105"]),
        // Its calling code is not in the list of this file.
        ("GN", &["112", "911"], &["105", ""]),
    ] {
        let home = Country::new(country).expect("a country");
        let is_here = |digits: &&str| {
            let uri = format!("sip:{}@pbx.example", digits.replace(' ', "%20"));
            is_emergency_in(uri.as_bytes(), home)
        };
        for digits in here {
            assert!(is_here(digits), "{digits} in {country}");
        }
        for digits in elsewhere {
            assert!(!is_here(digits), "{digits} in {country}");
        }
        for uri in ["urn:service:sos.police", "URN:service:SOS"] {
            assert!(is_emergency_in(uri.as_bytes(), home));
        }
        assert!(!is_emergency_in(b"sip:pbx.example", home));
    }
}
