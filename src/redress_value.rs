// SPDX-License-Identifier: GPL-2.0-or-later
//! Values in the text of a 603+ (ATIS-1000099). None of them needs an escape in a quoted string, and none ends a field.

/// Whether a text is a `url`: `https://`, a host, and visible ASCII.
#[must_use]
pub(crate) fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
        && text.len() <= 255
        && rest.bytes().all(can_stand_there)
}

/// Whether a text is a `tel`: a global number.
#[must_use]
pub(crate) fn is_tel(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Whether a text is an `email`.
#[must_use]
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_label = |label: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_allowed)
    };
    let is_allowed = |byte: u8| can_stand_there(byte) && !b"()[],:".contains(&byte);
    !local.is_empty()
        && local.bytes().all(is_allowed)
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && text.len() <= 254
}

/// Whether a text is an `id`.
#[must_use]
pub(crate) fn is_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
}

fn can_stand_there(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"\\;<>".contains(&byte)
}

/// The phrase of a 603+.
pub(crate) const NETWORK_BLOCKED: &str = "Network Blocked";
