// SPDX-License-Identifier: GPL-2.0-or-later

/// The digits of a text, and whether a plus stands before them.
#[derive(Clone, Copy)]
pub(crate) struct Dialled {
    pub(crate) is_global: bool,
    digits: [u8; MOST_DIGITS],
    len: usize,
}

impl Dialled {
    /// Drops visual separators. `None` if something else is there, and
    /// if there are more digits than any prefix and number have.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut dialled = Self {
            is_global: false,
            digits: [0; MOST_DIGITS],
            len: 0,
        };
        for byte in text {
            match byte {
                b'0'..=b'9' => {
                    *dialled.digits.get_mut(dialled.len)? = *byte;
                    dialled.len += 1;
                }
                b'+' if dialled.len == 0 && !dialled.is_global => dialled.is_global = true,
                separator if is_separator(*separator) => {}
                _ => return None,
            }
        }
        (dialled.len > 0).then_some(dialled)
    }

    pub(crate) fn digits(&self) -> &[u8] {
        self.digits.get(..self.len).unwrap_or_default()
    }
}

/// Whether a character only makes a number easier to read: a visual separator of RFC 3966 section 5.1.1, a space or a slash.
#[must_use]
pub fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'(' | b')' | b' ' | b'/')
}

/// An international prefix with the selection of a carrier (8), a trunk prefix with one (5), and a number (15).
const MOST_DIGITS: usize = 28;
