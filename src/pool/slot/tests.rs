// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Answer, Counters, Failure, LookupOutcome, Slot, Wake};
use crate::call_record::tests::record;
use crate::called::Called;
use crate::config::{ProfileId, Timeout};
use crate::decision::{Advice, SipReply, Source, Treatment};
use crate::identity::{Caller, NumberFrom, Verification};
use crate::number::Number;
use crate::os::shared::Shared;
use crate::policy::{Disclosure, Settled};
use crate::question::IdempotencyKey;
use crate::text::Text;
use crate::worker::{Asked, Known, PendingLookup};

/// Every text as long as it can be.
fn longest() -> Answer {
    fn full<const N: usize>() -> Text<N> {
        Text::new(&"x".repeat(N)).expect("visible")
    }
    Answer {
        treatment: Treatment::Block,
        reply: SipReply {
            code: 603,
            phrase: full(),
        },
        reason: full(),
        advice: Advice {
            valid: Some(true),
            spam_score: Some(99),
            risk_level: full(),
            line_type: full(),
            verstat: full(),
            dnc: full(),
            reassigned: full(),
            receipt: full(),
            balance_low: Some(false),
        },
    }
}

fn settled(discloses: Disclosure) -> Settled {
    Settled {
        answer: longest(),
        source: Source::List,
        discloses,
    }
}

#[test]
fn an_outcome_is_read_as_it_was_written() {
    let slot = Shared::<Slot>::new().expect("memory");
    let counters = Counters {
        cache_miss: true,
        requested: true,
        changes: 0x8001,
        ..Counters::default()
    };
    let mut findings = vec![
        LookupOutcome::Answered(longest()),
        LookupOutcome::Known(longest()),
        LookupOutcome::Stale(longest(), Failure::Reset),
        LookupOutcome::Settled(settled(Disclosure::Nothing)),
        LookupOutcome::Settled(settled(Disclosure::Source)),
        LookupOutcome::Settled(settled(Disclosure::Number)),
        LookupOutcome::CalledBack,
    ];
    findings.extend(
        Failure::ALL
            .iter()
            .map(|failure| LookupOutcome::Failed(*failure)),
    );
    for outcome in findings {
        slot.answer(&outcome, counters);
        assert_eq!(slot.outcome(), (outcome, counters));
    }
    let counters = Counters {
        coalesced: true,
        redis_hit: true,
        redis_fail: true,
        retried: true,
        ..Counters::default()
    };
    slot.answer(&LookupOutcome::Failed(Failure::Dns), counters);
    assert_eq!(slot.outcome().1, counters);
}

#[test]
fn a_question_is_read_as_it_was_written() {
    let slot = Shared::<Slot>::new().expect("memory");
    let number = Number::new(b"+441632960123", None).expect("a global number");
    let other = Number::new(b"+441632960124", None);
    for (known, called, dialled) in [
        (Known::Nothing, None, None),
        (Known::Nothing, None, other),
        (Known::Earlier(longest()), Some(number), other),
        (
            Known::Settled(settled(Disclosure::Source)),
            Some(number),
            None,
        ),
    ] {
        let lookup = PendingLookup {
            asked: Asked {
                profile: ProfileId::new(4096).expect("small"),
                caller: Caller {
                    number,
                    from: NumberFrom::From,
                    verification: Verification::default(),
                    understands_608: known != Known::Nothing,
                },
                record: record(),
                called: Called::of(b"sip:+14155550100@192.0.2.1"),
            },
            timeout: Timeout::new(400).expect("in range"),
            called,
            dialled,
            key: IdempotencyKey::new(b"1@example.com", b"a", &number),
            known,
            counters: Counters {
                cache_miss: true,
                ..Counters::default()
            },
        };
        slot.ask(&lookup, 42);
        assert_eq!((slot.lookup(), slot.started()), (Some(lookup), 42));
    }
    for wake in [
        Wake::Poll(u64::MAX),
        Wake::Descriptor {
            fd: 7,
            stays_open: false,
            word: 1,
        },
        Wake::Descriptor {
            fd: 0,
            stays_open: true,
            word: 9,
        },
    ] {
        slot.set_wake(wake);
        assert_eq!(slot.wake(), wake);
    }
}
