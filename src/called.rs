// SPDX-License-Identifier: GPL-2.0-or-later
//! The called user: who the request URI names, as a redirection passes it on.

use std::{fmt, iter};

use numbers_online_number::is_separator;

use crate::uri::{Uri, next_unescaped};

/// The user part of a SIP URI, or the number of a tel URI, without password and parameters, its percent-escapes resolved. Any bytes:
/// the caller chooses them. So it is written with everything escaped that means something in a URI or a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Called {
    len: u8,
    bytes: [u8; MOST],
}

impl Called {
    /// Nobody: the URI names no user, or one that is too long.
    pub const NOBODY: Self = Self {
        len: 0,
        bytes: [0; MOST],
    };

    /// 64-bit words in shared memory.
    pub const WORDS: usize = MOST / 8 + 1;

    /// The user of a SIP, SIPS or tel URI. Of a telephone number, the digits and a plus in front.
    #[must_use]
    pub fn of(uri: &[u8]) -> Self {
        let Some(uri) = Uri::read(uri) else {
            return Self::NOBODY;
        };
        let user = uri.name();
        // Of another user a separator may be a part: 100-1 is not 1001 (RFC 3261 section 19.1.1).
        let mut parameters = uri.parameters().split(|byte| *byte == b';');
        let is_telephone = uri.is_tel
            || unescaped(user).next() == Some(b'+')
            || parameters.any(|parameter| parameter.eq_ignore_ascii_case(b"user=phone"));
        let number = is_telephone.then(|| Self::number_of(user)).flatten();
        number
            .or_else(|| Self::collect(unescaped(user)))
            .unwrap_or(Self::NOBODY)
    }

    /// A user part that is a number, without its visual separators.
    fn number_of(user: &[u8]) -> Option<Self> {
        let called = Self::collect(unescaped(user).filter(|byte| !is_separator(*byte)))?;
        called.is_number().then_some(called)
    }

    /// `None` if it is too long.
    fn collect(user: impl Iterator<Item = u8>) -> Option<Self> {
        let mut called = Self::NOBODY;
        for byte in user {
            *called.bytes.get_mut(usize::from(called.len))? = byte;
            called.len += 1;
        }
        Some(called)
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.len == 0
    }

    /// The number that it is, without visual separators: digits, perhaps behind a plus.
    #[must_use]
    pub fn number(&self) -> Option<Self> {
        let bytes = self.bytes().iter().copied();
        let number = Self::collect(bytes.filter(|byte| !is_separator(*byte)))?;
        number.is_number().then_some(number)
    }

    fn is_number(&self) -> bool {
        let digits = self.without_plus();
        !digits.is_nobody() && digits.bytes().iter().all(u8::is_ascii_digit)
    }

    /// Whether it has a plus in front.
    #[must_use]
    pub fn has_plus(&self) -> bool {
        self.bytes().starts_with(b"+")
    }

    /// The same without a plus in front.
    #[must_use]
    pub fn without_plus(&self) -> Self {
        let mut called = Self::NOBODY;
        let digits = self.bytes().strip_prefix(b"+").unwrap_or(self.bytes());
        for (to, byte) in called.bytes.iter_mut().zip(digits) {
            *to = *byte;
            called.len += 1;
        }
        called
    }

    /// For shared memory.
    #[must_use]
    pub fn to_shared(&self) -> [u64; Self::WORDS] {
        let mut words = [0; Self::WORDS];
        let (chunks, _) = self.bytes.as_chunks();
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_ne_bytes(*chunk);
        }
        let [.., len] = &mut words;
        *len = self.len.into();
        words
    }

    /// From shared memory.
    #[must_use]
    pub fn from_shared(words: [u64; Self::WORDS]) -> Self {
        let [bytes @ .., len] = words;
        let mut called = Self::NOBODY;
        let (chunks, _) = called.bytes.as_chunks_mut();
        for (chunk, word) in chunks.iter_mut().zip(bytes) {
            *chunk = word.to_ne_bytes();
        }
        let len = u8::try_from(len).ok();
        called.len = len.filter(|len| usize::from(*len) <= MOST).unwrap_or(0);
        called
    }
}

/// The bytes of a user part, its percent-escapes resolved. A percent sign that escapes nothing stands for itself.
fn unescaped(user: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = user;
    iter::from_fn(move || {
        let (first, behind) = rest.split_first()?;
        let (byte, behind) = next_unescaped(rest).unwrap_or((*first, behind));
        rest = behind;
        Some(byte)
    })
}

