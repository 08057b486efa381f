// SPDX-License-Identifier: GPL-2.0-or-later

//! Receipt ids.

use ring::error::Unspecified;
use ring::rand::SecureRandom;
use serde::Serialize;

/// The id of the receipt of one decision: `nol_rec_` and 16 base62 characters.
///
/// The id alone gives access to the receipt (API spec, Receipt), so it is random and is not logged.
/// The default is empty, which stands for no receipt where a field must have text.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct ReceiptId(String);

impl ReceiptId {
    /// A new id from the operating system's random bytes.
    pub fn random(random: &dyn SecureRandom) -> Result<Self, Unspecified> {
        let mut id = String::with_capacity(PREFIX.len() + LENGTH);
        id.push_str(PREFIX);
        while id.len() < PREFIX.len() + LENGTH {
            let mut bytes = [0; LENGTH];
            random.fill(&mut bytes)?;
            // 256 is no multiple of 62: bytes above the last multiple would make some characters more frequent.
            let fair = bytes.iter().filter(|byte| **byte < 62 * 4);
            let room = PREFIX.len() + LENGTH - id.len();
            id.extend(
                fair.take(room)
                    .map(|byte| char::from(BASE62[usize::from(byte % 62)])),
            );
        }
        Ok(Self(id))
    }
}

const PREFIX: &str = "nol_rec_";
const LENGTH: usize = 16;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ring::rand::SystemRandom;

    use super::*;

    #[test]
    fn ids_differ_and_use_the_whole_alphabet() {
        let random = SystemRandom::new();
        let ids: HashSet<ReceiptId> = (0..1000)
            .map(|_| ReceiptId::random(&random).expect("random bytes"))
            .collect();
        assert_eq!(ids.len(), 1000);
        let mut seen = HashSet::new();
        for ReceiptId(id) in &ids {
            let random = id.strip_prefix(PREFIX).expect("the prefix");
            assert_eq!(random.len(), LENGTH);
            seen.extend(random.bytes());
        }
        assert_eq!(seen, BASE62.iter().copied().collect());
    }
}
