// SPDX-License-Identifier: GPL-2.0-or-later

//! Calling numbers: parsed from a caller's text to a canonical E.164 number.

use std::fmt;
use std::num::NonZeroU64;
use std::panic::{UnwindSafe, catch_unwind};
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};
use serde::Serialize;

use crate::country::Country;
use crate::line_type::LineType;

/// What the numbering plan says about the calling number of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A number that the plan of its country can assign.
    Valid(Subscriber),
    /// Text that is no telephone number, or a number that no plan can assign.
    Invalid,
}

/// A valid number and what follows from its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The canonical number.
    pub e164: E164,
    /// The country calling code, such as 1 or 44.
    pub calling_code: u16,
    /// The country, if it follows from the digits.
    pub country: Option<Country>,
    /// The kind of line, `None` if it does not follow from the numbering plan.
    pub line_type: Option<LineType>,
}

impl Caller {
    /// Reads a calling number: E.164, a `tel:` URI, or national format where `default_country` is given.
    ///
    /// A national number without a default country is invalid, because its numbering plan is unknown.
    pub fn parse(text: &str, default_country: Option<Country>) -> Self {
        dialable(text)
            .and_then(|text| {
                PHONE_NUMBER_UTIL
                    .parse(text, default_country.map(|country| country.0))
                    .ok()
            })
            .filter(PhoneNumber::is_valid)
            .and_then(|number| Subscriber::of(&number))
            .map_or(Self::Invalid, Self::Valid)
    }

    /// The subscriber of a valid number.
    #[must_use]
    pub fn subscriber(&self) -> Option<&Subscriber> {
        match self {
            Self::Valid(subscriber) => Some(subscriber),
            Self::Invalid => None,
        }
    }

    /// The country of a valid number, if it follows from the digits.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.subscriber()?.country
    }

    /// The number for a log line.
    ///
    /// The text of an invalid number may be anything, so nothing of it is logged.
    #[must_use]
    pub fn masked(&self) -> String {
        self.subscriber()
            .map_or_else(|| "invalid".to_owned(), Subscriber::masked)
    }
}

impl Subscriber {
    fn of(number: &PhoneNumber) -> Option<Self> {
        Some(Self {
            e164: E164::of(number)?,
            calling_code: u16::try_from(number.country_code).ok()?,
            country: number.get_region_code().and_then(Country::of),
            line_type: LineType::of(number.get_type()),
        })
    }

    /// The number for a log line: country code and last two digits, the rest hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        let code = self.calling_code.to_string();
        let digits = self.e164.0.to_string();
        let hidden = digits.len().saturating_sub(code.len() + 2);
        format!(
            "+{code}{}{}",
            "*".repeat(hidden),
            &digits[code.len() + hidden..]
        )
    }
}

/// A canonical E.164 number: its digits as one integer. A country code never starts with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct E164(NonZeroU64);

impl E164 {
    /// What a list may hold, in the words of an error message.
    pub const ALLOWED: &str =
        "+ and 7 to 15 digits of which the first is not 0, such as +14155550123";

