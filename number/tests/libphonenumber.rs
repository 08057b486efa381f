// SPDX-License-Identifier: GPL-2.0-or-later
//! Compares with rlibphonenumber, whose metadata the tables are made of, over numbers of all countries.

#![allow(clippy::expect_used, reason = "a failing test may panic")]

use numbers_online_number::{Country, E164, Plausibility, is_short, normalise};
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region,
};

fn regions() -> Vec<Region> {
    let mut regions: Vec<_> = PHONE_NUMBER_UTIL.get_supported_regions().collect();
    regions.sort_by_key(ToString::to_string);
    regions
}

/// What the library reads.
fn theirs(text: &str, home: Region) -> Option<(PhoneNumber, String)> {
    let number = PHONE_NUMBER_UTIL.parse(text, Some(home)).ok()?;
    let text = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
    let text = text.into_owned();
    Some((number, text))
}

fn ours(text: &str, home: Region) -> Option<String> {
    let home = Country::new(&home.to_string());
    normalise(text.as_bytes(), home).map(|number| number.as_str().to_owned())
}

/// Numbers of a country: one of each type, and the same with other digits at the end.
fn examples(region: Region) -> Vec<PhoneNumber> {
    let mut numbers = Vec::new();
    for kind in TYPES {
        let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind)
        else {
            continue;
        };
        for change in [0, 1, 7, 56, 123, 4_321] {
            let mut number = example.clone();
            number.national_number += change;
            numbers.push(number);
        }
    }
    numbers
}

#[test]
fn every_form_of_a_number_of_every_country_is_the_number() {
    let mut compared = 0;
    let mut short = Vec::new();
    for region in regions() {
        let code = Country::new(&region.to_string());
        assert!(code.is_some(), "{region}");
        for number in examples(region) {
            if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
                continue;
            }
            let abroad = if region == Region::GB {
                Region::FR
            } else {
                Region::GB
            };
            for (text, home) in [
                (
                    PHONE_NUMBER_UTIL
                        .format(&number, PhoneNumberFormat::E164)
                        .into_owned(),
                    region,
                ),
                (
                    PHONE_NUMBER_UTIL
                        .format(&number, PhoneNumberFormat::International)
                        .into_owned(),
                    region,
                ),
                (
                    PHONE_NUMBER_UTIL
                        .format(&number, PhoneNumberFormat::National)
                        .into_owned(),
                    region,
                ),
                (
                    PHONE_NUMBER_UTIL
                        .format_out_of_country_calling_number(&number, abroad)
                        .into_owned(),
                    abroad,
                ),
            ] {
                if is_short(text.as_bytes(), Country::new(&home.to_string())) {
                    short.push(text);
                    continue;
                }
                let their_number = theirs(&text, home).map(|(_, text)| text);
                assert_eq!(ours(&text, home), their_number, "{text} in {home}");
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
    assert!(short.len() < compared / 100, "{short:?}");
}

#[test]
fn any_digits_are_what_the_library_reads() {
    let mut random = Random(1);
    let (mut same, mut refused) = (0, 0);
    for region in regions() {
        for _ in 0..400 {
            let text = random.text();
            let (Some(our_number), their_number) = (ours(&text, region), theirs(&text, region))
            else {
                refused += 1;
                continue;
            };
            let Some((number, their_text)) = their_number else {
                continue;
            };
            // What the library cannot take apart is as it was. Mexico's mobile numbers are not, and what cannot be a global number
            // is a national one behind a plus.
            let is_valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
            let is_known = our_number == text
                || their_text.starts_with("+521")
                || text.starts_with('+') && !is_valid;
            assert!(
                our_number == their_text || is_known,
                "{text} in {region}: {our_number}, not {their_text}"
            );
            same += usize::from(our_number == their_text);
        }
    }
    assert!(same > 30_000, "{same}, {refused} refused");
}

#[test]
fn validity_and_line_type_are_those_of_the_library() {
    let mut random = Random(2);
    let (mut valid, mut doubtful, mut impossible) = (0, 0, 0);
    for region in regions() {
        let random_ones = (0..60).filter_map(|_| theirs(&random.global(region), region));
        let examples = examples(region).into_iter().map(|number| {
            let text = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
            let text = text.into_owned();
            (number, text)
        });
        for (number, text) in examples.chain(random_ones) {
            let Some(ours) = E164::new(&text) else {
                continue;
            };
            let their_type = PHONE_NUMBER_UTIL.get_number_type(&number);
            match ours.plausibility() {
                Plausibility::Valid(line_type) => {
                    let same =
                        format!("{line_type:?}").eq_ignore_ascii_case(&format!("{their_type:?}"));
                    assert!(same, "{text}: {line_type:?}, not {their_type:?}");
                    assert!(PHONE_NUMBER_UTIL.is_valid_number(&number), "{text}");
                    valid += 1;
                }
                Plausibility::Doubtful => {
                    assert!(!PHONE_NUMBER_UTIL.is_valid_number(&number), "{text}");
                    doubtful += 1;
                }
                Plausibility::Impossible => {
                    assert!(!PHONE_NUMBER_UTIL.is_valid_number(&number), "{text}");
                    let reason = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number);
                    let is_north_american = text.starts_with("+1") && text.len() == 12;
                    assert!(
                        is_north_american || !matches!(reason, Ok(NumberLengthType::IsPossible)),
                        "{text}"
                    );
                    impossible += 1;
                }
            }
        }
    }
    assert!(
        valid > 5_000 && doubtful > 3_000 && impossible > 1_000,
        "{valid} {doubtful} {impossible}"
    );
}

/// Xorshift: the same numbers in each run.
struct Random(u64);

impl Random {
    fn next(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// The calling code of a country, and digits.
    fn global(&mut self, region: Region) -> String {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region);
        let code = code.expect("a country").to_string();
        let len = 4 + self.next(9);
        let digits = (0..len).map(|_| self.digit());
        "+".chars().chain(code.chars()).chain(digits).collect()
    }

    fn digit(&mut self) -> char {
        char::from(b'0' + u8::try_from(self.next(10)).expect("a digit"))
    }

    /// Digits behind what may stand before a number.
    fn text(&mut self) -> String {
        const PREFIXES: [&str; 16] = [
            "", "", "", "", "0", "0", "00", "1", "8", "+", "+", "+", "011", "015", "80", "06",
        ];
        let prefix = PREFIXES[usize::try_from(self.next(16)).expect("small")];
        let len = 5 + self.next(9);
        let digits = (0..len).map(|_| self.digit());
        prefix.chars().chain(digits).collect()
    }
}

const TYPES: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];
