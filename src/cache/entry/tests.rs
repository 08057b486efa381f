// SPDX-License-Identifier: GPL-2.0-or-later

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Claim, Entry, Life, State};
use crate::answer::Answer;
use crate::cache::tests::{answer, key};
use crate::cache::{Found, Packed};
use crate::clock::{Clock, Moment};
use crate::os::shared::Shared;

fn entry() -> Shared<Entry> {
    Shared::new().expect("memory")
}

fn at(milliseconds: u64) -> Moment {
    let now = Instant::now();
    Clock::starting(now)
        .at(now)
        .after(Duration::from_millis(milliseconds))
}

fn claim(entry: &Entry, now: u64) -> Option<Claim<'_>> {
    let worth = entry.worth(&key(1), at(now))?;
    entry.claim(worth, at(now))
}

fn fill(claim: &Claim<'_>, answer: &Answer) {
    let packed = Packed::new(answer).expect("short enough");
    claim.fill(&key(1), &packed, at(60_000), at(120_000), at(0));
}

fn find(entry: &Entry) -> Found {
    entry.read(&key(1), at(2000))
}

#[test]
fn an_entry_is_not_seen_before_it_is_published() {
    let entry = entry();
    let claim = claim(&entry, 0).expect("empty");
    fill(&claim, &answer(1));
    assert_eq!(find(&entry), Found::Miss);
    assert!(claim.publish());
    assert_eq!(find(&entry), Found::Fresh(answer(1)));
    assert_eq!(entry.read(&key(2), at(0)), Found::Miss);
}

#[test]
fn a_claim_keeps_others_out_for_a_second() {
    let entry = entry();
    let first = claim(&entry, 0).expect("empty");
    let state = |now| entry.state(at(now));
    assert_eq!(state(1000), State::Claimed { abandoned: false });
    assert!(claim(&entry, 1000).is_none());
    assert_eq!(state(1001), State::Claimed { abandoned: true });
    let second = claim(&entry, 1001).expect("abandoned");
    assert!(claim(&entry, 1001).is_none(), "it is the second one's");
    fill(&second, &answer(2));
    assert!(!first.publish(), "it is too late");
    assert_eq!(find(&entry), Found::Miss);
    assert!(second.publish());
    assert_eq!(find(&entry), Found::Fresh(answer(2)));
}

#[test]
fn a_claim_is_of_use_once() {
    let entry = entry();
    let worth = entry.worth(&key(1), at(0)).expect("empty");
    let first = entry.claim(worth, at(0)).expect("empty");
    assert!(entry.claim(worth, at(0)).is_none(), "seen before the first");
    assert!(first.publish());
    assert!(entry.forget() && !entry.forget());
    assert!(
        entry.claim(worth, at(0)).is_none(),
        "empty, but not as seen"
    );
}

#[test]
fn a_writer_that_was_stopped_spoils_nothing_unnoticed() {
    // The late writer had written none of its words, some or all. Then it writes the rest over those of another writer.
    let words = |entry: &Entry| -> Vec<u64> {
        let head = entry.key.iter().chain([&entry.expires, &entry.ends]);
        head.chain([&entry.checksum])
            .chain(&entry.answer)
            .map(|word| word.load(Relaxed))
            .collect()
    };
    let stopped = {
        let entry = entry();
        fill(&claim(&entry, 0).expect("empty"), &answer(1));
        words(&entry)
    };
    for written in 0..=stopped.len() {
        let entry = entry();
        let late = claim(&entry, 0).expect("empty");
        let next = claim(&entry, 1001).expect("abandoned");
        fill(&next, &answer(2));
        assert!(next.publish());
        let before = words(&entry);
        let head = entry.key.iter().chain([&entry.expires, &entry.ends]);
        let all = head.chain([&entry.checksum]).chain(&entry.answer);
        for (place, word) in all.zip(&stopped).skip(written) {
            place.store(*word, Relaxed);
        }
        let expected = if words(&entry) == before {
            Found::Fresh(answer(2))
        } else if words(&entry) == stopped {
            Found::Fresh(answer(1))
        } else {
            Found::Miss
        };
        assert_eq!(find(&entry), expected, "{written}");
        if expected == Found::Miss {
            assert_eq!(entry.state(at(2000)), State::Empty, "{written}: it is free");
        }
        assert!(!late.publish());
    }
}

#[test]
fn a_word_that_changed_is_noticed() {
    let entry = entry();
    for bit in 0..64 {
        for place in entry.answer.iter().take(4).chain([&entry.ends]) {
            let claim = claim(&entry, 0).expect("published or empty");
            fill(&claim, &answer(1));
            assert!(claim.publish());
            place.fetch_xor(1 << bit, Relaxed);
            assert_eq!(find(&entry), Found::Miss);
        }
    }
}

#[test]
fn an_answer_is_fresh_then_stale_then_over() {
    let entry = entry();
    let claim = claim(&entry, 0).expect("empty");
    fill(&claim, &answer(1));
    assert!(claim.publish());
    for (now, life, found) in [
        (59_999, Life::Fresh, Found::Fresh(answer(1))),
        (60_000, Life::Stale, Found::Stale(answer(1))),
        (119_999, Life::Stale, Found::Stale(answer(1))),
        (120_000, Life::Over, Found::Miss),
    ] {
        assert_eq!(entry.read(&key(1), at(now)), found, "{now}");
        assert_eq!(entry.state(at(now)), State::Published(life), "{now}");
    }
}

#[test]
fn a_hit_is_noted_once_a_second() {
    let entry = entry();
    let claim = claim(&entry, 0).expect("empty");
    fill(&claim, &answer(1));
    assert!(claim.publish());
    let used = |now| {
        let _ = entry.read(&key(1), at(now));
        entry.used.load(Relaxed)
    };
    let start = at(0).to_shared();
    assert_eq!([used(0), used(999)], [start; 2]);
    assert_eq!([used(1000), used(1999)], [start + 1000; 2]);
    assert_eq!(used(2000), start + 2000);
}
