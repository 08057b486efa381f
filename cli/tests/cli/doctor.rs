// SPDX-License-Identifier: GPL-2.0-or-later

//! `doctor`.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tempfile::TempDir;
use testbed::{Api, Authority, Flaw, Greeting, Plan, Refused, answer};

use crate::program::Run;

fn healthy(headers: &[(&str, &str)]) -> Plan {
    let health = answer::response("200 OK", headers, b"{\"status\":\"ok\"}");
    Plan::always(Vec::new()).health(vec![testbed::Step::Send(health)])
}

/// The only check with this name.
fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().expect("checks");
    let mut found = checks.iter().filter(|check| check["check"] == name);
    let check = found
        .next()
        .unwrap_or_else(|| panic!("no {name}: {report}"));
    assert_eq!(found.count(), 0, "{name} twice: {report}");
    check
}

fn examine(parameters: &[&str]) -> (i32, Value) {
    let parameters = parameters
        .iter()
        .flat_map(|parameter| ["--param", parameter]);
    let arguments: Vec<_> = ["doctor", "--json"].into_iter().chain(parameters).collect();
    let run = Run::of(&arguments);
    assert_eq!(run.errors, "");
    (run.code, run.json())
}

#[test]
fn a_good_way_to_the_api_is_ok_in_every_phase() {
    let directory = TempDir::new().expect("a directory");
    let authority = Authority::new().expect("an authority");
    let ca = directory.path().join("ca.pem");
    authority.write(&ca).expect("a file");
    let identity = authority
        .identity(&["localhost"], Flaw::None)
        .expect("a certificate");
    let api = Api::https(identity, healthy(&[])).expect("an API");
    let (url, ca) = (
        format!("api_url={}", api.url()),
        format!("ca_file={}", ca.display()),
    );
    let (code, report) = examine(&[&url, &ca, "timeout=5000"]);
    assert_eq!((code, &report["result"]), (0, &"ok".into()), "{report}");
    for name in [
        "parameters",
        "key",
        "dns",
        "connect",
        "tls",
        "http",
        "latency",
        "numbering plan",
    ] {
        assert_eq!(check(&report, name)["status"], "ok", "{report}");
    }
    for name in ["dns", "connect", "tls", "http", "latency"] {
        assert!(check(&report, name)["took_us"].is_u64(), "{report}");
    }
    let request = api.health_requests().pop().expect("a request");
    assert_eq!(request.header("authorization"), None);
    let run = Run::of(&[
        "doctor",
        "--param",
        &url,
        "--param",
        &ca,
        "--param",
        "timeout=5000",
    ]);
    assert_eq!(run.code, 0);
    assert!(
        run.out.lines().all(|line| line.starts_with("ok    ")),
        "{}",
        run.out
    );
    let (code, report) = examine(&[&url]);
    let tls = check(&report, "tls");
    assert_eq!((code, &tls["status"]), (2, &"fail".into()));
    let finding = tls["finding"].as_str().expect("text");
    assert!(finding.ends_with("(tls, unknown_issuer)"), "{finding}");
    let (code, report) = examine(&[&url, "tls_insecure=1", "timeout=5000"]);
    assert_eq!(
        (code, &check(&report, "tls")["status"]),
        (1, &"warn".into())
    );
}

#[test]
fn each_failure_names_its_phase() {
    let refused = Refused::at(([127, 0, 0, 1], 0).into()).expect("a port");
    let refused = format!("http://{}", refused.address());
    let closing = Api::http(Plan::greeting(Greeting::Close)).expect("an API");
    let silent = Api::http(Plan::greeting(Greeting::Silence)).expect("an API");
    let speaking = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    let plain = Api::http(Plan::greeting(Greeting::Speak(speaking))).expect("an API");
    let plain = format!("https://localhost:{}", plain.address().port());
    for (url, name, failure) in [
        ("https://numbers.invalid", "dns", "dns"),
        (&refused, "connect", "connect"),
        (&plain, "tls", "tls, not_tls"),
        (&closing.url(), "http", "reset"),
        (&silent.url(), "http", "timeout_response"),
    ] {
        let (code, report) = examine(&[&format!("api_url={url}"), "timeout=300"]);
        let check = check(&report, name);
        assert_eq!((code, &check["status"]), (2, &"fail".into()), "{report}");
        let finding = check["finding"].as_str().expect("text");
        let is_named = finding.ends_with(&format!(" ({failure})"));
        // Without a name server the name is waited for.
        assert!(is_named || finding.ends_with(" (timeout_dns)"), "{finding}");
        assert!(check["advice"].is_string(), "{report}");
    }
}

