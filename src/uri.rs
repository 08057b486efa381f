// SPDX-License-Identifier: GPL-2.0-or-later
//! SIP, SIPS and tel URIs (RFC 3261 section 19.1, RFC 3966), in the parts that decisions read.

/// A URI of a person or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uri<'a> {
    /// Whether the scheme is `tel`.
    pub(crate) is_tel: bool,
    /// What stands before the `@`, with password and parameters; all of a tel URI. Empty if a SIP URI names nobody.
    pub(crate) user: &'a [u8],
    /// What stands behind the `@`, with port, parameters and headers. Empty for a tel URI.
    pub(crate) host: &'a [u8],
}

impl<'a> Uri<'a> {
    /// Takes a URI apart. `None` for one of another scheme.
    pub(crate) fn read(uri: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = split(uri, b':')?;
        if scheme.eq_ignore_ascii_case(b"tel") {
            return Some(Self {
                is_tel: true,
                user: rest,
                host: &[],
            });
        }
        if !scheme.eq_ignore_ascii_case(b"sip") && !scheme.eq_ignore_ascii_case(b"sips") {
            return None;
        }
        // A user part may contain a semicolon and a question mark, but neither "@" nor ":" (RFC 3261 section 25.1).
        let (user, host) = split(rest, b'@').unwrap_or((&[], rest));
        Some(Self {
            is_tel: false,
            user,
            host,
        })
    }

    /// The user without password and parameters: a name, or a number.
    pub(crate) fn name(&self) -> &'a [u8] {
        before(before(self.user, b':'), b';')
    }

    /// The parameters of the user part of a SIP URI: those of a number (RFC 3966), or a trunk group (RFC 4904).
    pub(crate) fn user_parameters(&self) -> &'a [u8] {
        if self.is_tel {
            return &[];
        }
        behind(before(self.user, b':'), b';')
    }

    /// Host and port of a SIP URI.
    pub(crate) fn host_and_port(&self) -> &'a [u8] {
        before(before(self.host, b'?'), b';')
    }

    /// The parameters of the URI itself.
    pub(crate) fn parameters(&self) -> &'a [u8] {
        let text = if self.is_tel {
            self.user
        } else {
            before(self.host, b'?')
        };
        behind(text, b';')
    }

    /// The headers of a SIP URI.
    pub(crate) fn headers(&self) -> &'a [u8] {
        behind(self.host, b'?')
    }
}

/// What stands before the first such byte: everything, if there is none.
pub(crate) fn before(text: &[u8], at: u8) -> &[u8] {
    split(text, at).map_or(text, |(before, _)| before)
}

fn behind(text: &[u8], at: u8) -> &[u8] {
    split(text, at).map_or(&[], |(_, behind)| behind)
}

/// The next byte of a text, its percent-escape resolved (RFC 3986 section 2.1), and what is behind it. `None` at the end, and for a
/// percent sign that escapes nothing.
pub(crate) fn next_unescaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let hex = |byte: &u8| char::from(*byte).to_digit(16);
    match text {
        [b'%', high, low, rest @ ..] => {
            let byte = u8::try_from(hex(high)? * 16 + hex(low)?).ok()?;
            Some((byte, rest))
        }
        [] | [b'%', ..] => None,
        [byte, rest @ ..] => Some((*byte, rest)),
    }
}

/// What stands before and behind the first such byte.
pub(crate) fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    // The texts are short: memchr would take longer.
    let place = text.iter().position(|byte| *byte == at)?;
    let (before, behind) = text.split_at_checked(place)?;
    Some((before, behind.get(1..)?))
}
