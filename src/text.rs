// SPDX-License-Identifier: GPL-2.0-or-later
//! Short text without a heap allocation.

use std::fmt::{self, Write};

/// Text of at most `N` bytes (`N` <= 255) of visible ASCII and spaces: what may stand in a SIP header or a log line as it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    /// The empty text, which stands for an absent value.
    pub const EMPTY: Self = Self {
        len: 0,
        bytes: [0; N],
    };

    /// Takes `text` if it fits and holds nothing but visible ASCII and spaces; a value from the network that does neither
    /// could end a header line early.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let len = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; N];
        bytes
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        let clean = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        clean.then_some(Self { len, bytes })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The bytes of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Bytes as the value of a `key=value` pair: letters, digits and `-._~@:/!*+` as they are, every other byte as `%` and two
/// hexadecimal digits. Nothing at all is `-`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_char('-');
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@:/!*+".contains(&byte);
        for run in self.0.chunk_by(|a, b| is_plain(*a) && is_plain(*b)) {
            match *run {
                [byte] if !is_plain(byte) => write!(f, "%{byte:02X}")?,
                // ASCII by the condition.
                _ => f.write_str(std::str::from_utf8(run).unwrap_or_default())?,
            }
        }
        Ok(())
    }
}

/// The beginning of bytes that a caller may have chosen, for the log. More digits in a row than a port has may be a telephone number:
/// they are not shown.
#[must_use]
pub fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..MOST_SHOWN).unwrap_or(bytes);
    let runs = start.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let masked = runs.map(|run| match run {
        [first, ..] if first.is_ascii_digit() && run.len() > PORT_DIGITS => "***".into(),
        _ => String::from_utf8_lossy(run),
    });
    masked.collect()
}

const MOST_SHOWN: usize = 128;
const PORT_DIGITS: usize = 5;

/// Two hexadecimal digits for each byte.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Escaped, Text, hex, shown};

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(hex(&[]), "");
        assert_eq!(hex(&[0, 1, 0x1f, 0xa0, 0xff]), "00011fa0ff");
    }

    #[test]
    fn an_escaped_value_is_one_word_without_an_equals_sign() {
        for (bytes, text) in [
            (&b""[..], "-"),
            (b"risk_over_flag_threshold", "risk_over_flag_threshold"),
            (b"1 decision=allow", "1%20decision%3Dallow"),
            (b"1\r\nNOTICE: audit", "1%0D%0ANOTICE:%20audit"),
            (b"100%\"\\\0\x80\xff<>", "100%25%22%5C%00%80%FF%3C%3E"),
        ] {
            assert_eq!(Escaped(bytes).to_string(), text);
        }
    }

    #[test]
    fn text_that_could_break_a_header_line_is_refused() {
        assert_eq!(
            Text::<8>::new("nol_rec")
                .map(|text| text.as_str().to_owned())
                .as_deref(),
            Some("nol_rec")
        );
        for bad in ["a\r\nb", "tab\t", "nul\0", "caf\u{e9}", "too long for 8"] {
            assert_eq!(Text::<8>::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_a_caller_chose_is_shown_in_part_and_without_numbers() {
        for (bytes, text) in [
            (b"192.0.2.17:5060".as_slice(), "192.0.2.17:5060"),
            (b"+14155550123@a", "+***@a"),
            (b"caf\xc3\xa9 \xff", "caf\u{e9} \u{fffd}"),
            (b"", ""),
        ] {
            assert_eq!(shown(bytes), text);
        }
        assert_eq!(shown(&[b'a'; 1000]).len(), 128);
    }
}
