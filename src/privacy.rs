// SPDX-License-Identifier: GPL-2.0-or-later
//! Callers who want their number withheld.

use crate::name_addr::{Value, values};
use crate::sip_header::{HeaderName, Headers};

/// Whether a caller asked that the number be withheld: by `Privacy: id`, `user` or `header` (RFC 3323, RFC 3325), or by
/// `privacy=full`, `uri` or `yes` of a Remote-Party-ID. With contradicting values, such as `none;id`, the number is withheld. The
/// sender need not be trusted: a false claim only means that nothing is sent to the API.
#[must_use]
pub fn is_withheld(headers: &Headers<'_>) -> bool {
    let is_private = |body: &[u8]| body.split(|byte| SEPARATORS.contains(byte)).any(withholds);
    headers.bodies(HeaderName::Privacy).any(is_private)
        || headers
            .bodies(HeaderName::RemotePartyId)
            .any(remote_party_is_private)
}

/// Whether a value of a Remote-Party-ID is about the called party.
#[must_use]
pub fn is_called_party(value: Value<'_>) -> bool {
    let mut sides = value.parameters(b"party");
    sides.any(|side| side.eq_ignore_ascii_case(b"called"))
}

fn withholds(value: &[u8]) -> bool {
    [b"id".as_slice(), b"user", b"header"]
        .iter()
        .any(|known| value.trim_ascii().eq_ignore_ascii_case(known))
}

/// Whether one of the parties of a Remote-Party-ID is the caller, who wants to be withheld.
fn remote_party_is_private(body: &[u8]) -> bool {
    let hides = |value: &[u8]| {
        value
            .split(|byte| SEPARATORS.contains(byte))
            .any(hides_the_number)
    };
    values(body).any(|party| !is_called_party(party) && party.parameters(b"privacy").any(hides))
}

/// One value of `privacy=`. The suffix `-network` names who verified it.
fn hides_the_number(value: &[u8]) -> bool {
    let what = value.split(|byte| *byte == b'-').next().unwrap_or_default();
    [b"full".as_slice(), b"uri", b"yes"]
        .iter()
        .any(|known| what.trim_ascii().eq_ignore_ascii_case(known))
}

/// The separators of values: a semicolon by RFC 3323, a comma in some implementations.
const SEPARATORS: &[u8] = b";,";

#[cfg(test)]
mod tests;
