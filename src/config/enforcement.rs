// SPDX-License-Identifier: GPL-2.0-or-later
//! On which calls a block or a redirect is carried out.

use std::fmt;

use ring::digest;
use siphasher::sip::SipHasher24;

use super::{BadParameter, Given, switch};
use crate::length_prefixed;

/// The share of calls on which a block or a redirect is carried out. All others are allowed. A hash of the Call-ID chooses, so a
/// retransmission and a fork get the same treatment as the first INVITE. The API key is the hash's key: servers with one key
/// choose the same calls, and a caller without the key cannot compute a Call-ID that is not chosen.
#[derive(Clone)]
pub struct Enforcement {
    percent: u8,
    hasher: SipHasher24,
}

impl Enforcement {
    pub(super) fn new(given: &Given, api_key: &str) -> Result<Self, BadParameter> {
        let percent = u8::try_from(given.enforce_percent)
            .ok()
            .filter(|percent| *percent <= ALL)
            .ok_or_else(|| {
                BadParameter::new("enforce_percent", given.enforce_percent, "0..100 percent")
            })?;
        let is_shadow = switch("shadow", given.shadow)?;
        Ok(Self {
            percent: if is_shadow { 0 } else { percent },
            hasher: hasher(api_key),
        })
    }

    /// The share of calls in percent; 0 in shadow mode.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// Whether a block or a redirect of this call is carried out. With a higher percentage, all calls of a lower one are covered.
    #[must_use]
    pub fn covers(&self, call_id: &[u8]) -> bool {
        match self.percent {
            0 => false,
            ALL => true,
            percent => self.hasher.hash(call_id) % u64::from(ALL) < u64::from(percent),
        }
    }
}

/// Without the hash's key, which comes from the API key.
impl fmt::Debug for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enforcement")
            .field("percent", &self.percent)
            .finish_non_exhaustive()
    }
}

fn hasher(api_key: &str) -> SipHasher24 {
    let mut hash = digest::Context::new(&digest::SHA256);
    let parts = [b"numbers_online enforce_percent", api_key.as_bytes()];
    length_prefixed::update(parts, |bytes| hash.update(bytes));
    let mut key = [0; 16];
    key.iter_mut()
        .zip(hash.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    SipHasher24::new_with_key(&key)
}

const ALL: u8 = 100;

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use super::{Enforcement, Given};

    fn enforcement(shadow: i32, enforce_percent: i32, api_key: &str) -> Enforcement {
        let given = Given {
            shadow,
            enforce_percent,
            ..given()
        };
        Enforcement::new(&given, api_key).expect("usable")
    }

    fn covered(enforcement: &Enforcement) -> Vec<String> {
        (0..10_000)
            .map(|n| format!("{n}-call@example.com"))
            .filter(|call_id| enforcement.covers(call_id.as_bytes()))
            .collect()
    }

    #[test]
    fn a_bad_value_is_refused_also_where_shadow_mode_would_ignore_it() {
        for (shadow, percent, line) in [
            (
                2,
                100,
                "parameter shadow: \"2\" cannot be used; allowed: 0 or 1",
            ),
            (
                -1,
                100,
                "parameter shadow: \"-1\" cannot be used; allowed: 0 or 1",
            ),
            (
                0,
                101,
                "parameter enforce_percent: \"101\" cannot be used; allowed: 0..100 percent",
            ),
            (
                1,
                -1,
                "parameter enforce_percent: \"-1\" cannot be used; allowed: 0..100 percent",
            ),
        ] {
            let given = Given {
                shadow,
                enforce_percent: percent,
                ..given()
            };
            let refused = Enforcement::new(&given, "key").map(|_| ());
            assert_eq!(refused.map_err(|bad| bad.to_string()), Err(line.to_owned()));
        }
    }

    #[test]
    fn shadow_mode_covers_no_call_and_a_hundred_percent_every_call() {
        for (shadow, percent, calls) in [(1, 100, 0), (1, 5, 0), (0, 0, 0), (0, 100, 10_000)] {
            let enforcement = enforcement(shadow, percent, "key");
            assert_eq!(covered(&enforcement).len(), calls, "{shadow} {percent}");
        }
    }

    #[test]
    fn a_percentage_covers_about_that_share_and_a_higher_one_covers_the_same_calls_too() {
        let mut before = Vec::new();
        for percent in [1, 5, 20, 50, 99] {
            let calls = covered(&enforcement(0, percent, "key"));
            let expected = usize::try_from(percent).expect("small") * 100;
            assert!(
                calls.len().abs_diff(expected) < 200,
                "{percent} percent are {} of 10000",
                calls.len()
            );
            assert!(before.iter().all(|call| calls.contains(call)), "{percent}");
            before = calls;
        }
    }

    #[test]
    fn the_choice_depends_on_the_api_key_and_on_nothing_else_of_the_server() {
        let one = covered(&enforcement(0, 50, "key"));
        assert_eq!(one, covered(&enforcement(0, 50, "key")));
        let both = covered(&enforcement(0, 50, "another"))
            .into_iter()
            .filter(|call| one.contains(call))
            .count();
        // Independent choices have a quarter of all calls in common.
        assert!((2200..2800).contains(&both), "{both}");
    }

    #[test]
    fn the_choice_is_the_same_in_every_release() {
        // Servers of two releases side by side, during an upgrade.
        let calls: Vec<_> = covered(&enforcement(0, 1, "nol_key"))
            .into_iter()
            .take(3)
            .collect();
        assert_eq!(
            calls,
            [
                "98-call@example.com",
                "134-call@example.com",
                "154-call@example.com"
            ]
        );
    }

    #[test]
    fn debug_output_does_not_show_the_key() {
        let shown = format!("{:?}", enforcement(0, 5, "nol_secret"));
        assert_eq!(shown, "Enforcement { percent: 5, .. }");
    }
}
