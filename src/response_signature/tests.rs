// SPDX-License-Identifier: GPL-2.0-or-later

mod mutations;

use super::{PublicKey, UnusableKey, Unverified, Verified, check};

/// The test vector of the API contract. The key is made up.
const KEY: &str = "MCowBQYDK2VwAyEA3bBvLK1XDOtvwxz65PCNFZuImMYb9slgXxUU3glt05w=";

const SIGNED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/inbound_lookup.json"
));

/// The signature of the same answer with the members of nested objects sorted.
const SORTED: &str = "ed25519:gfSUoActxWUqsi53S1E5eHUO77podtj28KFipy24BfvMYU3Yk/sGtIpY0z4jjYDL6Wp6dz2LNWayeho0scnaCA==";

/// A signature by the same key of `{"a":{"😀":2,"\u{fb00}":1},"b":[1.5,1e+21,18446744073709551617]}`, sorted as by ECMAScript.
const OF_NUMBERS: &str = "ed25519:ARxbAxGf6OVzyzxGVzeF+PCD1STI9xV7DlDDgQykzlPDKszUeiVNYzidbgvy1oYIIxno+P6t4z3nIx9SwsihDg==";

fn pem(key: &str) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
}

fn key() -> PublicKey {
    PublicKey::from_pem(&pem(KEY)).expect("a key")
}

fn signature() -> &'static str {
    let (_, rest) = SIGNED
        .split_once("\"response_signature\": \"")
        .expect("signed");
    let (signature, _) = rest.split_once('"').expect("an end");
    signature
}

fn verify(body: &str) -> Result<(), Unverified> {
    check(body.as_bytes(), &key())
}

#[test]
fn the_vectors_of_the_contract_are_verified() {
    assert_eq!(verify(SIGNED), Ok(()));
    assert_eq!(verify(&SIGNED.replace(signature(), SORTED)), Ok(()));
}

#[test]
fn white_space_escapes_and_the_order_of_the_outermost_members_do_not_matter() {
    let lines: Vec<_> = SIGNED.lines().collect();
    let members = lines[1..lines.len() - 1]
        .iter()
        .rev()
        .map(|line| line.trim_end_matches(','));
    let reversed = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    for same in [
        SIGNED.replace("Café", "Caf\\u00e9"),
        SIGNED.replace('😀', "\\ud83d\\uDE00"),
        SIGNED.replace("numb", "\\u006eumb"),
        SIGNED.replace("<Sons>", "\\u003cSons\\u003E"),
        SIGNED.replace(": ", ":").replace('\n', ""),
        SIGNED.replace("  ", "\t\r\n "),
        format!(" {SIGNED}\n\n"),
        SIGNED.replace("ed25519:", "\\u0065d25519:"),
        reversed,
    ] {
        assert_eq!(verify(&same), Ok(()), "{same}");
    }
}

#[test]
fn any_other_content_is_not_verified() {
    let also = |member: &str| SIGNED.replacen('{', &format!("{{{member},"), 1);
    for (other, why) in [
        (SIGNED.replace("600", "601"), Unverified::Wrong),
        (SIGNED.replace("600", "6e2"), Unverified::OtherNumber),
        (SIGNED.replace(": 8", ": 8.0"), Unverified::OtherNumber),
        (
            SIGNED.replace(": 8", ": 8.00000000000000000001"),
            Unverified::OtherNumber,
        ),
        (SIGNED.replace("null", "false"), Unverified::Wrong),
        (SIGNED.replace("+1415", "+1416"), Unverified::Wrong),
        (SIGNED.replace("Café", "Cafe\u{301}"), Unverified::Wrong),
        (also("\"note\":1"), Unverified::Wrong),
        (
            SIGNED.replace("  \"result\": \"found\",\n", ""),
            Unverified::Wrong,
        ),
        (
            SIGNED.replace(
                "\"score\": 8, \"level\": \"low\"",
                "\"level\": \"low\", \"score\": 8",
            ),
            Unverified::Wrong,
        ),
        (also("\"ttl_seconds\":600"), Unverified::DuplicateName),
        (also("\"\\u0074tl_seconds\":1"), Unverified::DuplicateName),
        (
            also("\"response_signature\":\"unsigned\""),
            Unverified::DuplicateName,
        ),
        (
            SIGNED.replace("{\"score\": 8", "{\"score\": 9, \"score\": 8"),
            Unverified::DuplicateName,
        ),
        (
            SIGNED.replace("ed25519:", "ED25519:"),
            Unverified::OtherAlgorithm,
        ),
        (
            SIGNED.replace("ed25519:", "ed448:"),
            Unverified::OtherAlgorithm,
        ),
        (
            SIGNED.replace("ed25519:", "ed25519: "),
            Unverified::NotBase64,
        ),
        (SIGNED.replace("oDw==", "oDw="), Unverified::NotBase64),
        // The same bytes for a lenient reader of Base64.
        (SIGNED.replace("oDw==", "oDx=="), Unverified::NotBase64),
        (SIGNED.replace(signature(), "ed25519:"), Unverified::Wrong),
        (
            SIGNED.replace(signature(), "ed25519:AAAA"),
            Unverified::Wrong,
        ),
        (format!("{SIGNED}{SIGNED}"), Unverified::NotJson),
        (SIGNED.replace("Café", "\\ud83d"), Unverified::NotJson),
        (SIGNED.replace("600", "06"), Unverified::NotJson),
        (SIGNED.replace("600", "1e999"), Unverified::NotJson),
        (format!("[{SIGNED}]"), Unverified::NotJson),
        (String::new(), Unverified::NotJson),
        ("null".to_owned(), Unverified::NotJson),
    ] {
        assert_eq!(verify(&other), Err(why), "{other}");
        assert_eq!(Verified::from(Err(why)), Verified::No);
    }
    assert_eq!(check(b"\xff", &key()), Err(Unverified::NotJson));
}

