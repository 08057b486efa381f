// SPDX-License-Identifier: GPL-2.0-or-later

//! The binary: its lines, signals, exit codes and logs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::binary::{Process, text};
use crate::peer::{INBOUND, KEY, LOOKUP, PATH, agent, demo_data, get, post, public_key};

#[test]
fn both_listeners_are_announced_and_sigterm_ends_with_0() {
    let directory = TempDir::new().expect("a directory");
    let tls = directory.path().join("tls");
    let mut process = Process::start(&[
        "--listen-https",
        "127.0.0.1:0",
        "--listen-http",
        "127.0.0.2:0",
        "--tls-self-signed",
        text(&tls),
        "--tls-name",
        "127.0.0.2",
        "--key-env",
        "TEST_KEY",
        "--data",
        text(&demo_data()),
    ]);
    let (https, http) = (process.listening("https"), process.listening("http"));
    let ca = fs::read(tls.join("ca.pem")).expect("the authority");
    for url in [
        format!("https://{https}{PATH}"),
        format!("http://{http}{PATH}"),
    ] {
        let reply = post(
            &agent(Some(&ca)),
            &url,
            &[("X-API-Key", KEY)],
            r#"{"number":"+14155550101"}"#,
        );
        assert_eq!(reply.expect("a reply").json["reason"], "dnc_listed");
    }
    process.signal("TERM");
    let (code, out, log) = process.end();
    assert_eq!((code, out.as_str()), (Some(0), ""), "{log}");
}

#[test]
fn a_running_request_is_answered_before_the_end() {
    let mut process = Process::start(&[
        "--listen-http",
        "127.0.0.1:0",
        "--key-env",
        "TEST_KEY",
        "--delay-ms",
        "1000",
    ]);
    let url = format!("http://{}{PATH}", process.listening("http"));
    let asking = thread::spawn(move || {
        post(
            &agent(None),
            &url,
            &[("X-API-Key", KEY)],
            r#"{"number":"+14155550123"}"#,
        )
    });
    thread::sleep(Duration::from_millis(400));
    process.signal("INT");
    assert_eq!(process.end().0, Some(0));
    let reply = asking.join().expect("a thread").expect("a reply");
    assert_eq!(reply.json["reason"], "no_actionable_signal");
}

