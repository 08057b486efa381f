// SPDX-License-Identifier: GPL-2.0-or-later
//! Telephone numbers.

use std::fmt;

use crate::text::Text;
use crate::u64_pair;

/// A global telephone number, `+` and 1 to 15 digits (ITU-T E.164, RFC 3966 `global-number`). Whether it is valid is decided by
/// the API.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number(Text<16>);

impl Number {
    /// Reads a global number. Visual separators (RFC 3966 section 5) are dropped.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut digits = [0; MAX_LENGTH];
        let mut len = 0;
        for byte in text.bytes() {
            match byte {
                b'+' if len == 0 => {}
                b'0'..=b'9' if len > 0 => {}
                b'-' | b'.' | b'(' | b')' | b' ' if len > 0 => continue,
                _ => return None,
            }
            *digits.get_mut(len)? = byte;
            len += 1;
        }
        let digits = std::str::from_utf8(digits.get(..len)?).ok()?;
        if len < 2 {
            None
        } else {
            Text::new(digits).map(Self)
        }
    }

    /// As words of shared memory: its characters, then zeros.
    #[must_use]
    pub fn to_shared(&self) -> [u64; 2] {
        let mut bytes = [0; MAX_LENGTH];
        for (to, byte) in bytes.iter_mut().zip(self.as_str().bytes()) {
            *to = byte;
        }
        u64_pair::of(bytes)
    }

    /// From shared memory, if a number is there.
    #[must_use]
    pub fn from_shared(shared: [u64; 2]) -> Option<Self> {
        let bytes = u64_pair::bytes(shared);
        Self::new(std::str::from_utf8(&bytes).ok()?.trim_end_matches('\0'))
    }

    /// `+` and digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Masked, for logs: the country code and the last two digits are kept.
impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.as_str();
        let head = (1 + country_code_length(all)).min(all.len().saturating_sub(2));
        let tail = all.len() - 2;
        let (first, last) = (
            all.get(..head).unwrap_or_default(),
            all.get(tail..).unwrap_or_default(),
        );
        write!(f, "{first}{}{last}", "*".repeat(tail - head))
    }
}

/// Digits of the country code of a number that starts with `+` (ITU-T E.164 Annex, list of 2016).
fn country_code_length(number: &str) -> usize {
    match number.get(1..3).unwrap_or_default() {
        code if code.starts_with(['1', '7']) => 1,
        "20" | "27" | "30" | "31" | "32" | "33" | "34" | "36" | "39" | "40" | "41" | "43"
        | "44" | "45" | "46" | "47" | "48" | "49" | "51" | "52" | "53" | "54" | "55" | "56"
        | "57" | "58" | "60" | "61" | "62" | "63" | "64" | "65" | "66" | "81" | "82" | "84"
        | "86" | "90" | "91" | "92" | "93" | "94" | "95" | "98" => 2,
        _ => 3,
    }
}

/// `+` and fifteen digits.
const MAX_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn a_global_number_is_a_plus_and_digits() {
        for (text, number) in [
            ("+14155550123", Some("+14155550123")),
            ("+1 (415) 555-0123", Some("+14155550123")),
            ("+1.415.555.0123", Some("+14155550123")),
            ("+123456789012345", Some("+123456789012345")),
            ("+1234567890123456", None),
            ("+", None),
            ("", None),
            ("14155550123", None),
            ("++1", None),
            ("+1415x", None),
        ] {
            let found = Number::new(text);
            assert_eq!(found.as_ref().map(Number::as_str), number, "{text}");
        }
    }

    #[test]
    fn a_number_is_masked_when_it_is_printed() {
        for (number, masked) in [
            ("+447700900123", "+44********23"),
            ("+14155550123", "+1********23"),
            ("+353209101234", "+353*******34"),
            ("+12", "+12"),
            ("+1", "+1"),
        ] {
            assert_eq!(
                format!("{:?}", Number::new(number).expect("a global number")),
                masked
            );
        }
    }
}
