// SPDX-License-Identifier: GPL-2.0-or-later
//! Converts a decision to `nol_result`.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::abi::{NOL_COUNTED_WORDS, NOL_RESULT_BYTES, nol_counter, nol_result, nol_text};
use crate::admission::Change;
use crate::config::ProfileName;
use crate::counters::Counters;
use crate::decision::{Decision, Source, Treatment};
use crate::engine::Profile;
use crate::failure::Failure;
use crate::identity::{Attestation, NumberFrom};
use crate::reply::{Reason, Reply};

impl nol_result {
    /// Writes every field.
    pub(super) fn fill(
        &mut self,
        decision: &Decision,
        reply: &Reply<'_>,
        counters: Counters,
        profile: Option<&Profile>,
        took: Duration,
    ) {
        let advice = &decision.advice;
        let number = decision
            .number
            .as_ref()
            .map_or("", |number| number.as_str());
        let contact = profile
            .and_then(|profile| profile.config.redirect_contact.as_ref())
            .filter(|_| decision.treatment == Treatment::Redirect)
            .and_then(|contact| contact.of(&decision.called));
        self.used = 0;
        self.rc = decision.treatment.return_code();
        self.decision = self.keep(decision.treatment.as_str().as_bytes());
        self.code = reply.sip.code.into();
        self.phrase = self.keep(reply.sip.phrase.as_bytes());
        self.contact = self.write(|room| match contact {
            Some(contact) => write!(room, "{contact}"),
            None => Ok(()),
        });
        let name = profile.and_then(|profile| profile.name.as_ref());
        self.profile = self.keep(name.map_or("", ProfileName::as_str).as_bytes());
        self.reply_reason = self.write(|room| match &reply.reason {
            Some(reason) => reason.write(room),
            None => Ok(()),
        });
        self.why = match reply.reason {
            // The text of a reason that says why: nothing is written twice.
            Some(Reason::Decision(..)) => inside(self.reply_reason),
            _ => self.write(|room| match &reply.why {
                Some(why) => why.write(room),
                None => Ok(()),
            }),
        };
        self.reason = self.keep(decision.reason.as_bytes());
        self.source = self.keep(decision.source.as_str().as_bytes());
        self.failure = self.keep(decision.failure.as_str().as_bytes());
        self.enforced = decision.enforced.into();
        self.would = self.keep(decision.would.as_str().as_bytes());
        self.e164 = self.keep(number.as_bytes());
        self.number_from = self.keep(
            decision
                .number_from
                .map_or("", NumberFrom::as_str)
                .as_bytes(),
        );
        self.attestation = self.keep(
            decision
                .verification
                .attestation
                .map_or("", Attestation::as_str)
                .as_bytes(),
        );
        self.valid = advice.valid.map_or(ABSENT, i32::from);
        self.spam_score = advice.spam_score.map_or(ABSENT, i32::from);
        self.risk_level = self.keep(advice.risk_level.as_bytes());
        self.line_type = self.keep(advice.line_type.as_bytes());
        self.verstat = self.keep(advice.verstat.as_bytes());
        self.dnc = self.keep(advice.dnc.as_bytes());
        self.reassigned = self.keep(advice.reassigned.as_bytes());
        self.receipt = self.keep(advice.receipt.as_bytes());
        self.balance_low = advice.balance_low.map_or(ABSENT, i32::from);
        self.latency_us = i32::try_from(took.as_micros()).unwrap_or(i32::MAX);
        let changes: Vec<_> = names(counters.changes).collect();
        self.state = self.keep(changes.join(" ").as_bytes());
        self.counted = counted(decision, counters, took);
    }

    /// Appends what is written. Nothing if there is no room.
    fn write(&mut self, write: impl FnOnce(&mut Room<'_>) -> fmt::Result) -> nol_text {
        let start = self.used;
        if write(&mut Room(self)).is_err() {
            self.used = start;
        }
        nol_text {
            at: start,
            len: self.used - start,
        }
    }

    /// Appends a text. All texts of a decision together fit. One that does not is omitted.
    fn keep(&mut self, text: &[u8]) -> nol_text {
        let at = usize::from(self.used);
        let Some(room) = self.bytes.get_mut(at..at + text.len()) else {
            return nol_text { at: 0, len: 0 };
        };
        room.iter_mut()
            .zip(text)
            .for_each(|(to, byte)| *to = core::ffi::c_char::from_ne_bytes([*byte]));
        // NOL_RESULT_BYTES fits into 16 bits.
        self.used = u16::try_from(at + text.len()).unwrap_or(u16::MAX);
        nol_text {
            at: u16::try_from(at).unwrap_or(u16::MAX),
            len: u16::try_from(text.len()).unwrap_or(0),
        }
    }
}

/// The quoted text at the end of the body of a `Reason` header.
fn inside(body: nol_text) -> nol_text {
    let start = u16::try_from(Reason::BEFORE_TEXT).unwrap_or(0);
    let len = body.len.saturating_sub(start + 1);
    nol_text {
        at: if len == 0 { 0 } else { body.at + start },
        len,
    }
}

/// The part of `bytes` that is not in use.
struct Room<'a>(&'a mut nol_result);

impl fmt::Write for Room<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = self.0.keep(text.as_bytes());
        let is_kept = usize::from(kept.len) == text.len();
        is_kept.then_some(()).ok_or(fmt::Error)
    }
}

/// The changes in a set of bits.
fn names(changes: u16) -> impl Iterator<Item = &'static str> {
    let named = Change::NAMES.into_iter().enumerate();
    named
        .filter(move |(bit, _)| changes >> bit & 1 == 1)
        .map(|(_, name)| name)
}

