// SPDX-License-Identifier: GPL-2.0-or-later
//! The URI of a caller.

use numbers_online_number::Country;

use crate::name_addr::named;
use crate::number::Number;
use crate::uri::{self, next_unescaped};

/// A SIP, SIPS or tel URI (RFC 3261, RFC 3966), in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    /// Whether the scheme is `tel`.
    pub(super) is_tel: bool,
    /// A number, or a name.
    user: &'a [u8],
    user_parameters: &'a [u8],
    host: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> Uri<'a> {
    /// Takes a URI apart. `None` for a URI of another scheme.
    pub(super) fn read(uri: &'a [u8]) -> Option<Self> {
        let uri = uri::Uri::read(uri)?;
        Some(Self {
            is_tel: uri.is_tel,
            user: uri.name(),
            user_parameters: uri.user_parameters(),
            host: uri.host_and_port(),
            parameters: uri.parameters(),
        })
    }

    /// The telephone number, with the forms of the country `home` too.
    pub(super) fn number(&self, home: Option<Country>) -> Option<Number> {
        let mut room = [0; MOST];
        let text = unescaped(self.user, &mut room)?;
        let number = Number::new(text, home)?;
        let is_local = !text.starts_with(b"+");
        match self.parameters(b"phone-context").next() {
            // The context of a local number is a domain, or the start of global numbers (RFC 3966 section 5.1.5). It is a national
            // number only if that start is its country code.
            Some([b'+', code @ ..]) if is_local => {
                (code == number.country_code().as_bytes()).then_some(number)
            }
            _ => Some(number),
        }
    }

    /// Whether the user part begins as a number does.
    pub(super) fn looks_like_a_number(&self) -> bool {
        let first = self.user.first();
        first.is_some_and(|byte| byte.is_ascii_digit() || b"+%(".contains(byte))
    }

    /// Whether it stands for a caller who does not want to be known (RFC 3323 section 4.1.1.3, and names that gateways use).
    pub(super) fn is_anonymous(&self) -> bool {
        uri::before(self.host, b':').eq_ignore_ascii_case(b"anonymous.invalid")
            || is_anonymous_name(self.user)
    }

    /// The values of the parameters of a name: those of the number, then those of the URI.
    pub(super) fn parameters(self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        [self.user_parameters, self.parameters]
            .into_iter()
            .flat_map(|parameters| parameters.split(|byte| *byte == b';'))
            .filter_map(move |parameter| named(parameter, name))
    }
}

/// The telephone number that a user part is, without its parameters.
pub(super) fn number(user: &[u8], home: Option<Country>) -> Option<Number> {
    let mut room = [0; MOST];
    Number::new(unescaped(user, &mut room)?, home)
}

/// Whether a user part stands for a withheld number.
pub(super) fn is_anonymous_name(user: &[u8]) -> bool {
    let mut room = [0; MOST];
    let user = unescaped(user, &mut room).unwrap_or_default();
    ANONYMOUS.iter().any(|name| user.eq_ignore_ascii_case(name))
}

/// Resolves the percent-escapes of a user part (RFC 3261 section 19.1.2). `None` if it cannot be a number: it is too long, or a
/// percent sign escapes nothing.
fn unescaped<'a>(user: &'a [u8], room: &'a mut [u8; MOST]) -> Option<&'a [u8]> {
    if user.len() > MOST {
        return None;
    }
    if !user.contains(&b'%') {
        return Some(user);
    }
    let mut len = 0;
    let mut rest = user;
    while !rest.is_empty() {
        let (byte, behind) = next_unescaped(rest)?;
        *room.get_mut(len)? = byte;
        len += 1;
        rest = behind;
    }
    room.get(..len)
}

/// User parts that mean a withheld number.
const ANONYMOUS: &[&[u8]] = &[
    b"anonymous",
    b"restricted",
    b"unavailable",
    b"unknown",
    b"private",
    b"withheld",
];

/// Bytes of the longest user part that can be a number: fifteen digits, each escaped, and separators.
const MOST: usize = 64;
