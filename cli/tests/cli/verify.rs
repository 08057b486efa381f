// SPDX-License-Identifier: GPL-2.0-or-later

//! `verify`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use testbed::{Api, Plan, answer};

use crate::program::Run;

const SIGNED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/vectors/inbound_lookup.json"
));

/// The key of the vector. It is made up.
const PEM: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA3bBvLK1XDOtvwxz65PCNFZuImMYb9slgXxUU3glt05w=\n-----END PUBLIC KEY-----\n";

fn answer_with_key() -> String {
    let pem = PEM.replace('\n', "\\n");
    format!("{{\"algorithm\":\"ed25519\",\"public_key_pem\":\"{pem}\"}}")
}

fn write(directory: &TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, text).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn one_line_says_whether_an_answer_is_verified() {
    let directory = TempDir::new().expect("a directory");
    let pem = write(&directory, "key.pem", PEM);
    let json = write(&directory, "key.json", &answer_with_key());
    for key in [&pem, &json] {
        for (answer, code, verified, line) in [
            (
                SIGNED.to_owned(),
                0,
                "yes",
                "verified: the signature is right\n",
            ),
            (
                SIGNED.replace("600", "601"),
                1,
                "no",
                "not verified: the signature does not match: the answer was changed, or signed with another key\n",
            ),
            (
                SIGNED.replace("ed25519:", "rsa:"),
                1,
                "no",
                "not verified: the signature is not one by Ed25519\n",
            ),
            (
                SIGNED.replace("response_signature", "signature"),
                2,
                "na",
                "not signed: the answer has no signature\n",
            ),
            (
                " ".repeat(70_000),
                1,
                "no",
                "not verified: the answer is longer than 64 KiB\n",
            ),
        ] {
            let file = write(&directory, "answer.json", &answer);
            for (arguments, input) in [
                (&["verify", "--key", key, &file][..], ""),
                (&["verify", "--key", key, "-"], &*answer),
                (&["verify", "--key", key], &*answer),
            ] {
                let run = Run::with_input(arguments, input);
                assert_eq!(
                    (run.code, run.out.as_str(), run.errors.as_str()),
                    (code, line, "")
                );
            }
            let run = Run::of(&["verify", "--json", "--key", key, &file]);
            assert_eq!(run.code, code);
            assert_eq!(run.json()["verified"], verified);
        }
    }
}

#[test]
fn the_key_is_fetched_from_the_api() {
    let api =
        Api::http(Plan::always(answer::raw_ok(answer_with_key().as_bytes()))).expect("an API");
    let url = api.url();
    let endpoint = format!("{url}/api/v1/publickey");
    let parameter = format!("api_url={url}");
    for arguments in [
        &["verify", "--key-url", &endpoint][..],
        &["verify", "--key-url", &url],
        &["verify", "--param", &parameter],
    ] {
        let run = Run::in_environment(arguments, SIGNED, &[]);
        assert_eq!((run.code, run.errors.as_str()), (0, ""), "{run:?}");
    }
    let requests = api.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.path, "/api/v1/publickey");
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn a_key_that_cannot_be_had_is_said_in_one_line() {
    let directory = TempDir::new().expect("a directory");
    let vector = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/inbound_lookup.json");
    let vector = vector.to_str().expect("UTF-8");
    let none = b"{\"algorithm\":\"ed25519\",\"public_key_pem\":null}";
    let unsigning = Api::http(Plan::always(answer::raw_ok(none))).expect("an API");
    let refusing = answer::refusal("404 Not Found", "not_found", &[]);
    let refusing = Api::http(Plan::always(refusing)).expect("an API");
    let text = write(&directory, "text", "no key");
    for (source, value, code, line) in [
        ("--key", "/nonexistent", 66, "/nonexistent: No such file"),
        ("--key", &text, 65, ": not an Ed25519 public key in PEM"),
        ("--key", vector, 65, ": not the JSON of /api/v1/publickey"),
        (
            "--key-url",
            &unsigning.url(),
            69,
            "/api/v1/publickey: the service has no key and does not sign",
        ),
        (
            "--key-url",
            &refusing.url(),
            69,
            "/api/v1/publickey: http_404",
        ),
        (
            "--key-url",
            "http://numbers.example/api/v1/publickey",
            78,
            "--key-url: parameter api_url: \"http://numbers.example\" cannot be used",
        ),
    ] {
        let run = Run::of(&["verify", source, value, vector]);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{run:?}");
        assert_eq!(run.errors.lines().count(), 1, "{}", run.errors);
        assert!(run.errors.contains(line), "{}", run.errors);
    }
    let run = Run::of(&["verify", "--key", vector, "/nonexistent"]);
    assert_eq!(run.code, 65, "{run:?}");
}
