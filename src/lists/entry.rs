// SPDX-License-Identifier: GPL-2.0-or-later
//! One line of a list.

use crate::number::Number;

/// The numbers that one line covers, as keys (see [`key`]), and how many digits of a number it looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Twice the digits that a number must share, and one more where it may have no further digit: the longest match wins.
    pub(super) length: u8,
    /// The line of the file, from 1 on.
    pub(super) line: u32,
}

/// Parses a line: a number, a prefix (`+1900*`) or a range (`+1212555000..+1212555999`). `None` for an empty line or a comment.
/// `Err` says what is wrong, without a word of the line: a log line contains no telephone number.
pub(super) fn parse(text: &[u8], line: u32) -> Result<Option<Entry>, &'static str> {
    let text = text.split(|byte| *byte == b'#').next().unwrap_or_default();
    let text = text.trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(at) = text.windows(2).position(|two| two == b"..") {
        let (low, high) = (
            text.get(..at).unwrap_or_default(),
            text.get(at + 2..).unwrap_or_default(),
        );
        return range(low, high, line).map(Some);
    }
    let (text, is_prefix) = match text.strip_suffix(b"*") {
        Some(prefix) => (prefix, true),
        None => (text, false),
    };
    let mut digits = Digits::new(text)?;
    // A complete number is compared in the form in which a caller's is read: without a trunk prefix behind the country code.
    if let Some(number) = Number::new(text, None).filter(|_| !is_prefix) {
        digits = Digits::of(&number);
    }
    let length = 2 * digits.len + u8::from(!is_prefix);
    Ok(Some(Entry {
        first: digits.key,
        last: if is_prefix { digits.last() } else { digits.key },
        length,
        line,
    }))
}

/// A range covers the numbers that are between its ends in the order of a dictionary, and those that begin with the upper end. A complete
/// number is never the beginning of another one, so for complete numbers that is the range of these numbers.
fn range(low: &[u8], high: &[u8], line: u32) -> Result<Entry, &'static str> {
    if [low, high].iter().any(|end| end.contains(&b'*')) {
        return Err("a range covers longer numbers too, without a *");
    }
    let (low, high) = (Digits::new(low)?, Digits::new(high)?);
    if low.len != high.len {
        return Err("the ends of a range need the same number of digits");
    }
    if low.key > high.key {
        return Err("the lower end of a range comes first");
    }
    Ok(Entry {
        first: low.key,
        last: high.last(),
        length: 2 * low.len,
        line,
    })
}

/// The digits of a number or of its beginning.
struct Digits {
    key: u64,
    len: u8,
}

impl Digits {
    fn new(text: &[u8]) -> Result<Self, &'static str> {
        let Some(rest) = text.trim_ascii().strip_prefix(b"+") else {
            return Err("a number begins with + and its country code");
        };
        let mut digits = Self { key: 0, len: 0 };
        for byte in rest {
            match byte {
                b'0' if digits.len == 0 => return Err("no country code begins with 0"),
                b'0'..=b'9' if digits.len == MOST_DIGITS => {
                    return Err("a number has at most 15 digits");
                }
                b'0'..=b'9' => {
                    digits.key = digits.key * BASE + digit(*byte);
                    digits.len += 1;
                }
                b'-' | b'.' | b'(' | b')' | b' ' => {}
                b'*' => return Err("a * is the last character of a prefix"),
                _ => return Err("a number has digits, and - . ( ) or spaces between them"),
            }
        }
        if digits.len == 0 {
            return Err("there is no digit");
        }
        digits.key *= room(digits.len);
        Ok(digits)
    }

    /// Those of a complete number.
    fn of(number: &Number) -> Self {
        let text = number.as_str();
        Self {
            key: key(text),
            len: u8::try_from(text.len() - 1).unwrap_or(MOST_DIGITS),
        }
    }

    /// The last key that begins with these digits.
    fn last(&self) -> u64 {
        self.key + room(self.len) - 1
    }
}

/// The key of a global number, `+` and digits. Keys are ordered as the numbers are in a dictionary, so that a prefix is an interval:
/// 15 places in base 11, where 0 stands for "no digit" and 1 to 10 for the digits.
pub(super) fn key(number: &str) -> u64 {
    let digits = number.as_bytes().get(1..).unwrap_or_default();
    let value = digits
        .iter()
        .fold(0, |value: u64, byte| value * BASE + digit(*byte));
    value * room(u8::try_from(digits.len()).unwrap_or(MOST_DIGITS))
}

