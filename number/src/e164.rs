// SPDX-License-Identifier: GPL-2.0-or-later

use core::fmt::{self, Write};

use crate::region::CallingCode;

/// A global telephone number: a plus and 1 to 15 digits (ITU-T E.164).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct E164 {
    /// The plus and the digits, padded with zero bytes.
    text: [u8; MOST_DIGITS + 1],
    len: u8,
}

impl E164 {
    /// From the parts of its digits. `None` if there are none, or too many.
    pub(crate) fn of(parts: [&[u8]; 2]) -> Option<Self> {
        let mut text = [0; MOST_DIGITS + 1];
        let mut bytes = parts.into_iter().flatten();
        let mut len = 1;
        let (plus, places) = text.split_first_mut()?;
        *plus = b'+';
        for (place, byte) in places.iter_mut().zip(bytes.by_ref()) {
            *place = *byte;
            len += 1;
        }
        (len > 1 && bytes.next().is_none()).then_some(Self { text, len })
    }

    /// Reads a plus and 1 to 15 digits, nothing else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?.as_bytes();
        if digits.iter().all(u8::is_ascii_digit) {
            Self::of([digits, b""])
        } else {
            None
        }
    }

    /// The plus and the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.len));
        core::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    /// Digits of the country code. A code that is not assigned counts three, as its neighbours do.
    #[must_use]
    pub fn country_code_length(&self) -> usize {
        let digits = self.digits();
        CallingCode::split(digits)
            .map_or(3, |(_, national)| digits.len() - national.len())
            .min(digits.len())
    }

    /// The digits.
    pub(crate) fn digits(&self) -> &[u8] {
        self.text.get(1..usize::from(self.len)).unwrap_or_default()
    }
}

/// Masked, for logs: the country code and the last two digits are kept.
impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let head = self
            .country_code_length()
            .min(digits.len().saturating_sub(2));
        let tail = digits.len().saturating_sub(2).max(head);
        f.write_str("+")?;
        for (place, digit) in digits.iter().enumerate() {
            let is_shown = place < head || place >= tail;
            f.write_char(if is_shown { char::from(*digit) } else { '*' })?;
        }
        Ok(())
    }
}

/// ITU-T E.164 section 6.2.1.
const MOST_DIGITS: usize = 15;
