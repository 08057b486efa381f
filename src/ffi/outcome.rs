// SPDX-License-Identifier: GPL-2.0-or-later
//! A decision as C reads it.

use std::time::Duration;

use super::abi::{NOL_RESULT_BYTES, nol_result, nol_text};
use crate::config::ContactUri;
use crate::decision::{Decision, Treatment};

impl nol_result {
    /// Writes every field.
    pub(super) fn fill(
        &mut self,
        decision: &Decision,
        contact: Option<&ContactUri>,
        took: Duration,
    ) {
        let advice = &decision.advice;
        let number = decision
            .number
            .as_ref()
            .map_or("", |number| number.as_str());
        let contact = contact
            .filter(|_| decision.treatment == Treatment::Redirect)
            .map_or("", ContactUri::as_str);
        self.used = 0;
        self.rc = decision.treatment.return_code();
        self.decision = self.keep(decision.treatment.as_str());
        self.code = decision.reply.code.into();
        self.phrase = self.keep(decision.reply.phrase.as_str());
        self.contact = self.keep(contact);
        self.reason = self.keep(decision.reason.as_str());
        self.source = self.keep(decision.source.as_str());
        self.failure = self.keep(decision.failure.as_str());
        self.enforced = 1;
        self.would = self.keep(decision.would.as_str());
        self.e164 = self.keep(number);
        self.valid = advice.valid.map_or(ABSENT, i32::from);
        self.spam_score = advice.spam_score.map_or(ABSENT, i32::from);
        self.risk_level = self.keep(advice.risk_level.as_str());
        self.line_type = self.keep(advice.line_type.as_str());
        self.verstat = self.keep(advice.verstat.as_str());
        self.dnc = self.keep(advice.dnc.as_str());
        self.reassigned = self.keep(advice.reassigned.as_str());
        self.receipt = self.keep(advice.receipt.as_str());
        self.balance_low = advice.balance_low.map_or(ABSENT, i32::from);
        self.latency_us = i32::try_from(took.as_micros()).unwrap_or(i32::MAX);
    }

    /// Appends text. All texts of a decision together fit; one that does not is left out.
    fn keep(&mut self, text: &str) -> nol_text {
        let at = usize::from(self.used);
        let Some(room) = self.bytes.get_mut(at..at + text.len()) else {
            return nol_text { at: 0, len: 0 };
        };
        room.iter_mut()
            .zip(text.bytes())
            .for_each(|(to, byte)| *to = core::ffi::c_char::from_ne_bytes([byte]));
        // NOL_RESULT_BYTES fits into 16 bits.
        self.used = u16::try_from(at + text.len()).unwrap_or(u16::MAX);
        nol_text {
            at: u16::try_from(at).unwrap_or(u16::MAX),
            len: u16::try_from(text.len()).unwrap_or(0),
        }
    }
}

const ABSENT: i32 = -1;

const _: () = assert!(
    NOL_RESULT_BYTES <= u16::MAX as u32,
    "nol_text counts in 16 bits"
);