/// As the user part of a URI: all but letters, digits and `+-._` is escaped. So it ends no URI and no header, wherever it stands.
impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.bytes() {
            if byte.is_ascii_alphanumeric() || b"+-._".contains(&byte) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl Default for Called {
    fn default() -> Self {
        Self::NOBODY
    }
}

impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Bytes of the longest user.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::Called;

    #[test]
    fn the_called_user_is_that_of_the_uri_without_password_and_parameters() {
        for (uri, written) in [
            ("sip:+14155550100@192.0.2.1", "+14155550100"),
            ("sips:+1-415-555-0100:pw@h;user=phone", "+14155550100"),
            ("sip:+1%20415/555.0100@h", "+14155550100"),
            ("sip:%2b1-415-5550100@h", "+14155550100"),
            ("sip:(415)-5550100@h;lr;USER=phone", "4155550100"),
            ("sip:(415)-5550100@h", "%28415%29-5550100"),
            ("sip:100-1@h", "100-1"),
            ("sip:10.0.0.1@h;user=ip", "10.0.0.1"),
            ("sip:john.doe-2@h", "john.doe-2"),
            ("sip:1+2@h", "1+2"),
            ("SIP:+14155550100;npdi;rn=+14155550199@h", "+14155550100"),
            ("tel:+14155550100;phone-context=x", "+14155550100"),
            ("sip:bob@h?To=a", "bob"),
            ("sip:%62%6fb@h", "bob"),
            ("sip:*31%23@h", "%2A31%23"),
            ("sip:192.0.2.1", ""),
            ("sip:192.0.2.1;x=a", ""),
            ("sip:@h", ""),
            ("sip::pw@h", ""),
            ("urn:service:sos", ""),
            ("tel:", ""),
            ("bob", ""),
            ("", ""),
        ] {
            assert_eq!(Called::of(uri.as_bytes()).to_string(), written, "{uri}");
        }
    }

    #[test]
    fn nothing_that_a_caller_writes_ends_the_contact_or_its_header() {
        for (user, written) in [
            (b"a\r\nX: y".as_slice(), "a%0D%0AX"),
            (b"a%0d%0aX%3A%20y", "a%0D%0AX%3A%20y"),
            (b"a>,<sip", "a%3E%2C%3Csip"),
            (b"a%3e%3Bx%40y", "a%3E%3Bx%40y"),
            (b"a\"b'c\\d", "a%22b%27c%5Cd"),
            (b"100%", "100%25"),
            (b"%zz%4", "%25zz%254"),
            (b"%2525", "%2525"),
            (b"a b\tc\0d", "a%20b%09c%00d"),
            (b"caf\xc3\xa9\xff", "caf%C3%A9%FF"),
            (b"{called}$x", "%7Bcalled%7D%24x"),
            (b"a?b=c&d/e", "a%3Fb%3Dc%26d%2Fe"),
        ] {
            let uri = [b"sip:", user, b"@example.com"].concat();
            assert_eq!(Called::of(&uri).to_string(), written);
        }
    }

    #[test]
    fn a_user_that_is_too_long_is_none() {
        let of = |len| Called::of(format!("sip:{}@h", "a".repeat(len)).as_bytes());
        assert_eq!(of(64).to_string(), "a".repeat(64));
        assert!(of(65).is_nobody() && of(5000).is_nobody());
        // Escapes do not count, and neither do parameters.
        let uri = format!("sip:{}@h", "%61".repeat(64));
        assert_eq!(Called::of(uri.as_bytes()).to_string(), "a".repeat(64));
        // Nor do the separators of a number.
        let uri = format!("sip:+1{}4155550100@h", "-".repeat(500));
        assert_eq!(Called::of(uri.as_bytes()).to_string(), "+14155550100");
        let uri = format!("sip:+14155550100;x={}@h", "a".repeat(500));
        assert_eq!(Called::of(uri.as_bytes()).to_string(), "+14155550100");
    }

    #[test]
    fn only_digits_are_a_number() {
        for (uri, expected) in [
            ("tel:+14155550100", Some("+14155550100")),
            ("tel:4155550100", Some("4155550100")),
            ("tel:+", None),
            ("sip:bob@h", None),
            ("sip:1-(415).5550100@h", Some("14155550100")),
            ("sip:++1@h", None),
            ("sip:h", None),
        ] {
            let number = Called::of(uri.as_bytes()).number();
            let number = number.map(|number| number.to_string());
            assert_eq!(number.as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn a_user_is_read_from_shared_memory_as_it_was_written() {
        for len in [0, 1, 7, 8, 9, 63, 64] {
            let called = Called::of(
                format!("sip:{}@h", "xyz7".repeat(16).get(..len).unwrap_or_default()).as_bytes(),
            );
            assert_eq!(Called::from_shared(called.to_shared()), called);
        }
        assert!(Called::from_shared([u64::MAX; Called::WORDS]).is_nobody());
    }
}