/// The counters that a decision raises, one bit each.
fn counted(
    decision: &Decision,
    counters: Counters,
    took: Duration,
) -> [u64; NOL_COUNTED_WORDS as usize] {
    let mut words = [0; NOL_COUNTED_WORDS as usize];
    let mut raise = |counter: u32| {
        if let Some(word) = words.get_mut(counter as usize / 64) {
            *word |= 1 << (counter % 64);
        }
    };
    raise(nol_counter::NOL_COUNT_decisions.0);
    raise(match decision.treatment {
        Treatment::Allow => nol_counter::NOL_COUNT_allow.0,
        Treatment::Flag => nol_counter::NOL_COUNT_flag.0,
        Treatment::Redirect => nol_counter::NOL_COUNT_redirect.0,
        Treatment::Block => nol_counter::NOL_COUNT_block.0,
    });
    for (counter, holds) in [
        (
            nol_counter::NOL_COUNT_would_block,
            decision.would == Treatment::Block,
        ),
        (
            nol_counter::NOL_COUNT_would_redirect,
            decision.would == Treatment::Redirect,
        ),
    ] {
        if holds && decision.treatment == Treatment::Allow {
            raise(counter.0);
        }
    }
    for (counter, holds) in [
        (
            nol_counter::NOL_COUNT_failopen,
            decision.source == Source::FailOpen,
        ),
        (
            nol_counter::NOL_COUNT_bypass,
            decision.source == Source::Bypass,
        ),
        (nol_counter::NOL_COUNT_list, decision.source == Source::List),
        (
            nol_counter::NOL_COUNT_local,
            decision.source == Source::Local,
        ),
        (
            nol_counter::NOL_COUNT_cache_hit,
            decision.source == Source::Cache && !counters.coalesced && !counters.redis_hit,
        ),
        (nol_counter::NOL_COUNT_cache_miss, counters.cache_miss),
        (nol_counter::NOL_COUNT_failed_before, counters.failed_before),
        (nol_counter::NOL_COUNT_coalesced, counters.coalesced),
        (nol_counter::NOL_COUNT_redis_hit, counters.redis_hit),
        (nol_counter::NOL_COUNT_redis_fail, counters.redis_fail),
        (nol_counter::NOL_COUNT_api_requests, counters.requested),
        (nol_counter::NOL_COUNT_api_retries, counters.retried),
        (
            nol_counter::NOL_COUNT_rate_limited,
            decision.failure == Failure::RateLimited,
        ),
        (
            nol_counter::NOL_COUNT_shed,
            decision.failure == Failure::Shed,
        ),
        (
            nol_counter::NOL_COUNT_unknown_profile,
            counters.unknown_profile,
        ),
    ] {
        if holds {
            raise(counter.0);
        }
    }
    for change in 0..CHANGES {
        if counters.changes >> change & 1 == 1 {
            raise(nol_counter::NOL_COUNT_breaker_opened.0 + change);
        }
    }
    if decision.failure != Failure::None {
        raise(FIRST_FAILURE + decision.failure as u32 - 1);
    }
    for (index, bound) in (0..).zip(LATENCIES_MS) {
        if took <= Duration::from_millis(bound) {
            raise(FIRST_LATENCY + index);
        }
    }
    words
}

const ABSENT: i32 = -1;

/// Each change has a counter, in the same order.
const CHANGES: u32 =
    nol_counter::NOL_COUNT_secret_switched.0 - nol_counter::NOL_COUNT_breaker_opened.0 + 1;

const FIRST_FAILURE: u32 = nol_counter::NOL_COUNT_fail_timeout_queue.0;
const FIRST_LATENCY: u32 = nol_counter::NOL_COUNT_latency_le_1.0;
const LATENCIES_MS: [u64; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

const _: () = {
    assert!(
        NOL_RESULT_BYTES <= u16::MAX as u32,
        "nol_text counts in 16 bits"
    );
    assert!(nol_counter::NOL_COUNTER_TOTAL.0 <= 64 * NOL_COUNTED_WORDS);
    assert!(CHANGES as usize == Change::NAMES.len());
    // The failures and latencies of the header must be in the order used here: the first and the last are at their places.
    assert!(nol_counter::NOL_COUNT_fail_internal.0 == FIRST_FAILURE + Failure::Internal as u32 - 1);
    assert!(
        nol_counter::NOL_COUNT_latency_le_5000.0 as usize
            == FIRST_LATENCY as usize + LATENCIES_MS.len() - 1
    );
};

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::abi::nol_counter;
    use super::counted;
    use crate::counters::Counters;
    use crate::decision::{Decision, Source};
    use crate::failure::Failure;

    #[test]
    fn a_decision_raises_its_own_counter_and_every_latency_limit_it_met() {
        let decision = Decision::allow(503, Source::FailOpen, Failure::Reset, None);
        let counters = Counters {
            requested: true,
            ..Counters::default()
        };
        let words = counted(&decision, counters, Duration::from_millis(600));
        let raised =
            |counter: nol_counter| words[counter.0 as usize / 64] >> (counter.0 % 64) & 1 == 1;
        for counter in [
            nol_counter::NOL_COUNT_decisions,
            nol_counter::NOL_COUNT_allow,
            nol_counter::NOL_COUNT_failopen,
            nol_counter::NOL_COUNT_api_requests,
            nol_counter::NOL_COUNT_fail_reset,
            nol_counter::NOL_COUNT_latency_le_1000,
            nol_counter::NOL_COUNT_latency_le_2000,
            nol_counter::NOL_COUNT_latency_le_5000,
        ] {
            assert!(raised(counter), "{counter:?}");
        }
        assert_eq!(words.iter().map(|word| word.count_ones()).sum::<u32>(), 8);
    }
}
