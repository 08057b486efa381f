// SPDX-License-Identifier: GPL-2.0-or-later
//! Telephone numbers in a Call-ID: some callers make theirs of their number.

use numbers_online_number::is_separator;

use crate::call_id::CallId;
use crate::number::Number;

/// The Call-ID with stars for the last seven digits of the calling number. Without a number, which may be withheld, every run of
/// seven or more digits before the `@` gets stars. A separator between two digits makes no difference.
pub(super) fn without_number(call_id: &CallId, number: Option<&Number>) -> CallId {
    let is_cut = call_id.is_cut();
    call_id.rewritten(|bytes| {
        if let Some(number) = number {
            let digits = number.as_str().as_bytes();
            let last = digits.len().saturating_sub(RECOGNISED).max(1);
            let digits = digits.get(last..).unwrap_or_default();
            mask(bytes, |text| end_of(digits, text, is_cut));
        } else {
            let host = bytes.iter().position(|byte| *byte == b'@');
            let (user, _) = bytes.split_at_mut(host.unwrap_or(bytes.len()));
            mask(user, |text| end_of_run(text, is_cut && host.is_none()));
        }
    })
}

/// Puts stars for the digits of everything whose end `found` returns.
fn mask(bytes: &mut [u8], found: impl Fn(&[u8]) -> Option<usize>) {
    let mut start = 0;
    while let Some(rest) = bytes.get_mut(start..).filter(|rest| !rest.is_empty()) {
        let end = found(rest);
        if let Some(number) = end.and_then(|end| rest.get_mut(..end)) {
            let digits = number.iter_mut().filter(|byte| byte.is_ascii_digit());
            digits.for_each(|digit| *digit = b'*');
        }
        start += end.unwrap_or(1);
    }
}

/// Where these digits end, if the text begins with them. What was cut off may be the rest of them.
fn end_of(digits: &[u8], text: &[u8], is_cut: bool) -> Option<usize> {
    let mut end = 0;
    for (place, digit) in digits.iter().enumerate() {
        if place > 0 && text.get(end).is_some_and(|byte| separates(*byte)) {
            end += 1;
        }
        match text.get(end) {
            Some(byte) if byte == digit => end += 1,
            None if is_cut && place > 0 => break,
            _ => return None,
        }
    }
    Some(end)
}

/// Where the digits end that the text begins with, if they are many. What was cut off may be more of them.
fn end_of_run(text: &[u8], is_cut: bool) -> Option<usize> {
    let (mut digits, mut end) = (0, 0);
    while let Some(rest) = text.get(end..) {
        end += match rest {
            [digit, ..] if digit.is_ascii_digit() => 1,
            [byte, digit, ..] if digits > 0 && separates(*byte) && digit.is_ascii_digit() => 2,
            _ => break,
        };
        digits += 1;
    }
    let may_go_on = is_cut && digits > 0 && end == text.len();
    (digits >= RECOGNISED || may_go_on).then_some(end)
}

fn separates(byte: u8) -> bool {
    is_separator(byte) || byte == b'_'
}

/// So many digits are a number, or enough of it to find the rest.
const RECOGNISED: usize = 7;
