// SPDX-License-Identifier: GPL-2.0-or-later

//! Numbers as people write them.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::Serialize;

use crate::number::E164;

/// A number as people write it (API spec, `formatted`). Both are absent for a number that is not valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Formatted {
    /// Within its country, such as `(415) 555-0123`.
    pub national: Option<String>,
    /// From any country, such as `+1 415-555-0123`.
    pub international: Option<String>,
}

impl Formatted {
    /// The usual forms of a valid number, by the numbering plan of its country.
    #[must_use]
    pub fn of(number: E164) -> Self {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(number.to_string(), None) else {
            return Self::default();
        };
        let form = |format| Some(number.format_as(format).into_owned());
        Self {
            national: form(PhoneNumberFormat::National),
            international: form(PhoneNumberFormat::International),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_their_country_does() {
        for (number, national, international) in [
            ("+14155550123", "(415) 555-0123", "+1 415-555-0123"),
            ("+442079460123", "020 7946 0123", "+44 20 7946 0123"),
            ("+61491570156", "0491 570 156", "+61 491 570 156"),
        ] {
            let expected = Formatted {
                national: Some(national.to_owned()),
                international: Some(international.to_owned()),
            };
            assert_eq!(Formatted::of(number.parse().expect("E.164")), expected);
        }
    }
}
