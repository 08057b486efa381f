// SPDX-License-Identifier: GPL-2.0-or-later
//! What is verified has the content of the signed answer, as another reader of JSON reads it. All signatures are those of one answer.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use numbers_online::response_signature::{PublicKey, check};
use serde_json::Value;

/// The key of tests/vectors/inbound_lookup.json. It is made up.
const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA3bBvLK1XDOtvwxz65PCNFZuImMYb9slgXxUU3glt05w=\n-----END PUBLIC KEY-----\n";

const SIGNED: &str = include_str!("../../tests/vectors/inbound_lookup.json");

static ORIGINAL: LazyLock<(PublicKey, Value)> = LazyLock::new(|| {
    let key = PublicKey::from_pem(KEY).expect("a key");
    (key, content(SIGNED.as_bytes()))
});

fuzz_target!(|data: &[u8]| {
    let _ = PublicKey::from_answer(data);
    if let Ok(text) = str::from_utf8(data) {
        let _ = PublicKey::from_pem(text);
    }
    let (key, original) = &*ORIGINAL;
    if check(data, key).is_ok() {
        assert_eq!(content(data), *original);
    }
});

fn content(answer: &[u8]) -> Value {
    serde_json::from_slice(answer).expect("JSON")
}

