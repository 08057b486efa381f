// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that must never be held up: emergency calls, and calls with priority.

mod numbers;

use numbers_online_number::{Country, is_separator};

use self::numbers::{NATIONAL, ROAMING, UNAMBIGUOUS};
use crate::reason;
use crate::sip_header::{HeaderName, Headers};
use crate::uri::{Uri, next_unescaped, split};

/// Whether a request URI is an emergency service (RFC 5031: `urn:service:sos` and what stands below it), or the user part of
/// its SIP, SIPS or tel URI an emergency number: one of the list, or one of the country `home`.
#[must_use]
pub fn is_emergency(request_uri: &[u8], home: Option<Country>) -> bool {
    Target::of(request_uri).is_some_and(|target| match target {
        Target::Service => true,
        Target::Number(dialled) => {
            dialled.is_emergency() || numbers_online_number::is_emergency(dialled.text(), home)
        }
    })
}

/// Whether a request URI is an emergency service, or an emergency number as it is dialled in the country `home`, perhaps behind its
/// calling code: 112, 911, 999, and the numbers of the countries with that code. [`is_emergency`] takes those of all countries for
/// emergency numbers, which may be extensions.
#[must_use]
pub fn is_emergency_in(request_uri: &[u8], home: Country) -> bool {
    Target::of(request_uri).is_some_and(|target| match target {
        Target::Service => true,
        Target::Number(dialled) => dialled.is_emergency_in(home),
    })
}

/// What a request URI may name.
enum Target {
    /// A service by its URN.
    Service,
    Number(Dialled),
}

impl Target {
    fn of(request_uri: &[u8]) -> Option<Self> {
        if let Some(Uri { user, .. }) = Uri::read(request_uri) {
            return Dialled::read(user).map(Self::Number);
        }
        let (scheme, service) = split(request_uri, b':')?;
        let is_emergency = scheme.eq_ignore_ascii_case(b"urn") && is_service(service);
        is_emergency.then_some(Self::Service)
    }
}

