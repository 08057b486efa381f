// SPDX-License-Identifier: GPL-2.0-or-later
//! The tables of docs/numbers.md, and what is no number.

use numbers_online_number::{Country, Plausibility, is_emergency, is_short, normalise};

fn number(text: &str, home: &str) -> Option<String> {
    normalise(text.as_bytes(), Country::new(home)).map(|number| number.as_str().to_owned())
}

#[test]
fn a_form_is_the_number_that_the_documentation_names() {
    for (text, home, expected) in [
        ("+1 (415) 555-0123", "", "+14155550123"),
        ("+44 (0)20 7946 0958", "", "+442079460958"),
        ("+4402079460958", "", "+442079460958"),
        ("+39 06 555 0123", "", "+39065550123"),
        ("+52 1 55 1234 5678", "", "+525512345678"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("020 7946 0958", "gb", "+442079460958"),
        ("4155550123", "US", "+14155550123"),
        ("1 415 555 0123", "US", "+14155550123"),
        ("0044 20 7946 0958", "FR", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("442079460958", "GB", "+442079460958"),
        ("011 15 5555 0100", "AR", "+5491155550100"),
        ("0 15 21 5555 0123", "BR", "+552155550123"),
        ("+02079460958", "GB", "+442079460958"),
        ("06 555 0123", "IT", "+39065550123"),
        ("+4155550123", "US", "+14155550123"),
        ("+4155550123", "", "+4155550123"),
        ("+89161234567", "RU", "+79161234567"),
        ("+0044 20 7946 0958", "FR", "+442079460958"),
        ("4002", "NU", "+6834002"),
        // Not assigned, and longer than the numbers of its country: both are decided on later.
        ("+999123456", "", "+999123456"),
        ("+1415555012345", "", "+1415555012345"),
        ("+1", "", "+1"),
    ] {
        assert_eq!(number(text, home).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_number_has_no_global_form() {
    for (text, home) in [
        ("442079460958", ""),
        ("02079460958", ""),
        ("0044 20 7946 0958", ""),
        ("442079460958", "US"),
        ("1001", "US"),
        ("1001", "DE"),
        ("112", "DE"),
        ("112", ""),
        ("+112", ""),
        ("+44 999", ""),
        ("+1911", ""),
        ("00 44 999", "FR"),
        ("alice", "US"),
        ("1-800-FLOWERS", "US"),
        ("*67", "US"),
        ("+", "US"),
        ("", "US"),
        ("++14155550123", ""),
        ("+1+4155550123", ""),
        ("+1234567890123456", ""),
        ("00000000000000000000000000000000", "GB"),
    ] {
        assert_eq!(number(text, home), None, "{text} in {home}");
    }
}

#[test]
fn a_country_is_known_by_its_iso_code() {
    for code in ["GB", "gb", "Us", "XK", "AC"] {
        let country = Country::new(code).map(Country::code);
        assert_eq!(country, Some(code.to_uppercase().as_str()));
    }
    for code in ["", "UK", "USA", "1", "00", "G", "G ", "\u{df}"] {
        assert_eq!(Country::new(code), None, "{code}");
    }
}

#[test]
fn emergency_numbers_are_known_by_country() {
    for (text, home, expected) in [
        ("999", "GB", true),
        ("9-9-9", "GB", true),
        ("999", "", false),
        ("999", "US", false),
        ("+44999", "", true),
        ("+112", "", true),
        ("+000", "", true),
        ("+00", "", false),
        ("0044 999", "FR", true),
        ("01144999", "US", true),
        ("01144999", "GB", false),
        ("101", "IN", true),
        ("+14155550123", "US", false),
        ("9991", "GB", false),
        ("99a", "GB", false),
    ] {
        let country = Country::new(home);
        assert_eq!(
            is_emergency(text.as_bytes(), country),
            expected,
            "{text} in {home}"
        );
        assert!(!expected || is_short(text.as_bytes(), country), "{text}");
    }
}

#[test]
fn extensions_and_short_numbers_are_short() {
    for (text, home, expected) in [
        ("1001", "", true),
        ("1001", "US", true),
        ("100100", "US", true),
        ("1001001", "US", false),
        ("411", "US", true),
        ("+1411", "", true),
        ("116123", "GB", true),
        ("+4415", "", false),
        ("+14155550123", "", false),
        ("020 7946 0958", "GB", false),
        ("alice", "", false),
    ] {
        assert_eq!(
            is_short(text.as_bytes(), Country::new(home)),
            expected,
            "{text} in {home}"
        );
    }
}

#[test]
fn a_number_is_masked_when_it_is_printed() {
    for (text, masked) in [
        ("+447700900123", "+44********23"),
        ("+14155550123", "+1********23"),
        ("+353209101234", "+353*******34"),
        ("+999123456", "+999****56"),
        ("+12", "+12"),
        ("+1", "+1"),
    ] {
        let number = numbers_online_number::E164::new(text);
        assert_eq!(
            number.map(|number| format!("{number:?}")).as_deref(),
            Some(masked)
        );
    }
}

#[test]
fn what_can_exist_is_told_from_what_cannot() {
    for (text, can_exist) in [
        // Country codes that are not assigned.
        ("+999123456789", false),
        ("+21012345678", false),
        ("+8912345678", false),
        ("+8", false),
        // Lengths that the country does not have.
        ("+1415555012", false),
        ("+141555501234", false),
        ("+4420794609", false),
        ("+44207946095812", false),
        ("+15550123", false),
        ("+15552222", false),
        ("+13105550", true),
        ("+1", false),
        // Area and exchange codes of North America.
        ("+10155550123", false),
        ("+11155550123", false),
        ("+14150550123", false),
        ("+14151550123", false),
        ("+19995550123", true),
        // Not assigned, as far as is known.
        ("+442000000000", true),
        ("+33000000000", true),
        // Mexico's mobile numbers as they were, a trunk prefix, a calling code twice.
        ("+5215512345678", true),
        ("+480221234567", true),
        ("+44442079460958", true),
        ("+44447700900123", true),
        ("+104155550123", true),
        ("+110155550123", false),
        ("+0442079460958", true),
        // Codes of no country, and codes that are reserved.
        ("+80012345678", true),
        ("+870123456789", true),
        ("+882123456789", true),
        ("+979123456789", true),
        ("+99712345678", true),
    ] {
        let number = numbers_online_number::E164::new(text).expect("E.164");
        let plausibility = number.plausibility();
        assert_eq!(number.is_possible(), can_exist, "{text}");
        assert_eq!(
            plausibility != Plausibility::Impossible,
            can_exist,
            "{text}: {plausibility:?}"
        );
    }
}
