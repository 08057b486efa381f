// SPDX-License-Identifier: GPL-2.0-or-later
//! Callers who do not want to be known, and whose claims are believed.

use super::super::{Call, Policy, Step};
use super::CALL;
use crate::config::tests::given;
use crate::config::{Config, Given};
use crate::decision::{Decision, Source, Treatment};
use crate::failure::Failure;
use crate::identity::{Attestation, NumberFrom};

/// Withheld, with a number.
const WITHHELD: Call<'_> = Call {
    head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\nPrivacy: id\r\n\
            P-Asserted-Identity: <tel:+14155550123;verstat=TN-Validation-Passed-B>\r\n",
    ..CALL
};

/// Without a number.
const ANONYMOUS: Call<'_> = Call {
    head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n",
    ..CALL
};

fn decided(given: &Given, call: &Call<'_>) -> Option<Decision> {
    let config = Config::new(given).expect("usable");
    match Policy::new(&config).begin(call) {
        Step::Answer(decision) => Some(decision),
        Step::Ask(_) => None,
    }
}

#[test]
fn the_operator_decides_about_callers_who_do_not_want_to_be_known() {
    for (anonymous, treatment, code, source, reason) in [
        ("allow", Treatment::Allow, 503, Source::Bypass, ""),
        ("flag", Treatment::Flag, 503, Source::Local, "anonymous"),
        ("block", Treatment::Block, 433, Source::Local, "anonymous"),
    ] {
        let given = Given {
            anonymous: anonymous.to_owned(),
            ..given()
        };
        for (call, number_from, attestation) in [
            (&WITHHELD, Some(NumberFrom::Pai), Some(Attestation::B)),
            (&ANONYMOUS, None, None),
        ] {
            let decision = decided(&given, call).expect("no question");
            assert_eq!(
                (decision.treatment, decision.would, decision.reply.code),
                (treatment, treatment, code)
            );
            assert_eq!(
                (decision.source, decision.failure, decision.reason.as_str()),
                (source, Failure::Anonymous, reason)
            );
            assert_eq!(decision.number, None, "a script must not pass it on");
            assert_eq!(decision.number_from, number_from);
            assert_eq!(decision.verification.attestation, attestation);
        }
        assert_eq!(decided(&given, &CALL), None, "asked about");
    }
}

#[test]
fn a_withheld_number_is_asked_about_only_if_the_operator_wants_it() {
    let asking = Given {
        ask_withheld: 1,
        anonymous: "block".to_owned(),
        ..given()
    };
    assert_eq!(decided(&asking, &WITHHELD), None);
    let decision = decided(&asking, &ANONYMOUS).expect("nothing to ask about");
    assert_eq!(decision.treatment, Treatment::Block);
}

#[test]
fn claims_are_believed_from_trusted_sources_alone() {
    let trusting = Given {
        trusted_sources: "192.0.2.0/24".to_owned(),
        ..given()
    };
    let config = Config::new(&trusting).expect("usable");
    let head = b"From: <sip:+14155550100@a>;verstat=TN-Validation-Passed\r\n\
                 P-Asserted-Identity: <tel:+14155550123;verstat=TN-Validation-Failed>\r\n";
    for (source, number, verstat_class) in [
        ([192, 0, 2, 9], "+14155550123", "TN-Validation-Failed"),
        ([192, 0, 3, 9], "+14155550100", ""),
    ] {
        let call = Call {
            head,
            source: Some(source.into()),
            ..CALL
        };
        let Step::Ask(question) = Policy::new(&config).begin(&call) else {
            unreachable!("there is a number");
        };
        assert_eq!(question.caller.number.as_str(), number);
        assert_eq!(question.caller.verstat_class(), verstat_class);
    }
}

#[test]
fn the_called_number_is_where_the_script_sends_the_call() {
    let config = Config::new(&given()).expect("usable");
    for (next_uri, called) in [
        (b"".as_slice(), "+442079460958"),
        (b"sip:+442079460123@192.0.2.1", "+442079460123"),
    ] {
        let Step::Ask(question) = Policy::new(&config).begin(&Call { next_uri, ..CALL }) else {
            unreachable!("there is a number");
        };
        let found = question.callee.number().expect("a number");
        assert_eq!(found.as_str(), called);
    }
}
