// SPDX-License-Identifier: GPL-2.0-or-later
//! The keys of the cache.

use std::fmt;
use std::hash::Hasher;
use std::time::Duration;

use ring::hmac;
use siphasher::sip128::{Hasher128, SipHasher24};

use crate::clock::Moment;
use crate::config::{ApiUrl, DecisionOptions, Threshold};
use crate::length_prefixed;
use crate::number::Number;
use crate::question::Question;

/// The key of an answer, 128 bits: a keyed hash of everything that can change the answer. Without the API key a memory dump
/// does not reveal the numbers in it, not even by trying all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u64; 2]);

/// Makes the keys of one configuration. Servers with the same API key and the same options make the same keys.
#[derive(Clone)]
pub struct KeyMaker(SipHasher24);

/// Whose answers a configuration takes, and for how long. A profile never gets an answer that it would not have asked for itself.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `api_url`.
    pub api_url: &'a ApiUrl,
    /// `api_url_backup`.
    pub api_url_backup: Option<&'a ApiUrl>,
    /// Whether the certificate of the API is verified: without that anybody may have answered.
    pub is_verified: bool,
    /// `cache_ttl`.
    pub ttl: Duration,
}

impl KeyMaker {
    /// Derives the key of the hash. `secret` is the text of the API key.
    #[must_use]
    pub fn new(secret: &[u8], scope: Scope<'_>, options: &DecisionOptions) -> Self {
        // Destructured, so that a new option is a compile error here.
        let DecisionOptions {
            allow_code,
            spam_threshold,
            redirect_threshold,
            block_invalid,
            block_reassigned,
        } = *options;
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
        let Scope {
            api_url,
            api_url_backup,
            is_verified,
            ttl,
        } = scope;
        let url = |url: &ApiUrl| url.join(Question::PATH).to_string();
        let backup = api_url_backup.map(url).unwrap_or_default();
        let (url, ttl) = (url(api_url), ttl.as_secs().to_be_bytes());
        let flags = [
            is_verified.into(),
            spam_threshold.score(),
            redirect_threshold.map_or(0, Threshold::score),
            block_invalid.into(),
            block_reassigned.into(),
        ];
        let code = allow_code.code().to_be_bytes();
        let parts = [
            MEANING,
            url.as_bytes(),
            backup.as_bytes(),
            &ttl,
            &code,
            &flags,
        ];
        length_prefixed::update(parts, |bytes| mac.update(bytes));
        Self::of(&mac.sign())
    }

    /// Makes the keys of emergency callers. They depend on the API key alone, since servers with different options share them.
    #[must_use]
    pub fn of_emergency_callers(secret: &[u8]) -> Self {
        let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
        length_prefixed::update([EMERGENCY], |bytes| mac.update(bytes));
        Self::of(&mac.sign())
    }

    fn of(mac: &hmac::Tag) -> Self {
        let mut key = [0; 16];
        key.iter_mut()
            .zip(mac.as_ref())
            .for_each(|(to, from)| *to = *from);
        Self(SipHasher24::new_with_key(&key))
    }

    /// The key of a number. `verstat_class` is the verification of the caller's identity, as far as it changes the answer;
    /// empty if nothing is known.
    #[must_use]
    pub fn key(&self, number: &Number, verstat_class: &str) -> Key {
        let mut hash = self.0;
        hash.write(number.as_str().as_bytes());
        // A byte that no number contains marks its end.
        hash.write_u8(0);
        hash.write(verstat_class.as_bytes());
        let hash = hash.finish128();
        Key([hash.h1, hash.h2])
    }
}

/// The state of the hash would reveal the key.
impl fmt::Debug for KeyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaker(***)")
    }
}

