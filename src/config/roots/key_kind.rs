// SPDX-License-Identifier: GPL-2.0-or-later
//! Which keys of authorities our cryptography (ring) can verify signatures of.

use rustls::crypto::ring::default_provider;
use rustls::pki_types::TrustAnchor;

/// The kind of an authority's key, if no signature made with it can be verified.
pub(super) fn unverifiable(authority: &TrustAnchor<'_>) -> Option<&'static str> {
    let algorithm = algorithm(&authority.subject_public_key_info)?;
    let algorithms = default_provider().signature_verification_algorithms;
    let verifiable = algorithms
        .all
        .iter()
        .any(|known| known.public_key_alg_id().as_ref() == algorithm);
    if verifiable {
        return None;
    }
    let names_it =
        |(oid, _): &&(&[u8], &str)| algorithm.windows(oid.len()).any(|part| part == *oid);
    let name = KINDS.iter().find(names_it);
    Some(name.map_or("key of an unknown kind", |(_, name)| *name))
}

/// The content of the `AlgorithmIdentifier` at the start of a `SubjectPublicKeyInfo`'s content (RFC 5280 section 4.1).
fn algorithm(key: &[u8]) -> Option<&[u8]> {
    let (header, rest) = key.split_first_chunk::<2>()?;
    let [SEQUENCE, length @ 0..=0x7f] = *header else {
        return None;
    };
    rest.get(..usize::from(length))
}

const SEQUENCE: u8 = 0x30;

/// Object identifiers of keys that ring does not know.
const KINDS: &[(&[u8], &str)] = &[
    // 1.3.132.0.35, secp521r1
    (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], "P-521 key"),
    // 1.3.101.113
    (&[0x06, 0x03, 0x2b, 0x65, 0x71], "Ed448 key"),
    // 1.2.840.10040.4.1
    (
        &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
        "DSA key",
    ),
    // 1.2.840.113549.1.1.10, a key that signs with RSASSA-PSS alone
    (
        &[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,
        ],
        "RSASSA-PSS key",
    ),
];
