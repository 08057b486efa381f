// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls that are never asked about, whatever their callers are.

use super::super::{Call, Policy, Step};
use super::CALL;
use crate::config::tests::given;
use crate::config::{Config, Given};
use crate::decision::{Source, Treatment};
use crate::failure::Failure;

const EMERGENCY: Call<'_> = Call {
    request_uri: b"sip:112@example.com",
    ..CALL
};

const PRIORITY: Call<'_> = Call {
    head: b"From: <sip:+14155550123@example.com>;tag=a\r\nResource-Priority: esnet.0\r\n",
    ..CALL
};

const WITHHELD: Call<'_> = Call {
    head: b"From: <sip:+14155550123@example.com>;tag=a\r\nPrivacy: id\r\n",
    ..CALL
};

/// Reason and failure of a call that passes; nothing for one that is asked about.
fn passes(given: &Given, call: &Call<'_>) -> Option<(String, Failure)> {
    let config = Config::new(given).expect("usable");
    match Policy::new(&config).begin(call) {
        Step::Ask(_) => None,
        Step::Answer(decision) => {
            assert_eq!(decision.treatment, Treatment::Allow);
            assert_eq!(decision.source, Source::Bypass);
            assert_eq!(decision.reply.code, 503);
            Some((decision.reason.as_str().to_owned(), decision.failure))
        }
    }
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "it is compared with what `passes` gives"
)]
fn because(reason: &str) -> Option<(String, Failure)> {
    Some((reason.to_owned(), Failure::None))
}

#[test]
fn an_emergency_call_passes_from_any_caller_and_to_any_target_of_the_script() {
    assert_eq!(passes(&given(), &EMERGENCY), because("emergency"));
    let rewritten = Call {
        next_uri: b"sip:911@psap.example.com",
        ..CALL
    };
    assert_eq!(passes(&given(), &rewritten), because("emergency"));
    // The caller's own number, or its absence, does not matter.
    for head in [
        b"From: <sip:+19111234567@example.com>\r\n".as_slice(),
        b"From: <sip:anonymous@anonymous.invalid>\r\n",
        b"",
    ] {
        let call = Call { head, ..EMERGENCY };
        assert_eq!(passes(&given(), &call), because("emergency"));
    }
    let untrusting = Given {
        trusted_sources: "192.0.2.1".to_owned(),
        ..given()
    };
    assert_eq!(passes(&untrusting, &EMERGENCY), because("emergency"));
}

#[test]
fn the_bypass_is_off_only_by_its_whole_name() {
    let off = || Given {
        emergency: "never_bypass_i_accept_the_risk".to_owned(),
        ..given()
    };
    assert_eq!(passes(&off(), &EMERGENCY), None);
    assert_eq!(passes(&off(), &PRIORITY), None);
    assert_eq!(
        passes(&off(), &WITHHELD),
        Some((String::new(), Failure::Anonymous))
    );
    for value in ["off", "0", "", "On", "never_bypass"] {
        let given = Given {
            emergency: value.to_owned(),
            ..given()
        };
        let line = format!(
            "parameter emergency: \"{value}\" cannot be used; allowed: on (or never_bypass_i_accept_the_risk, and then \
             emergency calls may be blocked)"
        );
        let refused = Config::new(&given)
            .map(|_| ())
            .map_err(|bad| bad.to_string());
        assert_eq!(refused, Err(line));
    }
}

#[test]
fn priority_is_believed_from_trusted_sources_alone() {
    let trusting = || Given {
        trusted_sources: "192.0.2.0/24".to_owned(),
        ..given()
    };
    let from = |source: [u8; 4]| Call {
        source: Some(source.into()),
        ..PRIORITY
    };
    assert_eq!(passes(&given(), &PRIORITY), because("resource_priority"));
    assert_eq!(
        passes(&trusting(), &from([192, 0, 2, 9])),
        because("resource_priority")
    );
    assert_eq!(passes(&trusting(), &from([192, 0, 3, 9])), None);
    assert_eq!(passes(&trusting(), &PRIORITY), None);
}

#[test]
fn a_withheld_caller_is_not_asked_about() {
    let anonymous = || Some((String::new(), Failure::Anonymous));
    assert_eq!(passes(&given(), &WITHHELD), anonymous());
    let behind_a_bad_line = Call {
        head: b"From: <sip:+14155550123@example.com>\r\nno header\r\nPrivacy: id\r\n",
        ..CALL
    };
    assert_eq!(passes(&given(), &behind_a_bad_line), anonymous());
    let other = Call {
        head: b"From: <sip:+14155550123@example.com>\r\nno header\r\nSubject: privacy\r\n",
        ..CALL
    };
    assert_eq!(passes(&given(), &other), None);
}

#[test]
fn an_emergency_number_of_the_default_country_passes() {
    // In the Czech Republic 150 to 159 are for emergencies. No list has all of them.
    let call = Call {
        request_uri: b"sip:151@example.com",
        ..CALL
    };
    let czech = Given {
        default_country: "CZ".to_owned(),
        ..given()
    };
    assert_eq!(passes(&czech, &call), because("emergency"));
    assert_eq!(passes(&given(), &call), None);
}
