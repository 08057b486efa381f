// SPDX-License-Identifier: GPL-2.0-or-later
//! Changed answers. Whatever is verified has the content of the signed answer.

use serde_json::Value;

use super::{SIGNED, key};
use crate::response_signature::check;

/// Fails if a changed answer is verified and another reader of JSON finds another content in it.
fn try_one(changed: &[u8], original: &Value) -> bool {
    if check(changed, &key()).is_err() {
        return false;
    }
    let content: Value = serde_json::from_slice(changed).expect("JSON");
    let shown = String::from_utf8_lossy(changed);
    assert_eq!(content, *original, "{shown}");
    true
}

fn original() -> Value {
    serde_json::from_str(SIGNED).expect("JSON")
}

#[test]
fn no_change_of_one_byte_is_verified() {
    let original = original();
    let mut bytes = SIGNED.as_bytes().to_vec();
    let mut verified = 0;
    for place in 0..bytes.len() {
        let before = bytes[place];
        for change in 1..=255 {
            bytes[place] = before ^ change;
            if try_one(&bytes, &original) {
                verified += 1;
                // White space was changed to other white space.
                assert!(before.is_ascii_whitespace() && bytes[place].is_ascii_whitespace());
            }
        }
        bytes[place] = before;
    }
    assert!(verified > 0);
}

#[test]
fn no_random_change_is_verified() {
    let original = original();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..100_000 {
        let mut bytes = SIGNED.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let place = random.below(bytes.len());
            let (from, to) = (place.min(bytes.len() - 1), random.below(bytes.len()));
            match random.below(5) {
                0 => bytes[from] = ALPHABET[random.below(ALPHABET.len())],
                1 => bytes.insert(from, ALPHABET[random.below(ALPHABET.len())]),
                2 => drop(bytes.remove(from)),
                3 => bytes.swap(from, to),
                _ => {
                    // A copy of a part, anywhere: members twice, or values at other names.
                    let end = (to + 1 + random.below(40)).min(bytes.len());
                    let part = bytes[to..end].to_vec();
                    bytes.splice(from..from, part);
                }
            }
        }
        try_one(&bytes, &original);
    }
}

/// Bytes that mean something in JSON, in Base64 and in numbers.
const ALPHABET: &[u8] = b"{}[]\",:\\ \n0123456789+-.eEuntfabcXYZ/=\x00\x7f\xc3\xff";

/// Xorshift (Marsaglia 2003): the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}