/// Why a call has priority: a value for `$avp(nol_reason)`. Any sender can claim it; the caller must check whether it is trusted.
#[must_use]
pub fn priority(headers: &Headers<'_>) -> Option<&'static str> {
    let calls_back = |body: &[u8]| body.trim_ascii().eq_ignore_ascii_case(PSAP_CALLBACK);
    if headers.bodies(HeaderName::Priority).any(calls_back) {
        return Some(reason::PSAP_CALLBACK);
    }
    let claims = |body: &[u8]| body.split(|byte| *byte == b',').any(is_in_a_namespace);
    headers
        .bodies(HeaderName::ResourcePriority)
        .any(claims)
        .then_some(reason::RESOURCE_PRIORITY)
}

/// Whether a value of `Resource-Priority` (RFC 4412: namespace, dot, priority) is of a namespace for emergencies.
fn is_in_a_namespace(value: &[u8]) -> bool {
    let namespace = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    NAMESPACES
        .iter()
        .any(|known| namespace.trim_ascii().eq_ignore_ascii_case(known))
}

/// Whether a URN without its scheme is the emergency service or one below it.
fn is_service(urn: &[u8]) -> bool {
    SERVICES.iter().any(|service| {
        let (Some(start), Some(rest)) = (urn.get(..service.len()), urn.get(service.len()..)) else {
            return false;
        };
        let ends = rest.first().is_none_or(|byte| b".;?#".contains(byte));
        ends && start.eq_ignore_ascii_case(service)
    })
}

/// A short number that was dialled.
struct Dialled {
    is_global: bool,
    /// A plus, then the digits.
    text: [u8; 1 + MOST_DIGITS],
    len: usize,
}

impl Dialled {
    /// Reads a user part: percent-escapes are resolved, visual separators dropped, parameters and a password left out. `None`
    /// if it is no number, or longer than any emergency number.
    fn read(user: &[u8]) -> Option<Self> {
        let mut dialled = Self {
            is_global: false,
            text: [b'+'; 1 + MOST_DIGITS],
            len: 1,
        };
        let mut rest = user;
        while !rest.is_empty() {
            let (byte, behind) = next_unescaped(rest)?;
            rest = behind;
            match byte {
                b'0'..=b'9' => {
                    *dialled.text.get_mut(dialled.len)? = byte;
                    dialled.len += 1;
                }
                b'+' if dialled.len == 1 && !dialled.is_global => dialled.is_global = true,
                b';' | b':' => break,
                separator if is_separator(separator) => {}
                _ => return None,
            }
        }
        Some(dialled)
    }

    /// The digits, behind a plus if one was dialled.
    fn text(&self) -> &[u8] {
        let start = usize::from(!self.is_global);
        self.text.get(start..self.len).unwrap_or_default()
    }

    fn digits(&self) -> &[u8] {
        self.text.get(1..self.len).unwrap_or_default()
    }

    fn is_emergency_in(&self, home: Country) -> bool {
        let code = home.calling_code().to_string();
        let code = code.as_bytes();
        let is_national = |digits: &[u8]| is_emergency_of(home, code, digits);
        let is_global = |digits: &[u8]| {
            is_among(digits, ROAMING) || digits.strip_prefix(code).is_some_and(is_national)
        };
        let digits = self.digits();
        if self.is_global {
            return is_global(digits);
        }
        let is_behind_code = |short: &[u8]| is_among(short, UNAMBIGUOUS) && is_national(short);
        is_national(digits)
            || digits.strip_prefix(code).is_some_and(is_behind_code)
            || behind_prefix(digits).any(is_global)
            || home
                .without_international_prefix(digits)
                .is_some_and(is_global)
    }

    fn is_emergency(&self) -> bool {
        let digits = self.digits();
        if is_listed(digits) || is_behind_its_calling_code(digits, self.is_global) {
            return true;
        }
        // An international prefix stands for the plus.
        behind_prefix(digits).any(|rest| is_listed(rest) || is_behind_its_calling_code(rest, true))
    }
}

/// Whether the countries with a calling code have this emergency number.
fn is_emergency_of(home: Country, code: &[u8], digits: &[u8]) -> bool {
    is_among(digits, ROAMING)
        || national(code).is_some_and(|list| is_among(digits, list))
        || home.has_emergency_number(digits)
}

/// What is behind the international prefixes that these digits may begin with.
fn behind_prefix(digits: &[u8]) -> impl Iterator<Item = &[u8]> {
    let prefixes = INTERNATIONAL.iter();
    prefixes.filter_map(|prefix| digits.strip_prefix(*prefix))
}

/// Whether some country has this emergency number.
fn is_listed(digits: &[u8]) -> bool {
    let mut lists = NATIONAL.iter().map(|(_, list)| *list);
    digits.len() <= LONGEST
        && (is_among(digits, UNAMBIGUOUS) || lists.any(|list| is_among(digits, list)))
}

/// Whether a calling code stands here before an emergency number of a country that has it. Without a plus only the best known
/// numbers count: 1333 and 3315 are extensions more often than not.
fn is_behind_its_calling_code(digits: &[u8], is_global: bool) -> bool {
    // Nearly every called number is longer, and searched for no further.
    digits.len() <= LONGEST_CODE + LONGEST
        && (1..=LONGEST_CODE).any(|len| {
            let Some((code, short)) = digits.split_at_checked(len) else {
                return false;
            };
            national(code).is_some_and(|list| {
                is_among(short, list) && (is_global || is_among(short, UNAMBIGUOUS))
            })
        })
}

/// The emergency numbers of the countries behind a calling code.
fn national(code: &[u8]) -> Option<&'static str> {
    let place = NATIONAL.binary_search_by_key(&code, |(code, _)| code.as_bytes());
    let (_, list) = NATIONAL.get(place.ok()?)?;
    Some(list)
}

fn is_among(digits: &[u8], list: &str) -> bool {
    list.as_bytes()
        .split(|byte| *byte == b' ')
        .any(|known| known == digits)
}

/// RFC 5031 section 4.2, and the same within an emergency services network (NENA-STA-010).
const SERVICES: [&[u8]; 2] = [b"service:sos", b"nena:service:sos"];

/// RFC 7090.
const PSAP_CALLBACK: &[u8] = b"psap-callback";

/// RFC 7135 (`esnet`); RFC 4412 (`ets`, `wps`).
const NAMESPACES: [&[u8]; 3] = [b"esnet", b"ets", b"wps"];

/// ITU-T E.164's recommended international prefix, and North America's.
const INTERNATIONAL: [&[u8]; 2] = [b"00", b"011"];

/// Digits of the longest calling code.
const LONGEST_CODE: usize = 3;

/// Digits of the longest emergency number.
const LONGEST: usize = 6;

/// Digits of the longest international prefix, with the selection of a carrier.
const LONGEST_PREFIX: usize = 8;

/// An international prefix, a calling code and an emergency number.
const MOST_DIGITS: usize = LONGEST_PREFIX + LONGEST_CODE + LONGEST;

#[cfg(test)]
mod tests;
