// SPDX-License-Identifier: GPL-2.0-or-later

mod enforcement;
mod identity;
mod local;
mod safety;

use super::{Call, LookupOutcome, Policy, Step};
use crate::answer::Answer;
use crate::call_record::CallRecord;
use crate::config::tests::given;
use crate::config::{Config, Given};
use crate::decision::{Advice, SipReply, Source, Treatment};
use crate::failure::Failure;
use crate::identity::Caller;
use crate::text::Text;

pub(crate) const CALL: Call<'_> = Call {
    method: b"INVITE",
    call_id: b"1@example.com",
    to_tag: b"",
    request_uri: b"sip:+442079460958@example.com",
    next_uri: b"",
    source: None,
    profile: b"",
    head: b"From: <sip:+14155550123@example.com>;tag=a\r\n",
    avps: &[],
};

fn answer(treatment: Treatment, code: u16) -> Answer {
    Answer {
        treatment,
        reply: SipReply::standard(code),
        reason: Text::EMPTY,
        advice: Advice::default(),
    }
}

#[test]
fn only_an_initial_invite_from_a_number_is_asked_about() {
    let config = Config::new(&given()).expect("usable");
    let policy = Policy::new(&config);
    for method in [b"INVITE".as_slice(), b"invite", b"InViTe"] {
        let call = Call { method, ..CALL };
        assert!(matches!(policy.begin(&call), Step::Ask(_)), "{call:?}");
    }
    for (call, failure) in [
        (
            Call {
                method: b"BYE",
                ..CALL
            },
            Failure::None,
        ),
        (
            Call {
                method: b"",
                ..CALL
            },
            Failure::None,
        ),
        (
            Call {
                method: b"INVITED",
                ..CALL
            },
            Failure::None,
        ),
        (
            Call {
                to_tag: b"b",
                ..CALL
            },
            Failure::None,
        ),
        (
            Call {
                head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n",
                ..CALL
            },
            Failure::Anonymous,
        ),
        (
            Call {
                head: b"From: <sip:alice@example.com>;tag=a\r\n",
                ..CALL
            },
            Failure::NoNumber,
        ),
    ] {
        let Step::Answer(decision) = policy.begin(&call) else {
            unreachable!("{call:?} must not be asked about");
        };
        let outcome = (
            decision.treatment,
            decision.source,
            decision.failure,
            decision.reply.code,
        );
        assert_eq!(outcome, (Treatment::Allow, Source::Bypass, failure, 503));
    }
}

/// The caller that is asked about, and what is kept of the call.
fn asked(policy: &Policy<'_>) -> (Caller, CallRecord) {
    let Step::Ask(question) = policy.begin(&CALL) else {
        unreachable!("an initial INVITE");
    };
    (question.caller, question.record)
}

#[test]
fn a_number_in_a_form_of_the_default_country_is_asked_about() {
    let config = Config::new(&Given {
        default_country: "GB".to_owned(),
        ..given()
    })
    .expect("usable");
    for head in [
        "From: <sip:02079460958@example.com>",
        "From: <sip:00442079460958@example.com>",
        "From: <sip:442079460958@example.com>",
        "From: <sip:+4402079460958@example.com>",
    ] {
        let call = Call {
            head: head.as_bytes(),
            ..CALL
        };
        let Step::Ask(question) = Policy::new(&config).begin(&call) else {
            unreachable!("{head}");
        };
        assert_eq!(question.caller.number.as_str(), "+442079460958");
    }
    for head in [
        "From: <sip:1001@example.com>",
        "From: <sip:999@example.com>",
    ] {
        let call = Call {
            head: head.as_bytes(),
            ..CALL
        };
        let Step::Answer(decision) = Policy::new(&config).begin(&call) else {
            unreachable!("{head}");
        };
        assert_eq!(decision.failure, Failure::NoNumber);
    }
}

