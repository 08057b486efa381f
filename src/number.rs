// SPDX-License-Identifier: GPL-2.0-or-later
//! The calling number of a request.

use std::fmt;

use numbers_online_number::{Country, E164, normalise};

use crate::text::Text;
use crate::u64_pair;

/// A global telephone number, `+` and 1 to 15 digits (ITU-T E.164, RFC 3966 `global-number`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Number(E164);

/// The calling party, as the URI of From gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A telephone number.
    Number(Number),
    /// The caller withheld the number.
    Anonymous,
    /// A caller without a global telephone number: a name, an extension, a number in national format.
    NoNumber,
}

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

impl Caller {
    /// Reads the URI of From. A `tel:` URI, or the user part of a SIP or SIPS URI, is a number if it is a global one, or one of the country `home`;
    /// parameters of the user part (RFC 4904 `tgrp`, RFC 3966) and a password are not part of it.
    #[must_use]
    pub fn from_uri(uri: &[u8], home: Option<Country>) -> Self {
        let Some((scheme, rest)) = std::str::from_utf8(uri)
            .ok()
            .and_then(|uri| uri.trim().split_once(':'))
        else {
            return Self::NoNumber;
        };
        let (user, host) = if scheme.eq_ignore_ascii_case("tel") {
            (rest, "")
        } else if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
            let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
            (user.split(':').next().unwrap_or_default(), host)
        } else {
            return Self::NoNumber;
        };
        let user = user.split(';').next().unwrap_or_default();
        let host = host.split([';', '?', ':']).next().unwrap_or_default();
        if host.eq_ignore_ascii_case("anonymous.invalid")
            || ANONYMOUS.iter().any(|name| user.eq_ignore_ascii_case(name))
        {
            return Self::Anonymous;
        }
        match unescape(user).and_then(|user| Number::new(user.as_str().as_bytes(), home)) {
            Some(number) => Self::Number(number),
            None => Self::NoNumber,
        }
    }
}

/// Resolves the percent-escapes of a user part (RFC 3261 section 19.1.2). `None` if it cannot be a number any more.
fn unescape(user: &str) -> Option<Text<64>> {
    if !user.contains('%') {
        return Text::new(user);
    }
    let mut plain = String::with_capacity(user.len());
    let mut rest = user;
    while let Some((before, escaped)) = rest.split_once('%') {
        plain.push_str(before);
        let code = escaped
            .get(..2)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        plain.push(char::from(u8::from_str_radix(code, 16).ok()?));
        rest = escaped.get(2..)?;
    }
    plain.push_str(rest);
    Text::new(&plain)
}

/// `+` and fifteen digits.
const MAX_LENGTH: usize = 16;

/// User parts that mean a withheld number: RFC 3323 section 4.1.1.3, and those that gateways use.
const ANONYMOUS: &[&str] = &[
    "anonymous",
    "restricted",
    "unavailable",
    "unknown",
    "private",
    "withheld",
];

#[cfg(test)]
mod tests {
    use super::{Caller, Number};

    fn number(text: &str) -> Caller {
        Caller::Number(Number::new(text.as_bytes(), None).expect("a global number"))
    }

    #[test]
    fn a_global_number_is_found_wherever_a_uri_may_carry_it() {
        for uri in [
            "sip:+14155550123@192.0.2.1",
            "sips:+14155550123@example.com:5061;transport=tls",
            "SIP:+1-415-555-0123@example.com;user=phone",
            "sip:+14155550123;tgrp=trunk1;trunk-context=example.com@example.com",
            "sip:+14155550123;npdi;rn=+14155550199@example.com",
            "sip:+14155550123:secret@example.com",
            "sip:%2B14155550123@example.com",
            "tel:+14155550123",
            "tel:+1(415)555.0123;isub=1411",
        ] {
            assert_eq!(
                Caller::from_uri(uri.as_bytes(), None),
                number("+14155550123"),
                "{uri}"
            );
        }
    }

    #[test]
    fn a_withheld_number_is_anonymous() {
        for uri in [
            "sip:anonymous@anonymous.invalid",
            "sip:Restricted@10.0.0.1",
            "sip:anonymous.invalid",
            "sip:+14155550123@anonymous.invalid",
        ] {
            assert_eq!(
                Caller::from_uri(uri.as_bytes(), None),
                Caller::Anonymous,
                "{uri}"
            );
        }
    }

    #[test]
    fn what_is_not_a_global_number_is_no_number() {
        for uri in [
            "sip:02079460958@example.com",
            "sip:14155550123@example.com",
            "tel:555-0123;phone-context=+1415",
            "sip:alice@example.com",
            "sip:+@example.com",
            "sip:+1234567890123456@example.com",
            "sip:+1415%zz@example.com",
            "sip:+1415%2@example.com",
            "sip:+1%00415@example.com",
            "sip:example.com",
            "urn:service:sos",
            "",
            "+14155550123",
        ] {
            assert_eq!(
                Caller::from_uri(uri.as_bytes(), None),
                Caller::NoNumber,
                "{uri}"
            );
        }
        assert_eq!(
            Caller::from_uri(b"sip:+1415\xff@example.com", None),
            Caller::NoNumber
        );
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
