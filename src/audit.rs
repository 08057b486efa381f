// SPDX-License-Identifier: GPL-2.0-or-later
//! The audit line: one for each call that was blocked or redirected, or would have been.

use std::fmt;

use crate::call_id::CallId;
use crate::decision::{Decision, Treatment};
use crate::identity::{Attestation, NumberFrom, Verstat};
use crate::number::Number;
use crate::text::Escaped;

/// What a decision itself does not know.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The code of the final reply.
    pub code: i32,
    /// The name of the profile; empty if there is none.
    pub profile: &'a str,
    /// The call.
    pub call_id: &'a CallId,
    /// Whether the number is not masked.
    pub log_numbers: bool,
}

/// The line as `key=value` pairs, or nothing if the decision neither blocks nor redirects. docs/shadow.md describes the keys. A new
/// key is added before `call`; no key is ever renamed or removed. A value has no space and no `=`; an absent one is `-`.
#[must_use]
pub fn line(decision: &Decision, context: Context<'_>) -> Option<String> {
    if matches!(decision.would, Treatment::Allow | Treatment::Flag) {
        return None;
    }
    let Decision { advice, number, .. } = decision;
    let Context {
        code,
        profile,
        call_id,
        log_numbers,
    } = context;
    let call = if log_numbers {
        call_id.to_string()
    } else {
        masked(call_id.to_string(), number.as_ref())
    };
    let text = |text| Escaped(str::as_bytes(text));
    Some(format!(
        "audit enforced={} would={} decision={} code={code} reason={} source={} failure={} number={} number_from={} authentication={} attestation={} \
         score={} risk={} verstat={} receipt={} profile={} call={call}",
        u8::from(decision.enforced),
        decision.would.as_str(),
        decision.treatment.as_str(),
        text(decision.reason.as_str()),
        decision.source.as_str(),
        decision.failure.as_str(),
        Shown(number.as_ref(), log_numbers),
        text(decision.number_from.map_or("", NumberFrom::as_str)),
        text(decision.verification.verstat.map_or("", authentication)),
        text(
            decision
                .verification
                .attestation
                .map_or("", Attestation::as_str)
        ),
        Absent(advice.spam_score),
        text(advice.risk_level.as_str()),
        text(advice.verstat.as_str()),
        text(advice.receipt.as_str()),
        text(profile),
    ))
}

/// What the request said of the caller's authentication.
fn authentication(verstat: Verstat) -> &'static str {
    match verstat {
        Verstat::Passed => "passed",
        Verstat::Failed => "failed",
        Verstat::NotValidated => "not_validated",
    }
}

/// A Call-ID without the number of the caller: some callers make theirs of their number. Its last digits are hidden, also with
/// separators between them. Without a number, which may be withheld, all digits before the host are hidden of which there are so many in a row.
fn masked(call_id: String, number: Option<&Number>) -> String {
    let mut bytes = call_id.into_bytes();
    let digits = number.map(|number| {
        let digits = number.as_str().as_bytes();
        digits
            .get(digits.len().saturating_sub(RECOGNISED).max(1)..)
            .unwrap_or(digits)
    });
    let host = bytes.iter().position(|byte| *byte == b'@');
    let host = host.filter(|_| number.is_none()).unwrap_or(bytes.len());
    let mut start = 0;
    while let Some(rest) = bytes.get_mut(start..host).filter(|rest| !rest.is_empty()) {
        let end = match digits {
            Some(digits) => end_of(digits, rest),
            None => end_of_run(rest),
        };
        if let Some(found) = end.and_then(|end| rest.get_mut(..end)) {
            let shown = found.iter_mut().filter(|byte| byte.is_ascii_digit());
            shown.for_each(|digit| *digit = b'*');
        }
        start += end.unwrap_or(1);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where these digits end that a text begins with, perhaps with one separator between each two.
fn end_of(digits: &[u8], text: &[u8]) -> Option<usize> {
    let mut end = 0;
    for (place, digit) in digits.iter().enumerate() {
        if place > 0 && matches!(text.get(end), Some(b'-' | b'.' | b'_')) {
            end += 1;
        }
        if text.get(end) != Some(digit) {
            return None;
        }
        end += 1;
    }
    Some(end)
}

/// Where the digits end that a text begins with, if there are many, perhaps with one separator between each two.
fn end_of_run(text: &[u8]) -> Option<usize> {
    let (mut digits, mut end) = (0, 0);
    while let Some(rest) = text.get(end..) {
        end += match rest {
            [digit, ..] if digit.is_ascii_digit() => 1,
            [b'-' | b'.' | b'_', digit, ..] if digits > 0 && digit.is_ascii_digit() => 2,
            _ => break,
        };
        digits += 1;
    }
    (digits >= RECOGNISED).then_some(end)
}

const RECOGNISED: usize = 7;

/// A number, masked unless the operator wants it whole.
struct Shown<'a>(Option<&'a Number>, bool);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(None, _) => f.write_str("-"),
            Self(Some(number), true) => f.write_str(number.as_str()),
            Self(Some(number), false) => write!(f, "{number:?}"),
        }
    }
}

/// A value that may be absent.
struct Absent<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Absent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests;
