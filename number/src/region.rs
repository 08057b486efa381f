// SPDX-License-Identifier: GPL-2.0-or-later
//! Countries and their calling codes, as the generated table has them.

use crate::program::{Match, Program};
use crate::table::regions::{CODES, COUNTRIES, REGIONS};

/// A country, or a calling code of no country.
#[derive(Debug)]
pub(crate) struct Region {
    /// ISO 3166-1 alpha-2 code.
    pub(crate) id: [u8; 2],
    /// Country code of ITU-T E.164.
    pub(crate) code: u16,
    /// Bit n: there are national numbers of n digits.
    pub(crate) lengths: u32,
    /// Matches a whole national number.
    pub(crate) general: Program,
    /// International prefix.
    pub(crate) idd: Program,
    /// National (trunk) prefix, with a carrier code where there is one.
    pub(crate) national_prefix: Program,
    /// What replaces the national prefix, if its last group matched.
    pub(crate) rewrite: Option<Rewrite>,
    /// Matches a whole emergency number.
    pub(crate) emergency: Program,
    /// Matches a whole short number.
    pub(crate) short: Program,
}

/// Digits and a group of the match, which replace a national prefix: Argentina's 15 becomes a 9 before the area code.
#[derive(Debug)]
pub(crate) struct Rewrite {
    /// Padded with zero bytes.
    pub(crate) digits: [u8; 4],
    pub(crate) group: usize,
}

/// A country code of ITU-T E.164.
#[derive(Debug)]
pub(crate) struct CallingCode {
    pub(crate) code: u16,
    /// Place of its main country in the table of regions.
    pub(crate) main: usize,
    /// Bit n: some country with this code has national numbers of n digits.
    pub(crate) lengths: u32,
}

impl Region {
    /// What is behind the international prefix of the country, which may select a carrier.
    pub(crate) fn behind_idd<'d>(&self, digits: &'d [u8]) -> Option<&'d [u8]> {
        digits.get(Match::at_start(self.idd, digits)?.end()..)
    }

    /// The place of a country, by its code in capital letters.
    pub(crate) fn find(id: [u8; 2]) -> Option<usize> {
        let countries = REGIONS.get(..COUNTRIES)?;
        countries.binary_search_by_key(&id, |region| region.id).ok()
    }

    /// Whether this country has national numbers of so many digits.
    pub(crate) fn has_length(&self, length: usize) -> bool {
        has_length(self.lengths, length)
    }

    /// Whether all national numbers of this country have fewer digits.
    pub(crate) fn is_too_long(&self, length: usize) -> bool {
        u32::try_from(length).is_ok_and(|length| self.lengths.checked_shr(length).unwrap_or(0) == 0)
    }
}

impl Rewrite {
    /// The digits that come before the group.
    pub(crate) fn digits(&self) -> &[u8] {
        self.digits
            .split(|digit| *digit == 0)
            .next()
            .unwrap_or_default()
    }
}

impl CallingCode {
    /// The country code at the start of an international number, and the national number.
    pub(crate) fn split(digits: &[u8]) -> Option<(&'static Self, &[u8])> {
        if digits.starts_with(b"0") {
            return None;
        }
        let mut code = 0;
        let mut national = digits;
        for _ in 0..LONGEST_CODE {
            let (digit, behind) = national.split_first()?;
            code = code * 10 + usize::from(digit - b'0');
            national = behind;
            // No code begins with another one.
            if let Some(found) = CODES.get(usize::from(*PLACES.get(code)?)) {
                return Some((found, national));
            }
        }
        None
    }

    /// The main country with this code: the United States for +1.
    pub(crate) fn region(&self) -> Option<&'static Region> {
        REGIONS.get(self.main)
    }

    /// Whether some country with this code has national numbers of so many digits.
    pub(crate) fn has_length(&self, length: usize) -> bool {
        has_length(self.lengths, length)
    }
}

fn has_length(lengths: u32, length: usize) -> bool {
    u32::try_from(length).is_ok_and(|length| lengths.checked_shr(length).unwrap_or(0) & 1 == 1)
}

/// The place of each country code among all of them, and a place behind the last one for a number that is no code.
#[allow(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: a wrong index does not compile"
)]
static PLACES: [u8; 1000] = {
    assert!(CODES.len() < u8::MAX as usize);
    let mut places = [u8::MAX; 1000];
    let mut place = 0;
    while (place as usize) < CODES.len() {
        places[CODES[place as usize].code as usize] = place;
        place += 1;
    }
    places
};

/// Digits of the longest country code.
const LONGEST_CODE: usize = 3;
