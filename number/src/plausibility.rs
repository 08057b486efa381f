// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether a number can exist.

use crate::automaton;
use crate::e164::E164;
use crate::region::CallingCode;

/// What the numbering plans say about a number, as of the day of [`crate::METADATA`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plausibility {
    /// No number can be like this, whatever is assigned tomorrow: there is no such country code, or its countries have no numbers of
    /// this length. In North America also an area or exchange code that starts with 0 or 1.
    Impossible,
    /// It can exist, but no pattern of its country matches: it is not assigned, or has been since that day, or a prefix too many
    /// stands in it.
    Doubtful,
    /// A pattern of its country matches.
    Valid(LineType),
}

/// What kind of number it is, by the numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineType {
    /// A fixed line.
    FixedLine,
    /// A mobile number.
    Mobile,
    /// A fixed line or a mobile number, as in North America, where nothing tells them apart.
    FixedLineOrMobile,
    /// Free of charge for the caller.
    TollFree,
    /// At a premium rate.
    PremiumRate,
    /// The cost is shared between caller and called party.
    SharedCost,
    /// Voice over IP.
    Voip,
    /// A personal number, which may lead to any of the others.
    PersonalNumber,
    /// A pager.
    Pager,
    /// A universal access number of a company.
    Uan,
    /// Access to voicemail.
    Voicemail,
}

impl E164 {
    /// Whether the number can exist.
    ///
    /// ```
    /// # use numbers_online_number::{E164, LineType, Plausibility};
    /// let plausibility = |text| E164::new(text).expect("E.164").plausibility();
    /// assert_eq!(plausibility("+442079460958"), Plausibility::Valid(LineType::FixedLine));
    /// assert_eq!(plausibility("+999123456789"), Plausibility::Impossible);
    /// assert_eq!(plausibility("+44207946"), Plausibility::Impossible);
    /// assert_eq!(plausibility("+12125550123"), Plausibility::Valid(LineType::FixedLineOrMobile));
    /// assert_eq!(plausibility("+19995550123"), Plausibility::Doubtful);
    /// ```
    #[must_use]
    pub fn plausibility(&self) -> Plausibility {
        let digits = self.digits();
        match automaton::line_type([digits, b""]) {
            Some(line_type) => Plausibility::Valid(line_type),
            None if can_exist(digits) => Plausibility::Doubtful,
            None => Plausibility::Impossible,
        }
    }
}

impl E164 {
    /// Whether the numbering plan allows for the number: [`E164::plausibility`] is not [`Plausibility::Impossible`]. It costs less.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let digits = self.digits();
        can_exist(digits) || automaton::line_type([digits, b""]).is_some()
    }
}

impl LineType {
    /// Reads the number that the automaton has for it.
    pub(crate) fn of(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::FixedLine,
            2 => Self::Mobile,
            3 => Self::FixedLineOrMobile,
            4 => Self::TollFree,
            5 => Self::PremiumRate,
            6 => Self::SharedCost,
            7 => Self::Voip,
            8 => Self::PersonalNumber,
            9 => Self::Pager,
            10 => Self::Uan,
            11 => Self::Voicemail,
            _ => return None,
        })
    }
}

/// Whether a number that no pattern matches may be one all the same.
fn can_exist(digits: &[u8]) -> bool {
    // No country code starts with 0: a national number, or an international prefix, behind a plus.
    if digits.starts_with(b"0") {
        return true;
    }
    let Some((code, national)) = CallingCode::split(digits) else {
        return RESERVED.iter().any(|code| digits.starts_with(code));
    };
    // A trunk prefix, the calling code a second time, and the mobile prefix that Mexico had until 2019: too many, but left by gateways.
    let calling_code = digits
        .get(..digits.len() - national.len())
        .unwrap_or_default();
    let old_mobile: &[u8] = if code.code == MEXICO { b"1" } else { b"" };
    [&b""[..], b"0", calling_code, old_mobile]
        .into_iter()
        .any(|prefix| {
            national
                .strip_prefix(prefix)
                .is_some_and(|behind| fits(behind, code))
        })
}

/// Whether a national number has a length that some country with this code has. In North America it has ten digits, and area code and
/// exchange code start with 2 to 9, but for a few numbers, all of which a pattern matches.
fn fits(national: &[u8], code: &CallingCode) -> bool {
    if code.code != NORTH_AMERICA {
        return code.has_length(national.len());
    }
    let starts_well = |place: usize| national.get(place).is_some_and(|digit| *digit >= b'2');
    national.len() == 10 && starts_well(0) && starts_well(3)
}

/// The country code of the North American Numbering Plan.
const NORTH_AMERICA: u16 = 1;

pub(crate) const MEXICO: u16 = 52;

/// Country codes that ITU-T has assigned or reserved, without a number that is in the metadata: the Vatican, groups of countries, a
/// trial, Kazakhstan.
const RESERVED: [&[u8]; 4] = [b"379", b"388", b"991", b"997"];
