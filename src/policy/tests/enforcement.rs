// SPDX-License-Identifier: GPL-2.0-or-later

use super::{CALL, answer, asked};
use crate::config::tests::given;
use crate::config::{Config, Given};
use crate::decision::{Decision, Treatment};
use crate::failure::Failure;
use crate::policy::Call;
use crate::policy::{LookupOutcome, Policy, Step};

/// The decision after the API's answer with this treatment.
fn decided(given: &Given, call: &Call<'_>, treatment: Treatment, code: u16) -> Decision {
    let config = Config::new(given).expect("usable");
    let policy = Policy::new(&config);
    let Step::Ask(question) = policy.begin(call) else {
        unreachable!("an initial INVITE");
    };
    let answer = answer(treatment, code);
    policy.resume(
        &question.caller,
        question.record,
        LookupOutcome::Answered(answer),
    )
}

fn with_contact(shadow: i32, enforce_percent: i32) -> Given {
    Given {
        shadow,
        enforce_percent,
        allow_code: 404,
        redirect_contact: "sip:ivr@192.0.2.1".to_owned(),
        ..given()
    }
}

#[test]
fn shadow_mode_allows_what_would_be_blocked_or_redirected_and_keeps_all_that_was_said() {
    for (treatment, code) in [
        (Treatment::Allow, 404),
        (Treatment::Flag, 404),
        (Treatment::Redirect, 302),
        (Treatment::Block, 603),
    ] {
        let enforced = decided(&with_contact(0, 100), &CALL, treatment, code);
        assert!(enforced.enforced);
        assert_eq!((enforced.treatment, enforced.reply.code), (treatment, code));
        let is_refusal = !(400..600).contains(&code);
        for given in [with_contact(1, 100), with_contact(1, 5), with_contact(0, 0)] {
            let shadow = decided(&given, &CALL, treatment, code);
            assert_eq!((shadow.would, shadow.enforced), (treatment, !is_refusal));
            let expected = if is_refusal {
                Treatment::Allow
            } else {
                treatment
            };
            assert_eq!((shadow.treatment, shadow.reply.code), (expected, 404));
            let same = Decision {
                treatment,
                reply: enforced.reply,
                enforced: true,
                ..shadow
            };
            assert_eq!(same, enforced);
        }
    }
}

#[test]
fn a_percentage_enforces_the_same_calls_whatever_the_form_and_however_often_they_come() {
    let given = with_contact(0, 50);
    let mut enforced = 0;
    for n in 0..200 {
        let call_id = format!("{n}@example.com");
        let call = |head| Call {
            call_id: call_id.as_bytes(),
            head,
            ..CALL
        };
        let [a, b] =
            ["a", "b"].map(|tag| format!("From: <sip:+14155550123@example.com>;tag={tag}\r\n"));
        let first = decided(&given, &call(a.as_bytes()), Treatment::Block, 603);
        let again = decided(&given, &call(b.as_bytes()), Treatment::Block, 603);
        assert_eq!(first, again);
        enforced += i32::from(first.enforced);
    }
    assert!((60..140).contains(&enforced), "{enforced} of 200");
}

#[test]
fn a_redirect_that_has_no_contact_is_an_allow_of_its_own_kind_in_shadow_mode_too() {
    let given = Given {
        redirect_contact: String::new(),
        ..with_contact(1, 100)
    };
    let decision = decided(&given, &CALL, Treatment::Redirect, 302);
    assert_eq!(
        (decision.treatment, decision.would, decision.enforced),
        (Treatment::Allow, Treatment::Redirect, true)
    );
    assert_eq!(decision.failure, Failure::NoContact);
}

#[test]
fn a_block_without_a_question_is_subject_to_it_too() {
    let anonymous = Call {
        head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n",
        ..CALL
    };
    for (shadow, treatment, code) in [(0, Treatment::Block, 433), (1, Treatment::Allow, 404)] {
        let given = Given {
            anonymous: "block".to_owned(),
            ..with_contact(shadow, 100)
        };
        let config = Config::new(&given).expect("usable");
        let Step::Answer(decision) = Policy::new(&config).begin(&anonymous) else {
            unreachable!("nobody to ask about");
        };
        assert_eq!(
            (decision.treatment, decision.reply.code, decision.enforced),
            (treatment, code, shadow == 0)
        );
        assert_eq!(decision.would, Treatment::Block);
    }
}

#[test]
fn the_earlier_answer_stays_what_it_was() {
    // Shadow mode changes the decision, not the answer: what the cache holds is enforced when shadow mode is over.
    let shadow = Config::new(&with_contact(1, 100)).expect("usable");
    let enforcing = Config::new(&with_contact(0, 100)).expect("usable");
    let known = LookupOutcome::Known(answer(Treatment::Block, 603));
    for (config, treatment) in [(&shadow, Treatment::Allow), (&enforcing, Treatment::Block)] {
        let policy = Policy::new(config);
        let (caller, record) = asked(&policy);
        assert_eq!(policy.resume(&caller, record, known).treatment, treatment);
    }
}
