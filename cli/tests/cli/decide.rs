// SPDX-License-Identifier: GPL-2.0-or-later

//! `decide`.

use testbed::{Api, Plan, answer};

use crate::program::{KEY, Run};

fn api(decision: &str, code: u16) -> (Api, String) {
    let reply = answer::ok(&answer::decision(decision, code));
    let api = Api::http(Plan::always(reply)).expect("an API");
    let url = format!("api_url={}", api.url());
    (api, url)
}

#[test]
fn the_api_decides_and_the_result_is_a_table_or_json() {
    let (api, url) = api("block", 603);
    let run = Run::of(&["decide", "--param", &url, "+12025550123"]);
    assert_eq!((run.code, run.errors.as_str()), (0, ""), "{run:?}");
    for line in [
        "decision            block",
        "code                603",
        "source              api",
        "e164                +12025550123",
    ] {
        assert!(
            run.out.lines().any(|shown| shown == line),
            "{line}: {}",
            run.out
        );
    }
    assert!(
        run.out.lines().all(|line| !line.ends_with(' ')),
        "{}",
        run.out
    );
    let run = Run::of(&["decide", "--json", "+12025550123", "--param", &url]);
    assert_eq!(run.out.lines().count(), 1);
    let json = run.json();
    assert_eq!(
        (&json["decision"], &json["code"], &json["e164"]),
        (&"block".into(), &603.into(), &"+12025550123".into())
    );
    let requests = api.requests();
    assert_eq!(requests.len(), 2);
    let expected = format!("Bearer {KEY}");
    assert_eq!(requests[0].header("authorization"), Some(expected.as_str()));
}

#[test]
fn numbers_are_read_and_profiles_are_used_as_in_a_server() {
    let (_api, url) = api("allow", 503);
    let base = ["decide", "--json", "--param", &url];
    let with = |extra: &[&str]| Run::of(&[&base, extra].concat());
    let run = with(&["--param", "default_country=GB", "020 7946 0123"]);
    assert_eq!(run.json()["e164"], "+442079460123", "{run:?}");
    let profile = "profile=gold=>enforce_percent=0;api_key=env:NOT_SET";
    let run = with(&["--param", profile, "--profile", "Gold", "+12025550123"]);
    assert_eq!((run.code, &run.json()["failure"]), (1, &"no_key".into()));
    for (extra, line) in [
        (
            &["--profile", "silver", "+12025550123"][..],
            "--profile: allowed: ",
        ),
        (&["911"], "NUMBER: allowed: a number with a leading +"),
        (&["caller"], "NUMBER: allowed: a number with a leading +"),
    ] {
        let run = with(extra);
        assert_eq!((run.code, run.out.as_str()), (65, ""), "{run:?}");
        let start = format!("numbers-online decide: {line}");
        assert!(run.errors.starts_with(&start), "{}", run.errors);
    }
}

#[test]
fn a_failed_lookup_allows_and_ends_with_1() {
    let refusal = answer::refusal("401 Unauthorized", "invalid_key", &[]);
    let api = Api::http(Plan::always(refusal)).expect("an API");
    let url = format!("api_url={}", api.url());
    let run = Run::of(&["decide", "--json", "--param", &url, "+12025550123"]);
    assert_eq!(run.code, 1, "{run:?}");
    let json = run.json();
    assert_eq!(
        (&json["decision"], &json["source"], &json["failure"]),
        (&"allow".into(), &"failopen".into(), &"http_401".into())
    );
    assert!(run.errors.contains("numbers-online: "), "{}", run.errors);
    assert!(!run.errors.contains("5550123"), "{}", run.errors);
}
