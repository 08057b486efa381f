// SPDX-License-Identifier: GPL-2.0-or-later
//! Faults in the JSON as a whole. Every body would block the call if it were accepted.
use serde_json::{Value, json};
use testbed::answer::{decision, ok, raw_ok};

use super::Fault;

pub(super) fn faults() -> Vec<Fault> {
    [no_json(), another_shape(), unusual_but_valid()]
        .into_iter()
        .flatten()
        .collect()
}

fn parse(name: &str, body: impl AsRef<[u8]>) -> Fault {
    Fault::answer(name, raw_ok(body.as_ref()), "parse")
}

pub(super) fn schema(name: impl Into<String>, body: &Value) -> Fault {
    Fault::answer(name, ok(body), "schema")
}

fn text() -> String {
    decision("block", 603).to_string()
}

fn no_json() -> Vec<Fault> {
    let sixteen: Vec<u8> = text().encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        parse("HTML", "<!DOCTYPE html><html><body>block 603</body></html>").everyday(),
        parse("an empty body", ""),
        parse("white space", " \r\n\t "),
        parse("JSON cut in the middle", &text()[..60]).everyday(),
        parse("JSON with something behind it", text() + "x"),
        parse("two JSON texts", text() + &text()),
        parse("a byte order mark", "\u{feff}".to_owned() + &text()),
        parse("UTF-16", sixteen),
        parse(
            "bytes that are no UTF-8",
            replaced(r#""dnc_listed""#, b"\"dnc\xff\xfe\""),
        ),
        parse(
            "a raw NUL in a string",
            replaced(r#""dnc_listed""#, b"\"dnc\0\""),
        ),
        parse(
            "a NUL before the body",
            [b"\0".as_slice(), text().as_bytes()].concat(),
        ),
        parse("a NUL behind the body", [text().as_bytes(), b"\0"].concat()),
        parse(
            "a raw line feed in a string",
            replaced(r#""dnc_listed""#, b"\"dnc\n\""),
        ),
        parse(
            "a lone surrogate in the decision",
            replaced(r#""block""#, br#""\ud800""#),
        ),
        parse(
            "a wrong type before what is no JSON",
            replaced(r#""block""#, b"1, \"x\": }"),
        ),
        parse("single quotes", text().replace('"', "'")),
        parse("a comment", "/* */".to_owned() + &text()),
        parse("NaN", replaced("603", b"NaN")),
        parse("a number too large for anything", replaced("603", b"1e999")),
    ]
}

fn another_shape() -> Vec<Fault> {
    // Positions instead of names, which some decoders accept.
    let by_position = json!([
        "block",
        [603, "Decline"],
        "dnc_listed",
        true,
        null,
        null,
        false
    ]);
    let sip_by_position = with("sip", json!([603, "Decline"]));
    let mut faults = vec![
        schema("an array of values", &by_position),
        schema("the sip object as an array", &sip_by_position),
        Fault::answer(
            "two decisions",
            raw_ok(&in_front("\"decision\":\"allow\"")),
            "schema",
        ),
        Fault::answer(
            "two equal decisions",
            raw_ok(&in_front("\"decision\":\"block\"")),
            "schema",
        ),
        Fault::answer(
            "two sip objects",
            raw_ok(&in_front("\"sip\":{\"code\":503}")),
            "schema",
        ),
    ];
    faults.push(Fault::answer(
        "200 levels of nesting",
        raw_ok(deep().as_bytes()),
        "schema",
    ));
    for field in ["decision", "reason", "advisory"] {
        let body = text().replacen(
            &format!("\"{field}\":"),
            &format!("\"{field}\":{},\"old\":", deep()),
            1,
        );
        let (name, reply) = (
            format!("200 levels of nesting in {field}"),
            raw_ok(body.as_bytes()),
        );
        faults.push(if field == "decision" {
            Fault::answer(name, reply, "schema")
        } else {
            Fault::tolerated(name, reply)
        });
    }
    for value in [
        json!(null),
        json!(true),
        json!(603),
        json!("block"),
        json!([]),
        json!({}),
        json!([decision("block", 603)]),
    ] {
        let short: String = value.to_string().chars().take(20).collect();
        faults.push(schema(format!("{short} instead of an object"), &value));
    }
    faults
}

fn unusual_but_valid() -> Vec<Fault> {
    let mut later = with("schema_version", json!("2031-12-24"));
    later["verdict"] = json!({ "deep": [1, { "er": [null, true] }] });
    later["sip"]["headers"] = json!({ "Reason": "Q.850" });
    later["advisory"]["risk"]["why"] = json!(["new"]);
    let many: Value = (0..1000)
        .map(|n| (format!("field{n}"), json!("x".repeat(20))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let pretty = serde_json::to_string_pretty(&decision("block", 603)).unwrap_or_default();
    vec![
        Fault::tolerated("unknown fields of a later version", ok(&later)).everyday(),
        Fault::tolerated("a thousand unknown fields", ok(&with("more", many))),
        Fault::tolerated(
            "a schema_version that is a number",
            ok(&with("schema_version", json!(7))),
        ),
        Fault::tolerated(
            "no schema_version that means anything",
            ok(&with("schema_version", json!(null))),
        ),
        // A field that is not read may have any depth.
        Fault::tolerated(
            "200 levels of nesting in an unknown field",
            raw_ok(&in_front(&format!("\"x\":{}", deep()))),
        ),
        Fault::tolerated("indented JSON", raw_ok(pretty.as_bytes())),
        Fault::tolerated(
            "escaped names and values",
            raw_ok(&replaced("\"block\"", br#""\u0062lock""#)),
        ),
        Fault::tolerated(
            "a lone high surrogate in a reason",
            raw_ok(&replaced(r#""dnc_listed""#, br#""\ud800""#)),
        ),
        Fault::tolerated(
            "a lone low surrogate in a reason",
            raw_ok(&replaced(r#""dnc_listed""#, br#""\udc00""#)),
        ),
        Fault::tolerated(
            "surrogates in the wrong order in a reason",
            raw_ok(&replaced(r#""dnc_listed""#, br#""\udc00\ud800""#)),
        ),
        // An advisory text that could end a header line is dropped. The decision stays.
        Fault::tolerated(
            "an escaped NUL in a reason",
            raw_ok(&replaced("dnc_listed", br"dnc\u0000listed")),
        ),
        Fault::tolerated(
            "a header in a reason",
            ok(&with("reason", json!("x\r\nX-Injected: yes"))),
        ),
        Fault::tolerated(
            "a reason of 10,000 letters",
            ok(&with("reason", json!("x".repeat(10_000)))),
        ),
        Fault::tolerated(
            "a receipt of 10,000 letters",
            ok(&with("receipt_id", json!("x".repeat(10_000)))),
        ),
        Fault::tolerated(
            "a reason in Greek",
            ok(&with("reason", json!("\u{3ba}\u{3b1}\u{3ba}\u{3cc}"))),
        ),
    ]
}

/// A block with another value in a top-level field.
pub(super) fn with(field: &str, value: Value) -> Value {
    at(&format!("/{field}"), value)
}

/// A block with another value anywhere.
pub(super) fn at(pointer: &str, value: Value) -> Value {
    let mut body = decision("block", 603);
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    } else {
        body[pointer.trim_start_matches('/')] = value;
    }
    body
}

/// A block in which bytes stand for a part of its text.
fn replaced(part: &str, bytes: &[u8]) -> Vec<u8> {
    let text = text();
    let (before, after) = text.split_once(part).unwrap_or_default();
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

/// A block with one member more, in front.
fn in_front(member: &str) -> Vec<u8> {
    text()
        .replacen('{', &format!("{{{member},"), 1)
        .into_bytes()
}

/// Arrays in arrays.
fn deep() -> String {
    "[".repeat(200) + &"]".repeat(200)
}
