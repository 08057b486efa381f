// SPDX-License-Identifier: GPL-2.0-or-later
//! The calling number of a request.

use std::fmt;

use numbers_online_number::{Country, E164, normalise};

use crate::u64_pair;

/// A global telephone number, `+` and 1 to 15 digits (ITU-T E.164, RFC 3966 `global-number`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number(E164);

impl Number {
    /// Reads a number in its global form, or with `home` in the forms in which it is dialled there
    /// ([`numbers_online_number::normalise`]).
    #[must_use]
    pub fn new(text: &[u8], home: Option<Country>) -> Option<Self> {
        normalise(text, home).map(Self)
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
        let text = std::str::from_utf8(&bytes).ok()?;
        E164::new(text.trim_end_matches('\0')).map(Self)
    }

    /// Whether the numbering plan allows for such a number.
    #[must_use]
    pub fn can_exist(&self) -> bool {
        self.0.is_possible()
    }

    /// The digits of its country code.
    #[must_use]
    pub fn country_code(&self) -> &str {
        let code = self.as_str().get(1..=self.0.country_code_length());
        code.unwrap_or_default()
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
        self.0.fmt(f)
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
            let found = Number::new(text.as_bytes(), None);
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
                format!(
                    "{:?}",
                    Number::new(number.as_bytes(), None).expect("a global number")
                ),
                masked
            );
        }
    }
}