#[test]
fn a_log_has_neither_keys_nor_numbers() {
    let directory = TempDir::new().expect("a directory");
    let keys = directory.path().join("keys.csv");
    // printf %s nol_0123456789abcdef | sha256sum
    let digest = "534787c38d07aab4abbccd4bfb21fdfea8cb99c60c44fffe080ef0761f315634";
    fs::write(
        &keys,
        format!("sha256,name,use_cases\n{digest},edge,lookup inbound_lookup\n"),
    )
    .expect("a file");
    let mut process = Process::start(&[
        "--listen-http",
        "127.0.0.1:0",
        "--keys",
        text(&keys),
        "--data",
        text(&demo_data()),
        "--default-country",
        "US",
        "--log",
        "debug",
    ]);
    let base = format!("http://{}", process.listening("http"));
    let url = format!("{base}{PATH}");
    let client = agent(None);
    for body in [
        r#"{"number":"+14155550130","to":"+442079460123"}"#,
        r#"{"number":"anonymous 5550123"}"#,
    ] {
        let inbound = format!("{base}{INBOUND}");
        post(&client, &inbound, &[("X-API-Key", KEY)], body).expect("a reply");
    }
    for number in ["+14155550130", "+1999555019999", "+1-415-555-0123"] {
        get(
            &client,
            &format!("{base}{LOOKUP}/{number}"),
            &[("X-API-Key", KEY)],
        );
    }
    for (query, key, body) in [
        ("", KEY, r#"{"number":"+14155550123"}"#),
        (
            "",
            KEY,
            r#"{"number":"(415) 555-0123","called_number":"+442079460123"}"#,
        ),
        ("", KEY, r#"{"number":"+1999555019999"}"#),
        (
            "",
            KEY,
            r#"{"number":"+14155550123","spam_threshold":"+14155550123"}"#,
        ),
        ("", "nol_wrong", r#"{"number":"+14155550123"}"#),
        ("?key=nol_wrong", "", r#"{"number":"+14155550123"}"#),
        ("?number=+14155550123", KEY, "+14155550123"),
    ] {
        post(
            &client,
            &format!("{url}{query}"),
            &[("X-API-Key", key)],
            body,
        )
        .expect("a reply");
    }
    process.signal("TERM");
    let (_, _, log) = process.end();
    assert!(
        log.contains(r#"key="edge" number="+1********23" country=US decision=allow"#),
        "{log}"
    );
    for line in [
        r#"key="edge" number="+1********30" country=US context=inbound_voice action=allow signed=true"#,
        r#"key="edge" number="+1********30" country=US name=true score=true"#,
        r#"key="edge" number="invalid" name=false score=false"#,
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    for secret in [
        KEY, "nol_", "5550130", "Acme", "ed25519:", "5550123", "555-0123", "9460123", "99955501",
        digest,
    ] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn a_signing_key_with_a_file_outlives_the_process() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("signing.pem");
    let shown = |options: &[&str]| {
        let listen = ["--listen-http", "127.0.0.1:0", "--key-env", "TEST_KEY"];
        let mut process = Process::start(&[&listen[..], options].concat());
        let key = public_key(&format!("http://{}", process.listening("http")));
        (key, process.log())
    };
    let with_file = ["--signing-key", text(&file)];
    let (first, log) = shown(&with_file);
    assert!(log.contains("signing key made"), "{log}");
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (second, log) = shown(&with_file);
    assert_eq!(first, second);
    assert!(!log.contains("signing"), "{log}");

    let (first, log) = shown(&[]);
    assert!(log.contains("no --signing-key: "), "{log}");
    assert_ne!(first, shown(&[]).0);
}

#[test]
fn what_must_be_repaired_is_said_in_one_line() {
    let directory = TempDir::new().expect("a directory");
    let (data, tls) = (directory.path().join("data"), directory.path().join("tls"));
    fs::create_dir(&data).expect("a directory");
    fs::write(data.join("spam.csv"), "number,score\n+14155550101,120\n").expect("a file");
    let junk = directory.path().join("junk.pem");
    fs::write(&junk, "junk").expect("a file");
    let key = ["--key-env", "TEST_KEY"];
    let http = ["--listen-http", "127.0.0.1:0"];
    for (arguments, error) in [
        (
            [&key[..], &["--listen-http", "0.0.0.0:80"]].concat(),
            "--listen-http 0.0.0.0:80: not a loopback address; ",
        ),
        (
            [&key[..], &["--listen-http", "[::]:80"]].concat(),
            "--listen-http [::]:80: not a loopback address; ",
        ),
        (
            [&key[..], &http, &["--data", text(&data)]].concat(),
            "spam.csv: line 2, column 2 (score): \"120\"; allowed: a whole number from 1 to 99",
        ),
        (
            [&key[..], &http, &["--default-country", "ZZ"]].concat(),
            "--default-country \"ZZ\"; allowed: a two-letter",
        ),
        (
            [&key[..], &["--listen-https", "127.0.0.1:0"]].concat(),
            "--listen-https 127.0.0.1:0: no certificate; give ",
        ),
        (
            [
                &key[..],
                &[
                    "--listen-https",
                    "192.0.2.1:0",
                    "--tls-self-signed",
                    text(&tls),
                ],
            ]
            .concat(),
            "cannot listen on 192.0.2.1:0: ",
        ),
        (
            key.to_vec(),
            "nothing to listen on: give --listen-https or --listen-http",
        ),
        (
            http.to_vec(),
            "no API key: give --keys FILE or --key-env NAME",
        ),
        (
            [&http[..], &["--key-env", "NO_SUCH_KEY"]].concat(),
            "--key-env NO_SUCH_KEY: the variable is not set",
        ),
        (
            [&http[..], &["--key-env", "EMPTY_KEY"]].concat(),
            "env:EMPTY_KEY: the key (not shown) is not usable",
        ),
        (
            [&key[..], &http, &["--signing-key", text(&junk)]].concat(),
            "junk.pem: no PEM private key in PKCS #8: ",
        ),
        (
            [&http[..], &["--keys", "/nonexistent"]].concat(),
            "/nonexistent: No such file or directory",
        ),
    ] {
        let mut arguments = arguments;
        arguments.extend(["--log", "off"]);
        let (code, out, log) = Process::start(&arguments).end();
        assert_eq!(
            (code, out.as_str(), log.lines().count()),
            (Some(2), "", 1),
            "{arguments:?}: {log}"
        );
        assert!(
            log.starts_with("numbers-online-service: ") && log.contains(error),
            "{log}"
        );
    }
}