#[test]
fn the_status_of_the_health_endpoint_counts() {
    for (status, code, expected) in [
        ("404 Not Found", 1, "warn"),
        ("302 Found", 2, "fail"),
        ("503 Service Unavailable", 2, "fail"),
    ] {
        let health = answer::response(status, &[], b"{}");
        let plan = Plan::always(Vec::new()).health(vec![testbed::Step::Send(health)]);
        let api = Api::http(plan).expect("an API");
        let (ended, report) = examine(&[&format!("api_url={}", api.url()), "timeout=5000"]);
        assert_eq!(ended, code, "{report}");
        assert_eq!(check(&report, "http")["status"], expected, "{report}");
    }
}

#[test]
fn a_clock_that_is_off_is_noticed() {
    let api = Api::http(healthy(&[("Date", "Thu, 01 Jan 2026 00:00:00 GMT")])).expect("an API");
    let url = format!("api_url={}", api.url());
    let (code, report) = examine(&[&url, "timeout=5000"]);
    let clock = check(&report, "clock");
    assert_eq!((code, &clock["status"]), (1, &"warn".into()), "{report}");
    assert!(
        clock["ahead_s"].as_i64().is_some_and(|ahead| ahead > 300),
        "{report}"
    );
    let (code, report) = examine(&[&url, "timeout=5000", "signing_secret=env:NOT_SET"]);
    assert_eq!(code, 2);
    assert_eq!(check(&report, "clock")["status"], "fail");
    assert_eq!(check(&report, "signing_secret")["status"], "fail");
}

#[test]
fn missing_keys_are_named_and_none_is_shown() {
    let api = Api::http(healthy(&[])).expect("an API");
    let url = format!("api_url={}", api.url());
    let (code, report) = examine(&[&url, "timeout=5000", "profile=gold=>api_key=env:NOT_SET"]);
    assert_eq!(code, 2);
    let text = report.to_string();
    assert!(text.contains("present, not shown"), "{text}");
    assert!(
        text.contains(
            "profile \\\"gold\\\": parameter api_key: the environment variable NOT_SET is not set"
        ),
        "{text}"
    );
}

#[test]
fn the_backup_is_checked_too() {
    let api = Api::http(healthy(&[])).expect("an API");
    let (url, backup) = (
        format!("api_url={}", api.url()),
        "api_url_backup=https://numbers.invalid",
    );
    let (code, report) = examine(&[&url, backup, "timeout=1000"]);
    assert_eq!(code, 2);
    assert_eq!(check(&report, "http")["status"], "ok");
    assert_eq!(check(&report, "backup dns")["status"], "fail");
}

#[test]
fn old_and_empty_lists_are_warned_of() {
    let directory = TempDir::new().expect("a directory");
    let list = |name: &str, text: &str, days: u64| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a file");
        let changed = SystemTime::now() - Duration::from_secs(days * 24 * 3600 + 60);
        let file = File::options().append(true).open(&path).expect("a file");
        file.set_modified(changed).expect("a time");
        format!("{name}={}", path.display())
    };
    let api = Api::http(healthy(&[])).expect("an API");
    let (code, report) = examine(&[
        &format!("api_url={}", api.url()),
        "timeout=5000",
        &list("allow_list", "+12025550123\n+12025550124\n", 400),
        &list("deny_list", "# nobody\n", 1),
        &list("dno_list", "+12025550125\n", 8),
    ]);
    assert_eq!(code, 1, "{report}");
    for (name, status, days) in [
        ("allow_list", "ok", 400),
        ("deny_list", "warn", 1),
        ("dno_list", "warn", 8),
    ] {
        let check = check(&report, name);
        assert_eq!(
            (&check["status"], &check["age_days"]),
            (&status.into(), &days.into()),
            "{report}"
        );
    }
}
