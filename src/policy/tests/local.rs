// SPDX-License-Identifier: GPL-2.0-or-later
//! Decisions by what this server knows: lists, and numbers that called an emergency number.

use std::fs;
use std::time::{Duration, Instant};

use super::super::{Call, Policy, Step};
use super::CALL;
use crate::clock::Clock;
use crate::config::tests::given;
use crate::config::{Config, Given};
use crate::decision::{Decision, Source, Treatment};
use crate::emergency_window::EmergencyWindow;
use crate::failure::Failure;
use crate::lists::Lists;
use crate::number::Number;

const EMERGENCY: Call<'_> = Call {
    request_uri: b"sip:911@example.com",
    ..CALL
};

/// The caller and the called number of [`CALL`].
const CALLER: &str = "+14155550123";
const CALLED: &str = "+442079460958";

fn number(text: &str) -> Number {
    Number::new(text.as_bytes(), None).expect("a global number")
}

/// The decision without a question, if there is one.
fn decided(policy: &Policy<'_>, call: &Call<'_>) -> Option<Decision> {
    match policy.begin(call) {
        Step::Answer(decision) => Some(decision),
        Step::Ask(_) => None,
    }
}

#[test]
fn a_list_decides_unless_the_call_must_pass() {
    let home = tempfile::TempDir::new().expect("a directory");
    let path = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let config = Config::new(&Given {
        allow_list: path("allow", "+12025550123\n"),
        deny_list: path("deny", "+1*\n"),
        dno_list: path("dno", "+4477*\n"),
        ..given()
    })
    .expect("usable");
    let lists = Lists::new([&config.lists]).expect("usable");
    let policy = Policy::new(&config).with_lists(&lists, lists.selection(&config.lists));
    for (head, treatment, code, reason) in [
        (
            &b"From: <sip:+14155550123@example.com>;tag=a\r\n"[..],
            Treatment::Block,
            603,
            "deny_list",
        ),
        (
            b"From: <sip:+14155550123@example.com>;tag=a\r\nPrivacy: id\r\n",
            Treatment::Block,
            603,
            "deny_list",
        ),
        (
            b"From: <sip:+12025550123@example.com>;tag=a\r\n",
            Treatment::Allow,
            503,
            "allow_list",
        ),
        (
            b"From: <tel:+447700900123>;tag=a\r\n",
            Treatment::Block,
            603,
            "dno",
        ),
    ] {
        let decision = decided(&policy, &Call { head, ..CALL }).expect("by a list");
        assert_eq!(decision.treatment, treatment, "{reason}");
        assert_eq!(decision.would, treatment, "{reason}");
        assert_eq!(decision.reply.code, code, "{reason}");
        assert_eq!(decision.reason.as_str(), reason);
        assert_eq!(
            (decision.source, decision.failure),
            (Source::List, Failure::None)
        );
        // A withheld number decides, and is not shown.
        assert_eq!(
            decision.number.is_none(),
            reason == "deny_list" && head.ends_with(b"id\r\n")
        );
        let emergency = decided(&policy, &Call { head, ..EMERGENCY }).expect("a bypass");
        assert_eq!(emergency.source, Source::Bypass, "{reason}");
    }
    let head = b"From: <sip:+493023125000@example.com>;tag=a\r\n";
    assert_eq!(decided(&policy, &Call { head, ..CALL }), None);
    assert_eq!(decided(&Policy::new(&config), &CALL), None);
}

#[test]
fn a_call_to_an_emergency_caller_passes() {
    let clock = Clock::starting(Instant::now());
    let now = clock.at(Instant::now());
    let span = Duration::from_secs(60);
    let window = EmergencyWindow::new(span).expect("memory");
    let config = Config::new(&given()).expect("usable");
    let policy = |now| Policy::new(&config).with_window(&window, now);
    assert_eq!(decided(&policy(now), &CALL), None);
    window.remember(&number(CALLED), None, now);
    let replaced = Call {
        next_uri: b"sip:1001@pbx.example.com",
        ..CALL
    };
    let by_script = Call {
        request_uri: b"sip:service@example.com",
        next_uri: CALL.request_uri,
        ..CALL
    };
    let anonymous = Call {
        head: b"From: <sip:anonymous@anonymous.invalid>;tag=a\r\n",
        ..CALL
    };
    for call in [CALL, replaced, by_script, anonymous] {
        let decision = decided(&policy(now), &call).expect("a bypass");
        assert_eq!(decision.reason.as_str(), "emergency_callback");
        assert_eq!(
            (decision.treatment, decision.source, decision.failure),
            (Treatment::Allow, Source::Bypass, Failure::None)
        );
    }
    assert_eq!(decided(&policy(now.after(span)), &CALL), None);
    let off = EmergencyWindow::new(Duration::ZERO).expect("memory");
    let policy = Policy::new(&config).with_window(&off, now);
    assert_eq!(decided(&policy, &CALL), None);
}

#[test]
fn the_caller_of_an_emergency_number_is_told_if_the_source_is_trusted() {
    let some = Given {
        trusted_sources: "192.0.2.0/24".to_owned(),
        ..given()
    };
    let trusted = Some([192, 0, 2, 9].into());
    let urgent = Call {
        head: b"From: <sip:+14155550123@example.com>;tag=a\r\nPriority: psap-callback\r\n",
        ..CALL
    };
    let nameless = Call {
        head: b"From: <sip:alice@example.com>;tag=a\r\n",
        ..EMERGENCY
    };
    let abroad = Call {
        request_uri: b"sip:105@example.com",
        ..EMERGENCY
    };
    let at_home = |country: &str| Given {
        default_country: country.to_owned(),
        ..given()
    };
    for (given, call, source, caller) in [
        (given(), EMERGENCY, None, Some(CALLER)),
        (given(), abroad, None, Some(CALLER)),
        (at_home("US"), abroad, None, None),
        (at_home("MN"), abroad, None, Some(CALLER)),
        (at_home("US"), EMERGENCY, None, Some(CALLER)),
        (some.clone(), EMERGENCY, trusted, Some(CALLER)),
        (some, EMERGENCY, Some([192, 0, 3, 9].into()), None),
        (given(), urgent, None, None),
        (given(), nameless, None, None),
    ] {
        let config = Config::new(&given).expect("usable");
        let policy = Policy::new(&config);
        let call = Call { source, ..call };
        let decision = decided(&policy, &call).expect("a bypass");
        let found = policy.emergency_caller(&call, &decision);
        assert_eq!(found, caller.map(number));
    }
}
