// SPDX-License-Identifier: GPL-2.0-or-later
//! Callers who want their number withheld.

use crate::sip_header::{Header, HeaderName, bodies, trimmed};

/// Whether a caller asked that the number be withheld: by `Privacy: id`, `user` or `header` (RFC 3323, RFC 3325), or by
/// `privacy=full`, `uri` or `yes` of a Remote-Party-ID. With contradicting values, such as `none;id`, the number is withheld. The
/// sender need not be trusted: a false claim only means that nothing is sent to the API.
#[must_use]
pub fn is_withheld(headers: &[Header<'_>]) -> bool {
    let is_private = |body: &[u8]| body.split(|byte| SEPARATORS.contains(byte)).any(withholds);
    bodies(headers, HeaderName::Privacy).any(is_private)
        || bodies(headers, HeaderName::RemotePartyId).any(remote_party_is_private)
}

/// Whether headers that the server could not read mention privacy.
#[must_use]
pub fn is_mentioned(unread: &[u8]) -> bool {
    unread.split(|byte| *byte == b'\n').any(|line| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let name = trimmed(name);
        name.eq_ignore_ascii_case(b"privacy") || name.eq_ignore_ascii_case(b"remote-party-id")
    })
}

fn withholds(value: &[u8]) -> bool {
    [b"id".as_slice(), b"user", b"header"]
        .iter()
        .any(|known| trimmed(value).eq_ignore_ascii_case(known))
}

/// Whether one of the parties of a Remote-Party-ID is the caller, who wants to be withheld.
fn remote_party_is_private(body: &[u8]) -> bool {
    let hides = |value: &[u8]| {
        value
            .split(|byte| SEPARATORS.contains(byte))
            .any(hides_the_number)
    };
    let mut parties = Parties { rest: body };
    parties.any(|party| {
        let mut sides = party.parameters(b"party");
        let is_called = sides.any(|value| value.eq_ignore_ascii_case(b"called"));
        !is_called && party.parameters(b"privacy").any(hides)
    })
}

/// One value of `privacy=`. The suffix `-network` names who verified it.
fn hides_the_number(value: &[u8]) -> bool {
    let what = value.split(|byte| *byte == b'-').next().unwrap_or_default();
    [b"full".as_slice(), b"uri", b"yes"]
        .iter()
        .any(|known| trimmed(what).eq_ignore_ascii_case(known))
}

/// The values of a Remote-Party-ID, which commas separate.
struct Parties<'a> {
    rest: &'a [u8],
}

/// One value, with its parameters.
struct Party<'a>(&'a [u8]);

impl<'a> Iterator for Parties<'a> {
    type Item = Party<'a>;

    fn next(&mut self) -> Option<Party<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = find(self.rest, b',').unwrap_or(self.rest.len());
        let (party, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.get(1..).unwrap_or_default();
        Some(Party(party))
    }
}

impl<'a> Party<'a> {
    /// The values of all parameters of a name, without quotes around them.
    fn parameters(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        let parameters = std::iter::from_fn(move || {
            let start = find(rest, b';')?;
            rest = rest.get(start + 1..)?;
            rest.get(..find(rest, b';').unwrap_or(rest.len()))
        });
        parameters.filter_map(move |parameter| {
            let mut parts = parameter.splitn(2, |byte| *byte == b'=');
            let is_wanted = trimmed(parts.next()?).eq_ignore_ascii_case(name);
            let value = parts.next().filter(|_| is_wanted).map(trimmed)?;
            let inside = value.strip_prefix(b"\"").unwrap_or(value);
            Some(inside.strip_suffix(b"\"").unwrap_or(inside))
        })
    }
}

/// The position of a byte outside of quotes and angle brackets. After a quote or bracket that is never closed, any position counts.
fn find(text: &[u8], wanted: u8) -> Option<usize> {
    let mut closing = None;
    let mut opened_at = 0;
    let mut bytes = text.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match closing {
            Some(b'"') if byte == b'\\' => drop(bytes.next()),
            Some(close) if byte == close => closing = None,
            None if byte == wanted => return Some(at),
            None if byte == b'"' => (closing, opened_at) = (Some(b'"'), at),
            None if byte == b'<' => (closing, opened_at) = (Some(b'>'), at),
            Some(_) | None => {}
        }
    }
    closing?;
    let behind = text.get(opened_at + 1..)?;
    let found = behind.iter().position(|byte| *byte == wanted)?;
    Some(opened_at + 1 + found)
}

/// The separators of values: a semicolon by RFC 3323, a comma in some implementations.
const SEPARATORS: &[u8] = b";,";

#[cfg(test)]
mod tests;
