// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers that are dialled as they are and have no global form.

use crate::Country;
use crate::dialled::Dialled;
use crate::program::matches;
use crate::region::{CallingCode, Region};
use crate::table::regions::{EMERGENCY, REGIONS};

/// Whether a text is an emergency number of `home`, or one of some country behind that country's calling code: `112`, `+112`,
/// `+44 999`, and with the international prefix of `home` for the plus.
#[must_use]
pub fn is_emergency(text: &[u8], home: Option<Country>) -> bool {
    Dialled::read(text).is_some_and(|dialled| {
        is_among(&dialled, home, |region, digits| {
            matches(region.emergency, digits)
        })
    })
}

impl Country {
    /// Whether these digits are one of its emergency numbers, as it is dialled there.
    #[must_use]
    pub fn has_emergency_number(self, digits: &[u8]) -> bool {
        digits.len() <= LONGEST_EXTENSION
            && self
                .region()
                .is_some_and(|region| matches(region.emergency, digits))
    }

    /// What is behind its international prefix, and the selection of a carrier that may belong to it. `None` if the digits do not begin
    /// with it.
    #[must_use]
    pub fn without_international_prefix(self, digits: &[u8]) -> Option<&[u8]> {
        self.region()?.behind_idd(digits)
    }
}

/// Whether a text is a short number: an extension of up to six digits, or a short or emergency number of `home`, or one of some
/// country behind that country's calling code.
#[must_use]
pub fn is_short(text: &[u8], home: Option<Country>) -> bool {
    let is_extension = |dialled: &Dialled| {
        let is_number = || crate::normalise(text, home).is_some();
        !dialled.is_global && dialled.digits().len() <= LONGEST_EXTENSION && !is_number()
    };
    Dialled::read(text).is_some_and(|dialled| is_extension(&dialled) || is_listed(&dialled, home))
}

/// Whether a short or emergency number is listed for its country.
pub(crate) fn is_listed(dialled: &Dialled, home: Option<Country>) -> bool {
    is_among(dialled, home, |region, digits| {
        matches(region.short, digits) || matches(region.emergency, digits)
    })
}

fn is_among(
    dialled: &Dialled,
    home: Option<Country>,
    is_wanted: impl Fn(&Region, &[u8]) -> bool,
) -> bool {
    let digits = dialled.digits();
    let is_wanted = |region: &Region, digits: &[u8]| {
        digits.len() <= LONGEST_EXTENSION && is_wanted(region, digits)
    };
    let home = home.and_then(Country::region);
    if home.is_some_and(|home| is_wanted(home, digits)) {
        return true;
    }
    let global = if dialled.is_global {
        Some(digits)
    } else {
        home.and_then(|home| home.behind_idd(digits))
    };
    // Nearly every number is longer than a calling code and a short number.
    let Some(global) = global.filter(|global| global.len() <= LONGEST_CODE + LONGEST_EXTENSION)
    else {
        return false;
    };
    // Such as +112: no calling code, but meant by a telephone that puts a plus before everything.
    if global.len() <= LONGEST_EXTENSION && is_emergency_somewhere(global) {
        return true;
    }
    let split =
        CallingCode::split(global).filter(|(_, national)| national.len() <= LONGEST_EXTENSION);
    split.is_some_and(|(code, national)| {
        let mut regions = REGIONS.iter().filter(|region| region.code == code.code);
        regions.any(|region| is_wanted(region, national))
    })
}

fn is_emergency_somewhere(digits: &[u8]) -> bool {
    // A 1 in front, as in the table.
    let key = digits
        .iter()
        .fold(1, |key, digit| key * 10 + u32::from(digit - b'0'));
    EMERGENCY.binary_search(&key).is_ok()
}

/// Digits of the longest calling code.
const LONGEST_CODE: usize = 3;

/// Digits of the longest extension, emergency number and short number. Longer short numbers are those of messages.
pub(crate) const LONGEST_EXTENSION: usize = 6;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::string::ToString;

    use super::is_emergency_somewhere;
    use crate::program::matches;
    use crate::table::regions::REGIONS;

    #[test]
    fn the_emergency_numbers_are_those_of_all_countries() {
        let programs: BTreeSet<_> = REGIONS.iter().map(|region| region.emergency).collect();
        // All of no digit, of one, and so on; the 1 in front makes leading zeros possible.
        for value in (0..=6).flat_map(|length| 10_u32.pow(length)..2 * 10_u32.pow(length)) {
            let digits = value.to_string();
            let digits = &digits.as_bytes()[1..];
            assert_eq!(
                is_emergency_somewhere(digits),
                programs.iter().any(|program| matches(*program, digits)),
                "{value}"
            );
        }
    }
}
