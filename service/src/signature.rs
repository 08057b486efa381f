// SPDX-License-Identifier: GPL-2.0-or-later

//! Signatures of answers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The field that holds the signature of the other fields of an answer.
pub const FIELD: &str = "response_signature";

/// The signature of an answer: `ed25519:` and base64, or the word `unsigned` (API spec, `response_signature`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Signature {
    /// An Ed25519 signature (RFC 8032), 64 bytes.
    Ed25519(Vec<u8>),
    /// None. A client must not believe such an answer more than no answer.
    #[default]
    Unsigned,
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ed25519(bytes) => {
                serializer.collect_str(&format_args!("ed25519:{}", BASE64_STANDARD.encode(bytes)))
            }
            Self::Unsigned => serializer.serialize_str("unsigned"),
        }
    }
}

/// The bytes that are signed: the JSON object without [`FIELD`], its own keys sorted, without spaces, in UTF-8.
///
/// Nested objects keep the order in which they are sent, and characters outside ASCII are not escaped (PBX guide,
/// the verification example).
pub fn canonical_bytes(answer: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = serde_json::to_value(answer)?;
    if let Value::Object(fields) = &mut json {
        fields.remove(FIELD);
        fields.sort_keys();
    }
    serde_json::to_vec(&json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_top_level_is_sorted() {
        let sent = r#"{"z":1,"response_signature":"unsigned","a":{"z":[{"y":1,"x":2}],"a":null},"B":"<\u00e9\u2028\n\">"}"#;
        let json: Value = serde_json::from_str(sent).expect("JSON");
        let canonical = String::from_utf8(canonical_bytes(&json).expect("bytes")).expect("UTF-8");
        let expected = "{\"B\":\"<\u{e9}\u{2028}\\n\\\">\",\"a\":{\"z\":[{\"y\":1,\"x\":2}],\"a\":null},\"z\":1}";
        assert_eq!(canonical, expected);
    }

    #[test]
    fn a_signature_is_written_as_the_interface_writes_it() {
        for (signature, text) in [
            (Signature::Unsigned, "unsigned"),
            (Signature::Ed25519(vec![0, 255, 190]), "ed25519:AP++"),
            (Signature::Ed25519(vec![0]), "ed25519:AA=="),
        ] {
            assert_eq!(serde_json::to_value(signature).expect("JSON"), text);
        }
    }
}
