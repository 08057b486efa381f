// SPDX-License-Identifier: GPL-2.0-or-later
//! Recognises a 603+ (ATIS-1000099) of a network further on.

use crate::parts::Parts;
use crate::redress_value::{NETWORK_BLOCKED, is_email, is_id, is_tel, is_url};

/// The contacts of a 603+. An absent or unusable one is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkBlocked<'a> {
    /// An `https://` URL.
    pub url: &'a str,
    /// A global number.
    pub tel: &'a str,
    /// An e-mail address.
    pub email: &'a str,
    /// The id of the call at the network that blocked it.
    pub id: &'a str,
    /// Which network that is: `RLN`, `RPN`, ... (RFC 8606).
    pub location: &'a str,
}

impl<'a> NetworkBlocked<'a> {
    /// Reads a SIP message. `None` if it is not a 603+.
    ///
    /// It is one by two signs: the status line `603 Network Blocked`, and a `Reason` header whose text begins with the field
    /// `v=analytics1`. The protocol and cause of that header do not matter: a gateway writes `Q.850;cause=21` in place of
    /// `SIP;cause=603`. Some write the fields as parameters of the header. What is quoted is compared in its case, as RFC 3261
    /// section 7.3.1 has it; names of headers and parameters in any case.
    #[must_use]
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let mut lines = Lines(message);
        let status = lines.next().map(<[u8]>::trim_ascii)?;
        let (version, rest) = status.split_at_checked(VERSION.len())?;
        let phrase = rest.strip_prefix(CODE).map(<[u8]>::trim_ascii)?;
        if !version.eq_ignore_ascii_case(VERSION) || phrase != NETWORK_BLOCKED.as_bytes() {
            return None;
        }
        lines
            .filter_map(reason)
            .flat_map(|body| Parts::new(body, b','))
            .find_map(Self::from_value)
    }

    /// Reads one value of a `Reason` header.
    fn from_value(value: &'a [u8]) -> Option<Self> {
        let parameters = || Parts::new(value, b';').skip(1);
        let text = find(parameters(), "text").map(unquoted).unwrap_or_default();
        let in_text = Parts::new(text, b';').next() == Some(ANALYTICS);
        let in_header = || find(parameters(), "v").map(unquoted) == Some(b"analytics1");
        if !in_text && !in_header() {
            return None;
        }
        let field = |name: &str, is_usable: fn(&str) -> bool| {
            let value = find(Parts::new(text, b';').skip(1), name);
            let value = value.or_else(|| find(parameters(), name)).map(unquoted);
            let value = value.and_then(|value| std::str::from_utf8(value).ok());
            value.filter(|value| is_usable(value)).unwrap_or_default()
        };
        Some(Self {
            url: field("url", is_url),
            tel: field("tel", is_tel),
            email: field("email", is_email),
            id: field("id", is_id),
            location: field("location", is_location),
        })
    }
}

/// The lines of a header section, each with its continuations (RFC 3261 section 7.3.1).
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut end = 0;
        loop {
            let rest = self.0.get(end..).unwrap_or_default();
            let break_at = rest.iter().position(|byte| *byte == b'\n');
            end += break_at.map_or(rest.len(), |at| at + 1);
            if break_at.is_none() || !matches!(self.0.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        let is_end = line.trim_ascii().is_empty();
        (!is_end).then_some(line)
    }
}

/// The body of a `Reason` header.
fn reason(line: &[u8]) -> Option<&[u8]> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, body) = line.split_at_checked(colon)?;
    let is_reason = name.trim_ascii_end().eq_ignore_ascii_case(b"Reason");
    body.get(1..).filter(|_| is_reason)
}

/// The value of a parameter.
fn find<'a>(mut parameters: impl Iterator<Item = &'a [u8]>, name: &str) -> Option<&'a [u8]> {
    parameters.find_map(|parameter| {
        let equals = parameter.iter().position(|byte| *byte == b'=')?;
        let (found, value) = parameter.split_at_checked(equals)?;
        let is_it = found.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        value.get(1..).filter(|_| is_it).map(<[u8]>::trim_ascii)
    })
}

/// What is in a quoted string. A text without quotes is left as it is. Without the closing quote the header was cut, as some
/// servers do to a long one; then the last field may be incomplete and is left out.
fn unquoted(value: &[u8]) -> &[u8] {
    let Some(rest) = value.strip_prefix(b"\"") else {
        return value;
    };
    rest.strip_suffix(b"\"").unwrap_or_else(|| {
        let last = rest.iter().rposition(|byte| *byte == b';');
        rest.get(..last.unwrap_or(rest.len())).unwrap_or_default()
    })
}

fn is_location(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

const VERSION: &[u8] = b"SIP/2.0";
const CODE: &[u8] = b" 603 ";
const ANALYTICS: &[u8] = b"v=analytics1";

#[cfg(test)]
mod tests;
