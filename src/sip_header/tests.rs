// SPDX-License-Identifier: GPL-2.0-or-later

use super::{FIRST, HeaderName, Headers, INITIALS, NAMES};

fn bodies(section: &str, name: HeaderName) -> Vec<String> {
    Headers::read(section.as_bytes())
        .bodies(name)
        .map(|body| String::from_utf8_lossy(body.trim_ascii()).into_owned())
        .collect()
}

#[test]
fn a_header_is_found_by_its_name_alone() {
    for (section, expected) in [
        ("Privacy: id\r\n\r\n", &["id"][..]),
        ("PRIVACY\t :id\r\n", &["id"]),
        ("privacy:id\nprivacy: user", &["id", "user"]),
        (
            "Privacy:\r\n id;\r\n\tuser\r\nVia: x\r\n",
            &["id;\r\n\tuser"],
        ),
        ("no header\r\nPrivacy: id\r\n", &["id"]),
        ("Privacy\r\nPrivacy id\r\nPrivacy:\r\n", &[""]),
        (
            "X-Privacy: id\r\nPrivacyX: id\r\nSubject: Privacy: id\r\n",
            &[],
        ),
        // A continuation is part of the header before it, whatever stands in it.
        ("Subject: x\r\n Privacy: id\r\n", &[]),
        (" Privacy: id\r\n", &[]),
        // A body is not part of the headers.
        ("Via: x\r\n\r\nPrivacy: id\r\n", &[]),
        ("Via: x\n\nPrivacy: id\n", &[]),
        // A carriage return alone ends no line.
        ("Subject: x\rPrivacy: id\r\n", &[]),
        ("", &[]),
    ] {
        assert_eq!(
            bodies(section, HeaderName::Privacy),
            expected,
            "{section:?}"
        );
    }
}

#[test]
fn from_has_a_compact_form() {
    assert_eq!(bodies("f: <sip:a@b>\r\n", HeaderName::From), ["<sip:a@b>"]);
    assert_eq!(bodies("F : x\r\nFrom: y\r\n", HeaderName::From), ["x", "y"]);
}

#[test]
fn no_header_is_lost_behind_many_others() {
    let mut section = "Priority: normal\r\n".repeat(FIRST * 10);
    section.push_str("From: a\r\nPrivacy: id\r\nPrivacy: user\r\n");
    assert_eq!(bodies(&section, HeaderName::From), ["a"]);
    assert_eq!(bodies(&section, HeaderName::Privacy), ["id", "user"]);
    assert_eq!(bodies(&section, HeaderName::Priority).len(), FIRST * 10);
}

#[test]
fn the_first_letters_are_those_of_the_names() {
    for (name, _) in NAMES {
        assert_eq!(name.to_ascii_lowercase(), *name);
        assert!(INITIALS.contains(&name[0]));
    }
}
