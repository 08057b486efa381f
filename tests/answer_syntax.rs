// SPDX-License-Identifier: GPL-2.0-or-later
//! An answer that is no JSON is the failure `parse`, also if the error is in a field that is not read.

use numbers_online::answer::Answer;
use numbers_online::failure::Failure;
use numbers_online::number::Number;

fn read(body: &[u8]) -> Result<Answer, Failure> {
    let asked = Number::new(b"+14155550123", None).expect("a global number");
    Answer::new(200, body, &asked).map_err(|unusable| unusable.failure)
}

fn with_ignored(value: &str) -> String {
    format!(r#"{{"decision":"block","sip":{{"code":603}},"something_new":{value}}}"#)
}

#[test]
fn an_ignored_field_must_be_json_as_well() {
    for good in [
        "1",
        "[{}]",
        r#"{"a":[1,2,{"b":null}]}"#,
        r#""\u00fc\n""#,
        "-0.5e+9",
    ] {
        let body = with_ignored(good);
        assert!(read(body.as_bytes()).is_ok(), "{body}");
    }
    for bad in [
        "",
        "nul",
        "tru",
        "01",
        "1.",
        "+1",
        "0x1",
        ".5",
        "1e",
        "NaN",
        "'a'",
        "\"a",
        "\"a\nb\"",
        "\"\0\"",
        r#""\x""#,
        r#""\u12g4""#,
        "[1,]",
        "[1 2]",
        "[1",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{\"a\":[}]",
        "1}x",
        "1},{",
    ] {
        let body = with_ignored(bad);
        let answer = read(body.as_bytes());
        assert_eq!(answer.err(), Some(Failure::Parse), "{body}");
    }
    let no_text = [b"\"\xff\"".as_slice(), b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\""];
    for bytes in no_text {
        let (before, after) = (with_ignored(""), "}");
        let body = [
            &before.as_bytes()[..before.len() - 1],
            bytes,
            after.as_bytes(),
        ]
        .concat();
        assert_eq!(read(&body).err(), Some(Failure::Parse), "{bytes:?}");
    }
}
