// SPDX-License-Identifier: GPL-2.0-or-later
//! The patterns of all countries in one automaton. Its input is a calling code and a national number.
//!
//! The table has a row for each state: for each digit the row that comes next (two bytes, low one first), then the line type of a
//! number that ends there, or 0. Row 0 is the end of what is no valid number; the last row is the start.

use crate::plausibility::LineType;
use crate::table::regions::AUTOMATON;

/// The line type of a number that is valid: one that the patterns of its country match. It may be given in parts.
pub(crate) fn line_type(parts: [&[u8]; 2]) -> Option<LineType> {
    let row = row_behind(parts)?;
    LineType::of(*AUTOMATON.get(row * ROW + ROW - 1)?)
}

/// The row to which digits lead, if some valid number starts with them.
fn row_behind(parts: [&[u8]; 2]) -> Option<usize> {
    let mut row = AUTOMATON.len() / ROW - 1;
    for digit in parts.into_iter().flatten() {
        let at = row * ROW + usize::from(digit - b'0') * 2;
        row = u16::from_le_bytes([*AUTOMATON.get(at)?, *AUTOMATON.get(at + 1)?]).into();
        if row == 0 {
            return None;
        }
    }
    Some(row)
}

/// Bytes of a row.
const ROW: usize = 10 * 2 + 1;

#[cfg(test)]
mod tests {
    use super::row_behind;

    /// What [`crate::Plausibility::Impossible`] takes for granted, but for the exceptions that it lets pass as valid: Canada's
    /// 310-xxxx, and free numbers of the Dominican Republic.
    #[test]
    fn no_other_area_and_exchange_code_of_north_america_starts_with_0_or_1() {
        let starts = |digits: &[u8]| row_behind([b"1", digits]).is_some();
        let mut exceptions = std::vec::Vec::new();
        for low in [b'0', b'1'] {
            assert!(!starts(&[low]));
            for area in 200..=999_u16 {
                let digits = [area / 100, area / 10 % 10, area % 10];
                let digits = digits.map(|digit| b'0' + u8::try_from(digit).expect("a digit"));
                let [first, second, third] = digits;
                if starts(&[first, second, third, low]) {
                    exceptions.push((area, char::from(low)));
                }
            }
        }
        assert_eq!(
            exceptions,
            [
                (310, '0'),
                (809, '0'),
                (829, '0'),
                (849, '0'),
                (310, '1'),
                (800, '1'),
                (809, '1'),
                (829, '1'),
                (849, '1'),
            ]
        );
    }
}
