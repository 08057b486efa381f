// SPDX-License-Identifier: GPL-2.0-or-later
//! Telephone numbers in a Call-ID: some callers make theirs of their number.

use numbers_online_number::is_separator;

use crate::call_id::CallId;
use crate::number::Number;

/// The Call-ID with stars for the digits of the calling number behind its country code, wherever its last seven stand. Without a number,
/// which may be withheld, every run of seven or more digits before the `@` gets stars. Separators between digits make no difference.
pub(super) fn without_number(call_id: &CallId, number: Option<&Number>) -> CallId {
    let is_cut = call_id.is_cut();
    call_id.rewritten(|bytes| {
        if let Some(number) = number {
            let code = 1 + number.country_code().len();
            let national = number.as_str().as_bytes().get(code..).unwrap_or_default();
            let (before, last) = national.split_at(national.len().saturating_sub(RECOGNISED));
            mask(bytes, before, |text| end_of(last, text, is_cut));
        } else {
            let host = bytes.iter().position(|byte| *byte == b'@');
            let (user, _) = bytes.split_at_mut(host.unwrap_or(bytes.len()));
            mask(user, b"", |text| end_of_run(text, is_cut && host.is_none()));
        }
    })
}

/// Puts stars for the digits of everything whose end `found` returns, and for such of `before` as stand in front of it.
fn mask(bytes: &mut [u8], before: &[u8], found: impl Fn(&[u8]) -> Option<usize>) {
    let mut start = 0;
    while let Some(end) = bytes
        .get(start..)
        .filter(|rest| !rest.is_empty())
        .map(&found)
    {
        if let Some(end) = end {
            let (text, _) = bytes.split_at_mut((start + end).min(bytes.len()));
            let (in_front, number) = text.split_at_mut(start.min(text.len()));
            number.iter_mut().for_each(hide);
            let mut digits = before.iter().rev();
            for byte in in_front.iter_mut().rev() {
                if byte.is_ascii_digit() && digits.next() == Some(byte) {
                    hide(byte);
                } else if !separates(*byte) {
                    break;
                }
            }
        }
        start += end.unwrap_or(1);
    }
}

fn hide(byte: &mut u8) {
    if byte.is_ascii_digit() {
        *byte = b'*';
    }
}

/// Where these digits end, if the text begins with them. What was cut off may be the rest of them.
fn end_of(digits: &[u8], text: &[u8], is_cut: bool) -> Option<usize> {
    let mut end = 0;
    for (place, digit) in digits.iter().enumerate() {
        end += if place > 0 { separators(text, end) } else { 0 };
        match text.get(end) {
            Some(byte) if byte == digit => end += 1,
            None if is_cut && place > 0 => break,
            _ => return None,
        }
    }
    (end > 0).then_some(end)
}

/// Where the digits end that the text begins with, if they are many. What was cut off may be more of them.
fn end_of_run(text: &[u8], is_cut: bool) -> Option<usize> {
    let (mut digits, mut end, mut next) = (0, 0, 0);
    while text.get(next).is_some_and(u8::is_ascii_digit) {
        digits += 1;
        end = next + 1;
        next = end + separators(text, end);
    }
    let may_go_on = is_cut && digits > 0 && next == text.len();
    (digits >= RECOGNISED || may_go_on).then_some(end)
}

/// How many separators follow one another there.
fn separators(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().take_while(|byte| separates(**byte)).count()
}

fn separates(byte: u8) -> bool {
    is_separator(byte) || byte == b'_'
}

/// So many digits are a number, or enough of it to find the rest.
const RECOGNISED: usize = 7;