fn digit(byte: u8) -> u64 {
    u64::from(byte - b'0') + 1
}

/// How many keys begin with so many digits.
fn room(len: u8) -> u64 {
    ROOM.get(usize::from(len)).copied().unwrap_or(1)
}

const BASE: u64 = 11;

const MOST_DIGITS: u8 = 15;

const ROOM: [u64; MOST_DIGITS as usize + 1] = {
    let mut room = [1; MOST_DIGITS as usize + 1];
    let mut len = MOST_DIGITS as usize;
    #[allow(clippy::indexing_slicing, reason = "checked by the compiler")]
    while len > 0 {
        room[len - 1] = room[len] * BASE;
        len -= 1;
    }
    room
};

#[cfg(test)]
mod tests {
    use super::{Entry, key, parse};

    fn entry(text: &str) -> Entry {
        parse(text.as_bytes(), 1).expect("good").expect("an entry")
    }

    fn covers(text: &str, number: &str) -> bool {
        let Entry { first, last, .. } = entry(text);
        (first..=last).contains(&key(number))
    }

    #[test]
    fn a_line_covers_what_it_names() {
        for (line, inside, outside) in [
            (
                "+12125550100",
                "+12125550100",
                "+12125550101 +1212555010 +121255501000 +1 +9",
            ),
            (
                "+1900*",
                "+1900 +19005550100 +190055501000000",
                "+190 +1901 +19 +1899 +44900",
            ),
            (
                "+1212555000..+1212555999",
                "+1212555000 +12125550000 +12125559999 +1212555999 +12125551",
                "+1212554999 +12125549999 +1212556000 +121255 +12125550",
            ),
            (
                "+442079460100..+442079460199",
                "+442079460100 +442079460199 +4420794601991",
                "+442079460099 +442079460200 +44207946010",
            ),
            ("+999999999999999", "+999999999999999", "+99999999999999"),
            ("+999999999999999*", "+999999999999999", "+999999999999998"),
            ("+1*", "+1 +199999999999999", "+2 +44"),
        ] {
            for number in inside.split(' ') {
                assert!(covers(line, number), "{line} {number}");
            }
            for number in outside.split(' ') {
                assert!(!covers(line, number), "{line} {number}");
            }
        }
    }

    #[test]
    fn white_space_comments_and_separators_are_left_out() {
        let number = entry("+12125550100");
        for same in [
            "  +12125550100\t",
            "+12125550100\r",
            "+12125550100# a comment",
            "+1 (212) 555-0100 # another # one",
            "+1.212.555.0100",
            "+1 (1) 212 555 0100",
        ] {
            assert_eq!(entry(same), number, "{same:?}");
        }
        let range = entry("+12125550100..+12125550199");
        assert_eq!(entry("+1.212.555.0100 .. +1.212.555.0199"), range);
        for nothing in ["", "   ", "# comment", "\t# comment", "\r"] {
            assert_eq!(parse(nothing.as_bytes(), 1), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn a_bad_line_has_a_reason() {
        for (line, reason) in [
            ("12125550100", "begins with +"),
            ("0012125550100", "begins with +"),
            ("*", "begins with +"),
            ("..", "begins with +"),
            ("+1212..1213", "begins with +"),
            ("+", "no digit"),
            ("+*", "no digit"),
            ("+02079460123", "begins with 0"),
            ("+1234567890123456", "at most 15 digits"),
            ("+1900**", "last character"),
            ("+19*00", "last character"),
            ("+1900x", "has digits"),
            ("+1900,+1901", "has digits"),
            ("+1 212 555 0100 John", "has digits"),
            ("+1212555\u{a0}0100", "has digits"),
            ("++1900", "has digits"),
            ("+1212*..+1213*", "without a *"),
            ("+1212..+12130", "same number of digits"),
            ("+1213..+1212", "lower end"),
            ("+1212...+1213", "begins with +"),
        ] {
            let refused = parse(line.as_bytes(), 1).expect_err(line);
            assert!(refused.contains(reason), "{line}: {refused}");
        }
    }

    #[test]
    fn a_longer_match_has_a_greater_length() {
        let lengths = ["+1900555*", "+1900555", "+19005550..+19005559", "+19005550"];
        let lengths: Vec<_> = lengths.map(|line| entry(line).length).into();
        assert!(lengths.is_sorted_by(|a, b| a < b), "{lengths:?}");
    }
}