#[test]
fn a_number_that_cannot_exist_is_blocked_here_and_only_if_the_operator_wants_it() {
    let decide = |given: &Given, head: &str| {
        let config = Config::new(given).expect("usable");
        let call = Call {
            head: head.as_bytes(),
            ..CALL
        };
        match Policy::new(&config).begin(&call) {
            Step::Ask(_) => None,
            Step::Answer(decision) => Some((
                decision.treatment,
                decision.reply.code,
                decision.source,
                decision.reason.as_str().to_owned(),
                decision.advice.valid,
            )),
        }
    };
    let reason = "invalid_number".to_owned();
    let blocked = Some((Treatment::Block, 603, Source::Local, reason, Some(false)));
    for (head, is_blocked) in [
        ("From: <sip:+999123456789@example.com>", true),
        ("From: <sip:+999123456789@example.com>\r\nPrivacy: id", true),
        ("From: <sip:+1415555012@example.com>", true),
        ("From: <sip:+19995550123@example.com>", false),
        ("From: <sip:+5215512345678@example.com>", false),
        ("From: <sip:+14155550123@example.com>", false),
    ] {
        let expected = blocked.clone().filter(|_| is_blocked);
        assert_eq!(decide(&given(), head), expected, "{head}");
    }
    for off in [
        Given {
            local_check: 0,
            ..given()
        },
        Given {
            block_invalid: 0,
            ..given()
        },
    ] {
        assert_eq!(decide(&off, "From: <sip:+999123456789@example.com>"), None);
    }
}

#[test]
fn an_answer_is_followed_and_a_failure_allows() {
    let config = Config::new(&Given {
        allow_code: 404,
        redirect_contact: "sip:ivr@192.0.2.1".to_owned(),
        ..given()
    })
    .expect("usable");
    let policy = Policy::new(&config);
    let (caller, record) = asked(&policy);
    for (treatment, code) in [
        (Treatment::Allow, 404),
        (Treatment::Flag, 404),
        (Treatment::Redirect, 302),
        (Treatment::Block, 603),
    ] {
        let decision = policy.resume(
            &caller,
            record,
            LookupOutcome::Answered(answer(treatment, code)),
        );
        assert_eq!(
            (decision.treatment, decision.reply.code, decision.source),
            (treatment, code, Source::Api)
        );
        assert_eq!(decision.failure, Failure::None);
    }
    for failure in Failure::ALL.iter().copied() {
        let decision = policy.resume(&caller, record, LookupOutcome::Failed(failure));
        assert_eq!(
            (decision.treatment, decision.reply.code),
            (Treatment::Allow, 404)
        );
        assert_eq!(
            (decision.source, decision.failure),
            (Source::FailOpen, failure)
        );
    }
}

#[test]
fn a_redirect_without_a_contact_is_an_allow() {
    let config = Config::new(&given()).expect("usable");
    let policy = Policy::new(&config);
    let (caller, record) = asked(&policy);
    let decision = policy.resume(
        &caller,
        record,
        LookupOutcome::Answered(answer(Treatment::Redirect, 302)),
    );
    assert_eq!(
        (decision.treatment, decision.would),
        (Treatment::Allow, Treatment::Redirect)
    );
    assert_eq!(
        (decision.reply.code, decision.failure),
        (503, Failure::NoContact)
    );
}

#[test]
fn an_answer_that_no_longer_holds_never_blocks_or_redirects() {
    let config = Config::new(&Given {
        redirect_contact: "sip:ivr@192.0.2.1".to_owned(),
        ..given()
    })
    .expect("usable");
    let policy = Policy::new(&config);
    let (caller, record) = asked(&policy);
    let failure = Failure::TimeoutResponse;
    for (treatment, code, outcome) in [
        (Treatment::Allow, 503, (Treatment::Allow, Source::Cache)),
        (Treatment::Flag, 503, (Treatment::Flag, Source::Cache)),
        (
            Treatment::Redirect,
            302,
            (Treatment::Allow, Source::FailOpen),
        ),
        (Treatment::Block, 603, (Treatment::Allow, Source::FailOpen)),
    ] {
        let decision = policy.resume(
            &caller,
            record,
            LookupOutcome::Stale(answer(treatment, code), failure),
        );
        assert_eq!((decision.treatment, decision.source), outcome);
        assert_eq!((decision.reply.code, decision.failure), (503, failure));
        let known = policy.resume(
            &caller,
            record,
            LookupOutcome::Known(answer(treatment, code)),
        );
        assert_eq!(
            (known.treatment, known.source, known.failure),
            (treatment, Source::Cache, Failure::None)
        );
    }
}
