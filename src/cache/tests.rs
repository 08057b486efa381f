// SPDX-License-Identifier: GPL-2.0-or-later

use std::time::{Duration, Instant};

use super::{Cache, CacheStats, Found, Key, KeyMaker, Scope};
use crate::answer::Answer;
use crate::clock::{Clock, Moment};
use crate::config::{AllowCode, ApiUrl, DecisionOptions, Threshold};
use crate::decision::{Advice, SipReply, Treatment};
use crate::number::Number;
use crate::text::Text;

const TTL: Duration = Duration::from_secs(60);

pub(crate) fn key(number: u32) -> Key {
    let url = ApiUrl::new("https://numbers.online").expect("usable");
    let scope = Scope {
        api_url: &url,
        api_url_backup: None,
        is_verified: true,
        ttl: TTL,
    };
    let options = DecisionOptions {
        allow_code: AllowCode::new(503).expect("503"),
        spam_threshold: Threshold::new(80).expect("80"),
        redirect_threshold: None,
        block_invalid: true,
        block_reassigned: false,
    };
    let number =
        Number::new(format!("+1415{number:0>7}").as_bytes(), None).expect("a global number");
    KeyMaker::new(b"key", scope, &options).key(&number, "")
}

pub(crate) fn answer(number: u8) -> Answer {
    Answer {
        treatment: Treatment::Block,
        reply: SipReply::standard(603),
        reason: Text::new(&format!("reason_{number}")).expect("clean"),
        advice: Advice {
            receipt: Text::new(&format!("nol_rec_{number}")).expect("clean"),
            ..Advice::default()
        },
    }
}

fn at(seconds: u64) -> Moment {
    let now = Instant::now();
    Clock::starting(now)
        .at(now)
        .after(Duration::from_secs(seconds))
}

/// A cache of one set, so that every key is in it.
fn small() -> Cache {
    Cache::new(8).expect("memory")
}

#[test]
fn an_answer_is_fresh_for_about_its_ttl_and_stale_for_another() {
    let cache = small();
    assert_eq!(cache.find(&key(1), at(0)), Found::Miss);
    assert!(cache.store(&key(1), &answer(1), TTL, at(0)));
    for (second, found) in [
        (0, Found::Fresh(answer(1))),
        (53, Found::Fresh(answer(1))),
        (67, Found::Stale(answer(1))),
        (107, Found::Stale(answer(1))),
        (133, Found::Miss),
    ] {
        assert_eq!(cache.find(&key(1), at(second)), found, "{second}");
        assert_eq!(cache.find(&key(2), at(second)), Found::Miss);
    }
}

#[test]
fn a_new_answer_takes_the_place_of_the_old_one() {
    let cache = small();
    for number in 1..=20 {
        assert!(cache.store(&key(1), &answer(number), TTL, at(0)));
        assert_eq!(cache.find(&key(1), at(0)), Found::Fresh(answer(number)));
    }
    assert_eq!(cache.stats(at(0)).used, 1);
}

#[test]
fn what_must_not_be_remembered_is_not() {
    let cache = small();
    let mut low = answer(1);
    low.advice.balance_low = Some(true);
    let mut long = answer(1);
    long.reason = Text::new(&"r".repeat(64)).expect("clean");
    long.reply.phrase = Text::new(&"p".repeat(64)).expect("clean");
    long.advice.receipt = Text::new(&"i".repeat(64)).expect("clean");
    for answer in [low, long] {
        assert!(!cache.store(&key(1), &answer, TTL, at(0)));
    }
    assert!(!cache.store(&key(1), &answer(1), Duration::ZERO, at(0)));
    assert_eq!(cache.find(&key(1), at(0)), Found::Miss);
    let mut good = answer(1);
    good.advice.balance_low = Some(false);
    assert!(cache.store(&key(1), &good, TTL, at(0)));
}

#[test]
fn no_ttl_is_longer_than_thirty_days() {
    let cache = small();
    assert!(cache.store(&key(1), &answer(1), Duration::MAX, at(0)));
    let day = 24 * 3600;
    assert_eq!(cache.find(&key(1), at(26 * day)), Found::Fresh(answer(1)));
    assert_eq!(cache.find(&key(1), at(30 * day + 1)), Found::Miss);
}

#[test]
fn a_full_set_forgets_what_is_missed_least() {
    let cache = small();
    let short = Duration::from_secs(5);
    // Expired, stale and fresh. The fresh ones are used one after the other, the first stored as the last.
    assert!(cache.store(&key(1), &answer(1), short, at(0)));
    assert!(cache.store(&key(2), &answer(2), short, at(12)));
    for number in 3..=8 {
        assert!(cache.store(&key(number), &answer(3), TTL, at(0)));
    }
    for number in [8, 7, 6, 5, 4, 3] {
        let found = cache.find(&key(number), at(20 - u64::from(number)));
        assert_eq!(found, Found::Fresh(answer(3)));
    }
    let now = at(19);
    for (new, gone) in (11..).zip([1, 2, 8, 7, 6, 5, 4, 3]) {
        // A search counts as a use, so it must not search for the others.
        let there = |number| cache.find(&key(number), now) != Found::Miss;
        assert!(cache.store(&key(new), &answer(4), TTL, now));
        assert!(there(new) && !there(gone), "{new} instead of {gone}");
    }
}

#[test]
fn a_purge_forgets_one_or_all() {
    let cache = Cache::new(1000).expect("memory");
    let numbers = 0..100;
    for number in numbers.clone() {
        assert!(cache.store(&key(number), &answer(1), TTL, at(0)));
    }
    assert_eq!(cache.purge(Some(&key(7))), 1);
    assert_eq!(cache.purge(Some(&key(7))), 0);
    assert_eq!(cache.find(&key(7), at(0)), Found::Miss);
    assert_eq!(cache.purge(None), 99);
    assert_eq!(cache.purge(None), 0);
    for number in numbers {
        assert_eq!(cache.find(&key(number), at(0)), Found::Miss);
        assert!(cache.store(&key(number), &answer(2), TTL, at(0)));
    }
}

#[test]
fn the_stats_count_what_there_is() {
    let cache = Cache::new(999).expect("memory");
    for number in 0..10 {
        let ttl = if number < 4 { TTL / 2 } else { TTL };
        assert!(cache.store(&key(number), &answer(1), ttl, at(0)));
    }
    let stats = |used, stale| CacheStats {
        entries: 1000,
        used,
        stale,
        claimed: 0,
    };
    assert_eq!(cache.stats(at(0)), stats(10, 0));
    assert_eq!(cache.stats(at(40)), stats(10, 4));
    assert_eq!(cache.stats(at(90)), stats(6, 6));
    assert_eq!(cache.stats(at(200)), stats(0, 0));
}

#[test]
fn a_cache_without_entries_remembers_nothing() {
    let cache = Cache::new(0).expect("nothing");
    assert!(!cache.store(&key(1), &answer(1), TTL, at(0)));
    assert_eq!(cache.find(&key(1), at(0)), Found::Miss);
    assert_eq!((cache.purge(None), cache.purge(Some(&key(1)))), (0, 0));
    assert_eq!(cache.stats(at(0)), CacheStats::default());
}

#[test]
fn more_entries_than_there_can_be_are_an_error() {
    assert!(Cache::new(usize::MAX).is_err());
}
