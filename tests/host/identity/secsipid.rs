// SPDX-License-Identifier: GPL-2.0-or-later
//! The script of docs/identity.md that verifies a caller with Kamailio's secsipid.
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use libtest_mimic::Trial;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{json, to_string};
use testbed::{Product, Result, Setup, sip::Transport};

use super::{blocking, invite, last};
use crate::{
    bench::Bench,
    callers::{CALLER, SECOND},
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

/// What stands before the point of a P-256 public key (RFC 5480): SEQUENCE, ecPublicKey, prime256v1, BIT STRING.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    if subject.server.product() != Product::Kamailio {
        return Vec::new();
    }
    let needs = Needs {
        module: Some("secsipid"),
        ..Needs::default()
    };
    let name = "identity/the result of secsipid is sent, as the documentation says";
    vec![suite.trial(subject, name, needs, verified)]
}

/// A network that signs.
struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new() -> Result<Self> {
        let random = SystemRandom::new();
        let refused = |_| "no key";
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|_| "no key")?;
        let key =
            EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(refused)?;
        Ok(Self { key, random })
    }

    fn public_key(&self) -> String {
        let der = [&SPKI, self.key.public_key().as_ref()].concat();
        let text = STANDARD.encode(der);
        let (first, second) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// The value of Identity (RFC 8224) about a number.
    fn identity(&self, number: &str, attestation: &str) -> Result<String> {
        let url = "https://certs.carrier.example/c.pem";
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let head = json!({"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": url});
        let claims = json!({
            "attest": attestation,
            "dest": {"tn": ["14155550187"]},
            "iat": now,
            "orig": {"tn": number.trim_start_matches('+')},
            "origid": "00000000-0000-4000-8000-000000000000"
        });
        let part = |value| -> Result<String> { Ok(URL_SAFE_NO_PAD.encode(to_string(value)?)) };
        let signed = format!("{}.{}", part(&head)?, part(&claims)?);
        let signature = self
            .key
            .sign(&self.random, signed.as_bytes())
            .map_err(|_| "cannot sign")?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(format!(
            "{signed}.{signature};info=<{url}>;alg=ES256;ppt=shaken"
        ))
    }
}

/// The statements before the decision in the script of the documentation, with a key that need not be fetched.
fn documented(key: &Path) -> Result<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/identity.md");
    let page = fs::read_to_string(page)?;
    let start = page
        .find("With Kamailio's `secsipid`")
        .ok_or("no such script")?;
    let script = page[start..].split("```").nth(1).ok_or("no script")?;
    let (_, statements) = script.split_once("...\n").ok_or("no statements")?;
    let (statements, _) = statements
        .split_once("numbers_online_decide();")
        .ok_or("no decision")?;
    let path = format!("secsipid_check_identity(\"{}\")", key.display());
    Ok(statements.replace("secsipid_check_identity(\"\")", &path))
}

fn verified(bench: &Bench) -> Result<()> {
    let api = blocking()?;
    let (signer, stranger) = (Signer::new()?, Signer::new()?);
    let key = bench
        .suite
        .file(&format!("{}.pem", bench.name.replace('/', "-")));
    fs::write(&key, signer.public_key())?;
    let mut setup = Setup {
        prelude: documented(&key)?,
        ..bench
            .setup(&api.url())
            .param("verstat_source", "$avp(verstat)")
    };
    setup.modules.push("secsipid".to_owned());
    let server = bench.start(&setup)?;
    for (what, identity, verstat, attestation) in [
        (
            "a signature",
            Some(signer.identity(CALLER, "B")?),
            "TN-Validation-Passed",
            "B",
        ),
        (
            "full attestation",
            Some(signer.identity(CALLER, "A")?),
            "TN-Validation-Passed",
            "A",
        ),
        (
            "another's signature",
            Some(stranger.identity(CALLER, "A")?),
            "TN-Validation-Failed",
            "",
        ),
        (
            "a signature about another number",
            Some(signer.identity(SECOND, "A")?),
            "TN-Validation-Failed",
            "",
        ),
        (
            "nonsense",
            Some("nonsense".to_owned()),
            "TN-Validation-Failed",
            "",
        ),
        ("no signature", None, "No-TN-Validation", ""),
    ] {
        let mut request = invite();
        if let Some(identity) = &identity {
            request = request.header("Identity", identity);
        }
        let reply = server.call(Transport::Udp, &request)?;
        Expected::block()
            .and("attestation", attestation)
            .check(&reply)?;
        same(what, last(&api, "verstat"), json!(verstat))?;
    }
    server.finish()
}
