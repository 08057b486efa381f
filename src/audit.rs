// SPDX-License-Identifier: GPL-2.0-or-later
//! The audit line: one for each call that was blocked or redirected, or would have been.

mod mask;

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
        *call_id
    } else {
        mask::without_number(call_id, number.as_ref())
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
