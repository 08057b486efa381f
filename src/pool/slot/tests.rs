// SPDX-License-Identifier: GPL-2.0-or-later

use super::{Answer, Failure, Finding, Slot, Tally, Wake};
use crate::decision::{Advice, SipReply, Treatment};
use crate::ffi::shared::Shared;
use crate::number::Number;
use crate::question::IdempotencyKey;
use crate::text::Text;
use crate::worker::Inquiry;

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

#[test]
fn what_was_found_out_comes_back_whole() {
    let slot = Shared::<Slot>::new().expect("memory");
    let tally = Tally {
        cache_miss: true,
        requested: true,
        changes: 0x8001,
        ..Tally::default()
    };
    let mut findings = vec![
        Finding::Answered(longest()),
        Finding::Known(longest()),
        Finding::Stale(longest(), Failure::Reset),
    ];
    findings.extend(Failure::ALL.iter().map(|failure| Finding::Failed(*failure)));
    for finding in findings {
        slot.answer(&finding, tally);
        assert_eq!(slot.finding(), (finding, tally));
    }
    let tally = Tally {
        coalesced: true,
        redis_hit: true,
        redis_fail: true,
        retried: true,
        ..Tally::default()
    };
    slot.answer(&Finding::Failed(Failure::Dns), tally);
    assert_eq!(slot.finding().1, tally);
}

#[test]
fn a_question_comes_back_whole() {
    let slot = Shared::<Slot>::new().expect("memory");
    let number = Number::new("+441632960123").expect("a global number");
    for earlier in [Some(longest()), None] {
        let inquiry = Inquiry {
            number,
            key: IdempotencyKey::new(b"1@example.com", b"a", &number),
            earlier,
            tally: Tally {
                cache_miss: true,
                ..Tally::default()
            },
        };
        slot.ask(&inquiry, 42);
        assert_eq!((slot.inquiry(), slot.started()), (Some(inquiry), 42));
    }
    for wake in [
        Wake::Bell(u64::MAX),
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
