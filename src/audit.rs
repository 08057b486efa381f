// SPDX-License-Identifier: GPL-2.0-or-later
//! The audit line: one for each call that was blocked or redirected, or would have been.

use std::fmt;

use crate::call_id::CallId;
use crate::decision::{Decision, Treatment};
use crate::number::Number;
use crate::text::Escaped;

/// The line as `key=value` pairs, or nothing if the decision neither blocks nor redirects. `code` is that of the final reply. docs/shadow.md describes the keys. A new
/// key is added before `call`; no key is ever renamed or removed. A value has no space and no `=`; an absent one is `-`.
#[must_use]
pub fn line(decision: &Decision, code: i32, call_id: &CallId, log_numbers: bool) -> Option<String> {
    if matches!(decision.would, Treatment::Allow | Treatment::Flag) {
        return None;
    }
    let Decision { advice, number, .. } = decision;
    let text = |text| Escaped(str::as_bytes(text));
    Some(format!(
        "audit enforced={} would={} decision={} code={code} reason={} source={} failure={} number={} score={} risk={} verstat={} \
         receipt={} call={call_id}",
        u8::from(decision.enforced),
        decision.would.as_str(),
        decision.treatment.as_str(),
        text(decision.reason.as_str()),
        decision.source.as_str(),
        decision.failure.as_str(),
        Shown(number.as_ref(), log_numbers),
        Absent(advice.spam_score),
        text(advice.risk_level.as_str()),
        text(advice.verstat.as_str()),
        text(advice.receipt.as_str()),
    ))
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
mod tests {
    use super::{CallId, Decision, Number, Treatment, line};
    use crate::decision::{Advice, SipReply, Source};
    use crate::failure::Failure;
    use crate::text::Text;

    fn decision(treatment: Treatment, would: Treatment) -> Decision {
        Decision {
            treatment,
            would,
            enforced: treatment == would,
            reply: SipReply::standard(if treatment == Treatment::Block {
                603
            } else {
                503
            }),
            reason: Text::new("dnc_listed").expect("visible"),
            source: Source::Api,
            failure: Failure::None,
            understands_608: false,
            number: Number::new(b"+12025550123", None),
            advice: Advice {
                spam_score: Some(91),
                risk_level: Text::new("high").expect("visible"),
                receipt: Text::new("nol_rec_8sd91kfh20aJ").expect("visible"),
                ..Advice::default()
            },
        }
    }

    #[test]
    fn a_block_and_a_would_be_block_have_one_form() {
        let call_id = CallId::new(b"a84b4c76e66710@192.0.2.1");
        for (treatment, code, text) in [
            (
                Treatment::Block,
                603,
                "audit enforced=1 would=block decision=block code=603 reason=dnc_listed source=api failure=none \
                 number=+1********23 score=91 risk=high verstat=- receipt=nol_rec_8sd91kfh20aJ call=a84b4c76e66710@192.0.2.1",
            ),
            (
                Treatment::Allow,
                503,
                "audit enforced=0 would=block decision=allow code=503 reason=dnc_listed source=api failure=none \
                 number=+1********23 score=91 risk=high verstat=- receipt=nol_rec_8sd91kfh20aJ call=a84b4c76e66710@192.0.2.1",
            ),
        ] {
            let decision = decision(treatment, Treatment::Block);
            assert_eq!(
                line(&decision, code, &call_id, false).as_deref(),
                Some(text)
            );
        }
    }

    #[test]
    fn an_allowed_or_flagged_call_has_no_line() {
        for treatment in [Treatment::Allow, Treatment::Flag] {
            let decision = decision(treatment, treatment);
            assert_eq!(line(&decision, 503, &CallId::EMPTY, false), None);
        }
    }

    #[test]
    fn the_number_is_whole_only_if_the_operator_wants_it() {
        let decision = decision(Treatment::Redirect, Treatment::Redirect);
        let shown =
            |log_numbers| line(&decision, 302, &CallId::EMPTY, log_numbers).expect("a line");
        assert!(shown(true).contains(" number=+12025550123 "));
        assert!(!shown(false).contains("2025550"));
        let nobody = Decision {
            number: None,
            ..decision
        };
        assert!(
            line(&nobody, 302, &CallId::EMPTY, true)
                .expect("a line")
                .contains(" number=- ")
        );
    }

    #[test]
    fn no_text_from_outside_can_add_a_pair_or_a_line() {
        let decision = Decision {
            reason: Text::new("x decision=allow").expect("visible"),
            ..decision(Treatment::Block, Treatment::Block)
        };
        let call_id = CallId::new(b"1\r\nNOTICE enforced=0");
        let line = line(&decision, 603, &call_id, false).expect("a line");
        assert!(line.contains(" reason=x%20decision%3Dallow "));
        assert!(line.ends_with(" call=1%0D%0ANOTICE%20enforced%3D0"));
        assert_eq!(
            line.split(' ').filter(|pair| pair.contains('=')).count(),
            13
        );
        assert!(
            line.split(' ')
                .skip(1)
                .all(|pair| pair.matches('=').count() == 1)
        );
    }
}