#[test]
fn an_answer_without_a_signature_is_unsigned() {
    for unsigned in [
        SIGNED.replace(signature(), "unsigned"),
        SIGNED.replace(&format!("\"{}\"", signature()), "null"),
        SIGNED.replace("response_signature", "signature"),
        "{}".to_owned(),
    ] {
        let checked = verify(&unsigned);
        assert_eq!(checked, Err(Unverified::Unsigned), "{unsigned}");
        assert_eq!(Verified::from(checked).as_str(), "na");
    }
    let other = SIGNED.replace(&format!("\"{}\"", signature()), "0");
    assert_eq!(verify(&other), Err(Unverified::OtherAlgorithm));
}

#[test]
fn numbers_and_nested_names_are_written_as_by_node() {
    for body in [
        "{\"b\":[1.5,1e+21,18446744073709551617],\"a\":{\"\u{fb00}\":1,\"😀\":2},\"response_signature\":\"S\"}",
        "{\"a\":{\"😀\":2,\"\u{fb00}\":1},\"response_signature\":\"S\",\"b\":[ 1.5, 1e+21, 18446744073709551617 ]}",
    ] {
        let body = body.replace("\"S\"", &format!("\"{OF_NUMBERS}\""));
        assert_eq!(verify(&body), Ok(()), "{body}");
        let other = body.replace("51617", "51616");
        assert_eq!(verify(&other), Err(Unverified::Wrong));
    }
}

#[test]
fn size_and_depth_are_limited() {
    let padded = |length: usize| format!("{}{SIGNED}", " ".repeat(length - SIGNED.len()));
    assert_eq!(verify(&padded(64 * 1024)), Ok(()));
    assert_eq!(verify(&padded(64 * 1024 + 1)), Err(Unverified::TooLarge));
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        verify(&SIGNED.replace("null", &format!("{open}{close}")))
    };
    assert_eq!(nested(15), Err(Unverified::Wrong));
    assert_eq!(nested(16), Err(Unverified::NotJson));
    assert_eq!(nested(30_000), Err(Unverified::NotJson));
    assert_eq!(verify(&"[".repeat(60_000)), Err(Unverified::NotJson));
}

#[test]
fn another_key_verifies_nothing() {
    let other = pem("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=");
    let other = PublicKey::from_pem(&other).expect("a key");
    assert_eq!(check(SIGNED.as_bytes(), &other), Err(Unverified::Wrong));
}

#[test]
fn a_key_is_read_from_pem_and_from_the_answer_of_the_api() {
    let answer = |key: &str| {
        let pem = pem(key).replace('\n', "\\n");
        format!("{{\"algorithm\":\"ed25519\",\"public_key_pem\":\"{pem}\",\"new\":1}}")
    };
    let from_answer = |answer: &str| PublicKey::from_answer(answer.as_bytes());
    assert_eq!(from_answer(&answer(KEY)), Ok(key()));
    for (answer, why) in [
        (answer(KEY).replace("ed25519", "rsa"), UnusableKey::NotAKey),
        (answer("AAAA"), UnusableKey::NotAKey),
        (
            "{\"algorithm\":\"ed25519\",\"public_key_pem\":null}".to_owned(),
            UnusableKey::None,
        ),
        ("{}".to_owned(), UnusableKey::NotAnAnswer),
        (pem(KEY), UnusableKey::NotAnAnswer),
    ] {
        assert_eq!(from_answer(&answer), Err(why), "{answer}");
    }
    for other in [
        String::new(),
        KEY.to_owned(),
        pem("AAAA"),
        pem(KEY).replace("PUBLIC", "PRIVATE"),
        // The same bytes as a key of X25519.
        pem(&KEY.replace("K2VwAyEA", "K2VuAyEA")),
    ] {
        assert_eq!(
            PublicKey::from_pem(&other),
            Err(UnusableKey::NotAKey),
            "{other}"
        );
    }
}