impl Key {
    /// The key as bytes, the same on every machine.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let [high, low] = self.0.map(u128::from);
        ((high << 64) | low).to_be_bytes()
    }

    /// The key of the requests about a number that go one of several ways to the API.
    #[must_use]
    pub fn on_route(self, route: usize) -> Self {
        // Splitmix64's constant. The first route leaves the key as it is.
        let mask = u64::try_from(route).unwrap_or(u64::MAX);
        let mask = mask.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(self.0.map(|word| word ^ mask))
    }

    pub(crate) fn words(self) -> [u64; 2] {
        self.0
    }

    /// The index of its place among `places`; 0 if there is none.
    pub(super) fn place(self, places: usize) -> usize {
        let [word, _] = self.0;
        let scaled = (u128::from(word) * places as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// `ttl`, or up to 10 % more or less. The same for the same key and moment.
    pub(super) fn jitter(self, ttl: Duration, now: Moment) -> Duration {
        // Splitmix64's constant spreads consecutive moments.
        let [_, word] = self.0;
        let spread = (word ^ now.to_shared()).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let per_mille = u32::try_from(spread % 201).unwrap_or(100) + 900;
        (ttl * per_mille / 1000).max(Duration::from_millis(1))
    }
}

/// The version of the keys. Servers of different versions may share answers. If a key changes its meaning, this text must change.
const MEANING: &[u8] = b"numbers_online decision 2";

/// As [`MEANING`], for emergency callers.
const EMERGENCY: &[u8] = b"numbers_online emergency 1";

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Key, KeyMaker, Scope};
    use crate::clock::Clock;
    use crate::config::{AllowCode, ApiUrl, DecisionOptions, Threshold};
    use crate::number::Number;

    fn options() -> DecisionOptions {
        DecisionOptions {
            allow_code: AllowCode::new(503).expect("503"),
            spam_threshold: Threshold::new(80).expect("80"),
            redirect_threshold: None,
            block_invalid: true,
            block_reassigned: false,
        }
    }

    fn maker(secret: &str, url: &str, options: DecisionOptions) -> KeyMaker {
        let url = ApiUrl::new(url).expect("usable");
        KeyMaker::new(secret.as_bytes(), scope(&url), &options)
    }

    fn scope(api_url: &ApiUrl) -> Scope<'_> {
        Scope {
            api_url,
            api_url_backup: None,
            is_verified: true,
            ttl: Duration::from_secs(60),
        }
    }

    #[test]
    fn whatever_changes_the_answer_changes_the_key() {
        let number = |text: &str| Number::new(text.as_bytes(), None).expect("a global number");
        let url = "https://numbers.online";
        let threshold = |score| Threshold::new(score).expect("1..99");
        let plain = maker("key", url, options());
        let mut keys = vec![
            plain.key(&number("+14155550123"), ""),
            plain.key(&number("+14155550124"), ""),
            plain.key(&number("+1415555012"), ""),
            plain.key(&number("+14155550123"), "verified"),
            plain.key(&number("+14155550123"), "failed"),
        ];
        let others = [
            ("key2", url, options()),
            ("key", "https://numbers.example", options()),
            ("key", "https://numbers.online/path", options()),
        ];
        let mut makers: Vec<_> = others.map(|(key, url, w)| maker(key, url, w)).into();
        let base = options();
        for other in [
            DecisionOptions {
                allow_code: AllowCode::new(404).expect("404"),
                ..base
            },
            DecisionOptions {
                spam_threshold: threshold(81),
                ..base
            },
            DecisionOptions {
                redirect_threshold: Some(threshold(80)),
                ..base
            },
            DecisionOptions {
                block_invalid: false,
                ..base
            },
            DecisionOptions {
                block_reassigned: true,
                ..base
            },
        ] {
            makers.push(maker("key", url, other));
        }
        let (api, backup) = (ApiUrl::new(url), ApiUrl::new("https://backup.example"));
        let (api, backup) = (api.expect("usable"), backup.expect("usable"));
        let scope = scope(&api);
        for other in [
            Scope {
                api_url_backup: Some(&backup),
                ..scope
            },
            Scope {
                is_verified: false,
                ..scope
            },
            Scope {
                ttl: Duration::from_secs(61),
                ..scope
            },
        ] {
            makers.push(KeyMaker::new(b"key", other, &base));
        }
        keys.extend(
            makers
                .iter()
                .map(|maker| maker.key(&number("+14155550123"), "")),
        );
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(
                keys.iter().position(|other| other == key),
                Some(index),
                "two are the same"
            );
        }
        let twin = maker("key", url, options());
        assert_eq!(
            twin.key(&number("+1 415 555 0123"), ""),
            keys[0],
            "another server"
        );
    }

    #[test]
    fn each_route_has_a_key_of_its_own() {
        let key = Key([1, 2]);
        assert_eq!(key.on_route(0), key);
        let keys: std::collections::HashSet<_> =
            (0..5000).map(|route| key.on_route(route)).collect();
        assert_eq!(keys.len(), 5000);
    }

    #[test]
    fn a_key_maker_does_not_show_its_key() {
        let maker = maker("key", "https://numbers.online", options());
        assert_eq!(format!("{maker:?}"), "KeyMaker(***)");
    }

    #[test]
    fn the_bytes_of_a_key_are_those_of_its_words() {
        let key = Key([0x0102_0304_0506_0708, 0x090a_0b0c_0d0e_0f10]);
        let counted: Vec<u8> = (1..=16).collect();
        assert_eq!(key.to_bytes().as_slice(), counted);
    }

    #[test]
    fn a_ttl_is_spread_by_a_tenth() {
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let ttl = Duration::from_secs(60);
        let spread: Vec<_> = (0..2000)
            .map(|number| {
                let now = start.after(Duration::from_millis(number));
                Key([number, number * number]).jitter(ttl, now)
            })
            .collect();
        let (first, last) = (spread.iter().min(), spread.iter().max());
        assert!(first < Some(&Duration::from_secs(55)) && last > Some(&Duration::from_secs(65)));
        assert!(first >= Some(&Duration::from_secs(54)) && last <= Some(&Duration::from_secs(66)));
        let key = Key([1, 2]);
        assert_eq!(key.jitter(ttl, start), key.jitter(ttl, start));
        assert!(!key.jitter(Duration::from_nanos(1), start).is_zero());
    }

    #[test]
    fn keys_are_spread_over_all_places() {
        assert_eq!(Key([u64::MAX, 0]).place(3), 2);
        assert_eq!(Key([u64::MAX / 2, 0]).place(3), 1);
        assert_eq!(Key([0, u64::MAX]).place(3), 0);
        assert_eq!(Key([u64::MAX, 0]).place(0), 0);
    }
}
