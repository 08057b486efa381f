// SPDX-License-Identifier: GPL-2.0-or-later

//! Signatures of inbound answers, verified as a client does it: from the answer as it was received.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use numbers_online_service::signing_key::SigningKey;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::peer::{Peer, public_key};

/// Whether the signature of an answer is right.
pub(crate) fn verifies(answer: &Value, public_key_pem: &str) -> bool {
    let base64: String = public_key_pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let spki = BASE64_STANDARD.decode(base64).expect("base64");
    // RFC 8410, section 4: SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING (32 bytes) }.
    let prefix = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let key = spki.strip_prefix(&prefix).expect("an Ed25519 key");
    let signature = answer["response_signature"].as_str().expect("text");
    let Some(signature) = signature.strip_prefix("ed25519:") else {
        return false;
    };
    let signature = BASE64_STANDARD.decode(signature).expect("base64");
    let mut sorted: BTreeMap<&String, &Value> =
        answer.as_object().expect("an object").iter().collect();
    sorted.remove(&"response_signature".to_owned());
    let canonical = serde_json::to_string(&sorted).expect("JSON");
    UnparsedPublicKey::new(&ED25519, key)
        .verify(canonical.as_bytes(), &signature)
        .is_ok()
}

#[test]
fn every_answer_verifies_with_the_published_key() {
    let peer = Peer::start(|_| {});
    let key = public_key(&peer.url(""));
    let of_another = public_key(&Peer::start(|_| {}).url(""));
    // The label of the last one has characters outside ASCII.
    for number in [
        "+14155550123",
        "+14155550101",
        "+14155550130",
        "+442079460130",
    ] {
        let answer = peer.inbound(&format!(r#"{{"number":"{number}"}}"#)).json;
        assert!(verifies(&answer, &key), "{answer}");
        assert!(!verifies(&answer, &of_another), "{answer}");
    }
}

#[test]
fn a_change_of_any_field_is_noticed() {
    let peer = Peer::start(|_| {});
    let key = public_key(&peer.url(""));
    let answer = peer.inbound(r#"{"number":"+442079460130"}"#).json;
    assert!(verifies(&answer, &key));
    let fields: Vec<String> = answer
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(fields.len(), 15);
    for field in fields.iter().filter(|field| *field != "response_signature") {
        let mut forged = answer.clone();
        forged[field] = json!("forged");
        assert!(!verifies(&forged, &key), "{field}");
    }
    let mut forged = answer.clone();
    forged["risk"]["score"] = json!(1);
    assert!(!verifies(&forged, &key));
    let mut forged = answer.clone();
    forged["later"] = json!(null);
    assert!(!verifies(&forged, &key));
}

#[test]
fn the_published_key_is_the_configured_one_under_both_paths() {
    let signing_key = SigningKey::generate().expect("a key");
    let pem = signing_key.public_key_pem();
    let peer = Peer::start(|config| config.signing_key = signing_key);
    assert_eq!(public_key(&peer.url("")), pem);
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
    let bare = crate::peer::get(&crate::peer::agent(None), &peer.url("/v1/publickey"), &[]);
    assert_eq!(bare.json["public_key_pem"], pem);
    assert_eq!(bare.header("cache-control"), Some("no-store"));
}
