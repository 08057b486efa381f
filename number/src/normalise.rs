// SPDX-License-Identifier: GPL-2.0-or-later
//! From the text of a number to its global form. The rules are those of libphonenumber, whose patterns they read.

use crate::Country;
use crate::automaton;
use crate::dialled::Dialled;
use crate::e164::E164;
use crate::plausibility::{MEXICO, Plausibility};
use crate::program::{Match, matches};
use crate::region::{CallingCode, Region};
use crate::short::{LONGEST_EXTENSION, is_listed};

/// The global number that a text is: digits with visual separators, with a plus or, if `home` is known, with the international
/// prefix, with or without the trunk prefix, or with the country code without a plus.
///
/// A trunk prefix that was left behind the country code is dropped, and so is Mexico's 1 before mobile numbers, unused since 2019.
/// A number with a plus is taken as it is, whether or not it can exist. `None` is everything else: names, letters, texts without a
/// plus that are no number of `home`, and short and emergency numbers, also behind a calling code.
///
/// ```
/// # use numbers_online_number::{Country, normalise};
/// let number = |text: &str, home| {
///     normalise(text.as_bytes(), Country::new(home)).map(|number| number.as_str().to_owned())
/// };
/// assert_eq!(number("06 698 12345", "IT").as_deref(), Some("+390669812345"));
/// assert_eq!(number("011 15 5555 0100", "AR").as_deref(), Some("+5491155550100"));
/// assert_eq!(number("1001", "US"), None);
/// ```
#[must_use]
pub fn normalise(text: &[u8], home: Option<Country>) -> Option<E164> {
    let dialled = Dialled::read(text)?;
    if is_listed(&dialled, home) {
        return None;
    }
    let digits = dialled.digits();
    let home = home.and_then(Country::region);
    if !dialled.is_global {
        return local(digits, home?);
    }
    let number = global(digits)?;
    let Some(home) = home.filter(|_| digits.len() > LONGEST_EXTENSION) else {
        return Some(number);
    };
    if !digits.starts_with(b"0") && number.is_possible() {
        return Some(number);
    }
    // A plus before what is dialled in the country.
    let is_valid = |number: &E164| matches!(number.plausibility(), Plausibility::Valid(_));
    local(digits, home).filter(is_valid).or(Some(number))
}

/// A number that starts with a country code.
fn global(digits: &[u8]) -> Option<E164> {
    let Some((code, national)) = CallingCode::split(digits) else {
        return E164::of([digits, b""]);
    };
    let region = code.region()?;
    let code = digits.get(..digits.len() - national.len())?;
    let national = match national.strip_prefix(OLD_MOBILE) {
        Some(behind) if region.code == MEXICO && matches(region.general, behind) => behind,
        _ => national,
    };
    E164::of([code, without_prefix(national, region, &mut [0; SPACE])])
}

/// A number as it is dialled in its country.
fn local(digits: &[u8], home: &Region) -> Option<E164> {
    let behind_idd = home.behind_idd(digits);
    // No country code starts with 0: what matched is a trunk prefix, or part of the number.
    if let Some(behind) = behind_idd.filter(|behind| !behind.starts_with(b"0")) {
        return global(behind).filter(|_| behind.len() >= SHORTEST_GLOBAL || is_possible(behind));
    }
    let mut space = [0; SPACE];
    let mut space_again = [0; SPACE];
    let mut code = [0; 3];
    let code = decimal(home.code, &mut code);
    let mut national = digits;
    if let Some(behind) = digits.strip_prefix(code) {
        let behind = strip(behind, home, &mut space);
        let is_code = !matches(home.general, digits) && matches(home.general, behind);
        if is_code || home.is_too_long(digits.len()) {
            national = behind;
        }
    }
    let national = without_prefix(national, home, &mut space_again);
    if !home.has_length(national.len()) {
        return None;
    }
    // In countries with numbers that short an extension could be one, but seldom is.
    let is_long = digits.len() > LONGEST_EXTENSION;
    let number = E164::of([code, national])?;
    (is_long || automaton::line_type([code, national]).is_some()).then_some(number)
}

/// Whether a number that starts with a country code has a length that its country has.
fn is_possible(digits: &[u8]) -> bool {
    let split = CallingCode::split(digits);
    split.is_some_and(|(code, national)| code.has_length(national.len()))
}

/// A national number without a national prefix, if what is left is long enough to be one.
fn without_prefix<'a>(national: &'a [u8], region: &Region, space: &'a mut Space) -> &'a [u8] {
    let behind = strip(national, region, space);
    if region.has_length(behind.len()) || region.is_too_long(behind.len()) {
        behind
    } else {
        national
    }
}

/// What is behind a national prefix; the same number if there is none, or if only the number with it is one.
fn strip<'a>(national: &'a [u8], region: &Region, space: &'a mut Space) -> &'a [u8] {
    let Some(found) = Match::at_start(region.national_prefix, national) else {
        return national;
    };
    let behind = national.get(found.end()..).unwrap_or_default();
    let rewritten = region.rewrite.as_ref().and_then(|rewrite| {
        let group = found.group(rewrite.group, national)?;
        write(space, [rewrite.digits(), group, behind])
    });
    let behind = rewritten.unwrap_or(behind);
    if matches(region.general, national) && !matches(region.general, behind) {
        national
    } else {
        behind
    }
}

fn write<'a>(space: &'a mut Space, parts: [&[u8]; 3]) -> Option<&'a [u8]> {
    let mut len = 0;
    for byte in parts.into_iter().flatten() {
        *space.get_mut(len)? = *byte;
        len += 1;
    }
    space.get(..len)
}

/// A country code in digits.
fn decimal(code: u16, digits: &mut [u8; 3]) -> &[u8] {
    let mut rest = code;
    let mut start = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        if rest > 0 {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            start = place;
        }
        rest /= 10;
    }
    digits.get(start..).unwrap_or_default()
}

/// Room for a national number that is put together anew.
type Space = [u8; SPACE];
const SPACE: usize = 32;

/// The prefix of Mexico's mobile numbers until 2019.
const OLD_MOBILE: &[u8] = b"1";

/// Digits behind an international prefix that are not an extension that happens to start like one.
const SHORTEST_GLOBAL: usize = 7;
