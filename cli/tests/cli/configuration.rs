// SPDX-License-Identifier: GPL-2.0-or-later

//! Parameters from a file and from options.

use std::fs;

use tempfile::TempDir;

use crate::program::Run;

#[test]
fn every_bad_line_is_named() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("numbers-online.conf");
    let text = "# a comment\n\
        api_key = nol_secret\n\
        timeout = 5\n\
        no_such_name = nol_secret\n\
        nol_secret\n\
        spam_threshold = high\n\
        profile = gold=>allow_code=200\n";
    fs::write(&file, text).expect("a file");
    let file = file.to_str().expect("UTF-8");
    let run = Run::of(&["decide", "--config", file, "+12025550123"]);
    assert_eq!((run.code, run.out.as_str()), (78, ""));
    for start in [
        "2: parameter api_key: \"***\" cannot be used; allowed: env:NAME or file:/ABSOLUTE/PATH",
        "3: parameter timeout: \"5\" cannot be used; allowed: 20..5000 milliseconds",
        "4: \"no_such_name\" is no parameter; allowed: api_url, ",
        "5: not a parameter; allowed: NAME = VALUE, or a comment behind #",
        "6: parameter spam_threshold: \"high\" cannot be used; allowed: a whole number",
        "7: profile \"gold\": parameter allow_code: \"200\" cannot be used; allowed: 503 or 404",
    ] {
        let start = format!("numbers-online decide: {file}:{start}");
        let lines = run.errors.lines().filter(|line| line.starts_with(&start));
        assert_eq!(lines.count(), 1, "{start}: {}", run.errors);
    }
    assert_eq!(run.errors.lines().count(), 6, "{}", run.errors);
    assert!(!run.errors.contains("nol_secret"), "{}", run.errors);
    let run = Run::of(&["doctor", "--config", file, "--json"]);
    assert_eq!(run.code, 2);
    let failed = run
        .out
        .matches("\"check\":\"parameters\",\"status\":\"fail\"");
    assert_eq!(failed.count(), 6, "{}", run.out);
    assert!(!run.out.contains("nol_secret"), "{}", run.out);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let run = Run::of(&["decide", "--config", "/nonexistent", "+12025550123"]);
    assert_eq!(run.code, 66);
    assert!(
        run.errors
            .starts_with("numbers-online decide: /nonexistent: No such file"),
        "{}",
        run.errors
    );
}

#[test]
fn an_option_replaces_a_line_of_the_file() {
    let directory = TempDir::new().expect("a directory");
    let (file, list) = (
        directory.path().join("x.conf"),
        directory.path().join("deny"),
    );
    fs::write(&list, "+12025550123\n").expect("a file");
    let text = format!("deny_list = {}\nallow_code = 503\n", list.display());
    fs::write(&file, text).expect("a file");
    let config = format!("--config={}", file.display());
    let decided = |extra: &[&str]| {
        let arguments = [&["decide", "--json", &config, "+12025550123"], extra].concat();
        Run::of(&arguments).json()
    };
    let listed = decided(&[]);
    assert_eq!(
        (&listed["decision"], &listed["source"], &listed["list_line"]),
        (&"block".into(), &"list".into(), &1.into())
    );
    let replaced = decided(&[
        "--param",
        "deny_list=",
        "--param",
        "api_key=env:NOT_SET",
        "--param",
        "allow_code=404",
    ]);
    assert_eq!(
        (
            &replaced["decision"],
            &replaced["code"],
            &replaced["failure"]
        ),
        (&"allow".into(), &404.into(), &"no_key".into())
    );
}