    fn of(number: &PhoneNumber) -> Option<Self> {
        let text = number.format_as(PhoneNumberFormat::E164);
        text.strip_prefix('+')?.parse().ok().map(Self)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl Serialize for E164 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not [`E164::ALLOWED`].
#[derive(Debug, PartialEq, Eq)]
pub struct NotE164;

impl FromStr for E164 {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let well_formed = matches!(digits.len(), 7..=15)
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if !well_formed {
            return Err(NotE164);
        }
        // Lists and callers must have the same canonical form: a stray trunk 0 (+440...) is removed in both.
        let canonical = PHONE_NUMBER_UTIL
            .parse(text, None)
            .ok()
            .and_then(|number| Self::of(&number));
        canonical
            .or_else(|| digits.parse().ok().map(Self))
            .ok_or(NotE164)
    }
}

/// Runs code of the number library. After a panic in it there is no result.
pub(crate) fn caught<T>(work: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    catch_unwind(work).ok()
}

/// Loads the metadata and compiles the patterns of every country, so that no call has to wait for it.
pub fn warm_up() {
    for region in PHONE_NUMBER_UTIL.get_supported_regions() {
        if let Ok(number) = PHONE_NUMBER_UTIL.get_example_number(region) {
            Caller::parse(&number.format_as(PhoneNumberFormat::E164), None);
        }
    }
}

/// The part of a calling number that may be dialled, if the text is nothing else.
///
/// The library would find the digits in any prose and spell out letters (1-800-FLOWERS). A calling
/// number that looks so was not set by a network.
fn dialable(text: &str) -> Option<&str> {
    let text = text.trim();
    let number = match text.get(..4) {
        // RFC 3966: what follows the first semicolon are parameters.
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text[4..].split(';').next()?,
        _ => text,
    };
    let clean = |byte: u8| byte.is_ascii_digit() || b"+ -.()/".contains(&byte);
    (number.len() <= LONGEST && number.bytes().all(clean)).then_some(number)
}

/// In bytes: E.164 has 15 digits, the rest is room for separators.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn e164(text: &str, country: Option<&str>) -> Option<String> {
        let country = country.map(|code| code.parse().expect("a known country"));
        Caller::parse(text, country)
            .subscriber()
            .map(|subscriber| subscriber.e164.to_string())
    }

    #[test]
    fn a_number_is_read_in_every_format_a_network_sends() {
        for (text, country, expected) in [
            ("+14155550123", None, Some("+14155550123")),
            (" +1 (415) 555-0123 ", None, Some("+14155550123")),
            ("tel:+1-415-555-0123", None, Some("+14155550123")),
            (
                "TEL:+14155550123;verstat=TN-Validation-Passed",
                None,
                Some("+14155550123"),
            ),
            ("(415) 555-0123", Some("US"), Some("+14155550123")),
            ("020 7946 0123", Some("GB"), Some("+442079460123")),
            ("00442079460123", Some("DE"), Some("+442079460123")),
            ("+442079460123", Some("US"), Some("+442079460123")),
            ("+390236618300", None, Some("+390236618300")),
            ("4155550123", None, None),
            ("+1415555", None, None),
            ("+10000000000", None, None),
            ("+999123456789", None, None),
            ("+1-800-FLOWERS", None, None),
            ("call me at +14155550123", None, None),
            ("sip:+14155550123@example.net", None, None),
            ("anonymous", Some("US"), None),
            ("tel:", None, None),
            ("t\u{e9}l:+14155550123", None, None),
            ("+", None, None),
            ("", None, None),
            ("911", Some("US"), None),
        ] {
            assert_eq!(
                e164(text, country).as_deref(),
                expected,
                "{text} in {country:?}"
            );
        }
    }

    #[test]
    fn an_endless_number_is_invalid() {
        assert_eq!(Caller::parse(&"1".repeat(10_000), None), Caller::Invalid);
    }

    #[test]
    fn the_plan_tells_line_type_and_country() {
        for (text, line_type, country) in [
            ("+14155550123", Some(LineType::FixedLineOrMobile), "US"),
            ("+18005550123", Some(LineType::TollFree), "US"),
            ("+442079460123", Some(LineType::FixedLine), "GB"),
            ("+61491570156", Some(LineType::Mobile), "AU"),
            ("+33199001234", Some(LineType::FixedLine), "FR"),
        ] {
            let caller = Caller::parse(text, None);
            let subscriber = caller.subscriber().expect(text);
            assert_eq!(subscriber.line_type, line_type, "{text}");
            assert_eq!(
                subscriber.country.map(|c| c.to_string()).as_deref(),
                Some(country),
                "{text}"
            );
        }
    }

    #[test]
    fn a_mask_leaves_country_code_and_two_digits() {
        for (text, masked) in [
            ("+14155550123", "+1********23"),
            ("+442079460123", "+44********23"),
            ("+33199001234", "+33*******34"),
        ] {
            assert_eq!(
                Caller::parse(text, None)
                    .subscriber()
                    .map(Subscriber::masked)
                    .as_deref(),
                Some(masked)
            );
        }
    }

    #[test]
    fn a_list_holds_canonical_numbers_only() {
        for (text, expected) in [
            ("+14155550123", Some("+14155550123")),
            ("+4402079460123", Some("+442079460123")),
            ("+9991234567", Some("+9991234567")),
            ("14155550123", None),
            ("+1 415 555 0123", None),
            ("+123456", None),
            ("+1234567890123456", None),
            ("+04155550123", None),
            ("", None),
        ] {
            let number = text.parse::<E164>().ok().map(|number| number.to_string());
            assert_eq!(number.as_deref(), expected, "{text}");
        }
    }
}
