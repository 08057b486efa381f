// SPDX-License-Identifier: GPL-2.0-or-later

//! The program against the on-premise service, which `NOL_SERVICE` names. Without it the trials count as ignored.

mod guard;
#[path = "../program/mod.rs"]
mod program;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use self::guard::Service;
use self::program::Run;

/// A trial: its name, and what it does with a running service.
type Row = (&'static str, fn(&Service));

const TRIALS: &[Row] = &[
    ("the_service_decides", decides),
    ("the_doctor_finds_nothing", is_well),
    (
        "the_doctor_finds_an_unknown_authority",
        finds_unknown_authority,
    ),
    ("a_refused_key_allows_the_call", allows_with_a_refused_key),
    (
        "an_answer_is_verified_with_the_key_of_the_service",
        verifies,
    ),
];

fn main() -> ExitCode {
    let binary = env::var_os("NOL_SERVICE").filter(|binary| !binary.is_empty());
    let trials = TRIALS.iter().map(|row| trial(*row, binary.clone()));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trial((name, run): Row, binary: Option<OsString>) -> Trial {
    Trial::ignorable_test(format!("service/{name}"), move || match &binary {
        None => Ok(Completion::ignored_with(
            "needs numbers-online-service: make test",
        )),
        Some(binary) => {
            let service = Service::start(binary).map_err(Failed::from)?;
            run(&service);
            Ok(Completion::Completed)
        }
    })
}

fn decides(service: &Service) {
    for (number, decision, code, reason) in [
        ("+14155550101", "block", 603, "dnc_listed"),
        ("+14155550123", "allow", 503, "no_actionable_signal"),
        ("(415) 555-0101", "block", 603, "dnc_listed"),
    ] {
        let run = service.run("decide", &["default_country=US"], &[number]);
        let json = run.json();
        assert_eq!(
            (run.code, &json["decision"], &json["code"], &json["reason"]),
            (0, &decision.into(), &code.into(), &reason.into()),
            "{run:?}"
        );
    }
}

fn is_well(service: &Service) {
    let run = service.run("doctor", &[], &[]);
    let json = run.json();
    assert_eq!((run.code, &json["result"]), (0, &"ok".into()), "{run:?}");
    for name in [
        "key",
        "dns",
        "connect",
        "tls",
        "http",
        "latency",
        "clock",
        "numbering plan",
    ] {
        assert!(
            run.out
                .contains(&format!("{{\"check\":\"{name}\",\"status\":\"ok\"")),
            "{run:?}"
        );
    }
}

fn finds_unknown_authority(service: &Service) {
    let run = service.run("doctor", &["ca_file="], &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.out.contains("unknown_issuer"), "{run:?}");
}

fn verifies(service: &Service) {
    let answer = service.post("/api/v1/inbound/lookup", r#"{"number":"+14155550123"}"#);
    let run = service.run_with("verify", &[], &[], &answer);
    assert_eq!(
        (run.code, &run.json()["verified"]),
        (0, &"yes".into()),
        "{run:?}"
    );
    let changed = answer.replace("+14155550123", "+14155550124");
    assert_ne!(changed, answer);
    let run = service.run_with("verify", &[], &[], &changed);
    assert_eq!(
        (run.code, &run.json()["verified"]),
        (1, &"no".into()),
        "{run:?}"
    );
}

fn allows_with_a_refused_key(service: &Service) {
    let run: Run = service.run("decide", &["api_key=env:OTHER_KEY"], &["+14155550101"]);
    let json = run.json();
    assert_eq!(
        (run.code, &json["decision"], &json["failure"]),
        (1, &"allow".into(), &"http_401".into()),
        "{run:?}"
    );
    assert!(
        !run.errors.contains("5550101") && !run.errors.contains("nol_"),
        "{run:?}"
    );
}
