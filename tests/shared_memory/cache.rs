// SPDX-License-Identifier: GPL-2.0-or-later
//! The cache: its capacity, and writers that die.

use std::fs;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::answer::Answer;
use numbers_online::cache::{Cache, Found, Key};
use numbers_online::clock::{Clock, Moment};
use numbers_online::decision::{Advice, SipReply, Treatment};
use numbers_online::text::Text;

use crate::child::Child;
use crate::{Keys, LATE, TTL};

#[test]
fn a_million_entries_work_and_cost_memory_as_they_are_used() {
    let cache = Cache::new(1_000_000).expect("memory");
    let clock = Clock::starting(Instant::now());
    let keys = Keys::new();
    let child = Child::new(|_| {
        let now = clock.at(Instant::now());
        let before = shared_kib();
        for number in 0..100 {
            assert!(cache.store(&keys.nth(number), &written(number, 0), TTL, now));
        }
        let stats = cache.stats(now);
        assert_eq!((stats.entries, stats.used), (1_000_000, 100));
        // One page each, and one that records which sets were written.
        let used = shared_kib() - before;
        assert!(used < 1024, "{used} KiB");
    });
    child.end();
    let now = clock.at(Instant::now());
    for number in 0..200_000 {
        assert!(cache.store(&keys.nth(number), &written(number, 0), TTL, now));
    }
    let there = (0..200_000)
        .filter(|number| cache.find(&keys.nth(*number), now) == Found::Fresh(written(*number, 0)));
    // A set may be full; of this many hardly one is.
    assert!(there.count() > 199_000);
    assert!(cache.stats(now).used > 199_000);
    assert!(cache.purge(None) > 199_000);
}

#[test]
fn a_million_answers_cost_256_bytes_a_place() {
    const ANSWERS: u64 = 1_000_000;
    // The number of keys per set of 8 entries has a Poisson distribution. Keys beyond 8 are lost. With 8 keys per set on average
    // that is e^-8 8^8 / 8! = 14.0 % of all; with 16/3 (1.5 times as many entries) 3.1 %.
    for (places, least) in [(1_000_000, 857_000), (1_500_000, 966_000)] {
        let child = Child::new(|_| {
            let clock = Clock::starting(Instant::now());
            let now = clock.at(Instant::now());
            let (keys, before) = (Keys::new(), shared_kib());
            let cache = Cache::new(places).expect("memory");
            for number in 0..ANSWERS {
                assert!(cache.store(&keys.nth(number), &written(number, number), TTL, now));
            }
            let used = shared_kib() - before;
            let there = (0..ANSWERS).filter(|number| match cache.find(&keys.nth(*number), now) {
                Found::Fresh(answer) => {
                    assert_whole(*number, &answer);
                    true
                }
                _ => false,
            });
            let there = there.count();
            assert!(there > least, "{there} of {places}");
            let stats = cache.stats(now);
            assert_eq!((stats.entries, stats.used), (places, there));
            // In addition to the entries: one bit per set, and pages that are not full.
            let most = u64::try_from(places * 256 + places / 64).expect("fits") / 1024 + 64;
            assert!(used <= most, "{used} KiB, not {most}");
        });
        child.end();
    }
}

#[test]
fn killed_writers_block_no_process_and_corrupt_no_answer() {
    let crowd = Crowd::new();
    let (mut found, mut died_writing) = (0, 0);
    // On a busy machine few writers have a processor when they are killed, so more of them are needed.
    for kill in 0..20_000 {
        if kill >= 1000 && died_writing > 0 {
            break;
        }
        let writer = Child::new(|_| crowd.write(0..16, kill, Duration::ZERO));
        found += crowd.look_for(Duration::from_micros(200 + kill % 7 * 200));
        writer.kill();
        died_writing += crowd.cache.stats(crowd.now()).claimed;
        found += crowd.look();
    }
    assert!(found > 0, "nothing was looked at");
    assert!(died_writing > 0, "no writer died while it wrote");
    // The entries that the last writers claimed are free a second later.
    let now = crowd.now().after(LATE);
    crowd.cache.purge(None);
    for (number, key) in (0..).zip(&crowd.keys).take(8) {
        assert!(crowd.cache.store(key, &written(number, 1), TTL, now));
    }
    let stats = crowd.cache.stats(now);
    assert_eq!((stats.used, stats.claimed), (8, 0));
}

#[test]
fn writers_that_are_stopped_and_continue_corrupt_no_answer() {
    let crowd = Crowd::new();
    for count in 0..1000 {
        // Its claims look old from the beginning, so they may be taken over as soon as it is stopped.
        let writer = Child::new(|_| crowd.write(0..6, count, LATE));
        crowd.look_for(Duration::from_micros(300));
        writer.stop();
        // More keys than entries, so every entry is written.
        for (number, key) in (0..).zip(&crowd.keys).skip(6) {
            let answer = written(number, count + 7);
            assert!(crowd.cache.store(key, &answer, TTL, crowd.now()));
        }
        writer.go_on();
        // The processor may be busy, for example with this process.
        thread::sleep(Duration::from_millis(1));
        crowd.look();
    }
}

#[test]
fn writers_that_take_over_each_others_claims_corrupt_no_answer() {
    let crowd = Crowd::new();
    // To the last writer, the claims of the first ones look abandoned from the beginning. So they often write the same entry.
    let late = [2 * LATE, LATE, Duration::ZERO];
    let writers: Vec<_> = late
        .into_iter()
        .map(|late| Child::new(|_| crowd.write(0..16, 1, late)))
        .collect();
    let found = crowd.look_for(Duration::from_secs(2));
    writers.into_iter().for_each(Child::kill);
    assert!(found > 0, "nothing was looked at");
}

/// A cache with few entries and many keys, so that writers always compete for entries.
struct Crowd {
    cache: Cache,
    clock: Clock,
    keys: Vec<Key>,
}

impl Crowd {
    fn new() -> Self {
        let keys = Keys::new();
        Self {
            cache: Cache::new(8).expect("memory"),
            clock: Clock::starting(
                Instant::now()
                    .checked_sub(2 * LATE)
                    .expect("later than that"),
            ),
            keys: (0..16).map(|number| keys.nth(number)).collect(),
        }
    }

    fn now(&self) -> Moment {
        self.clock.at(Instant::now())
    }

    /// Writes some of the keys until it is killed, with a clock that is ahead by `late`.
    fn write(&self, keys: Range<usize>, start: u64, late: Duration) {
        // Made before, so that the loop does little but write.
        let answers: Vec<Vec<_>> = (start..start + 16)
            .map(|count| (0..16).map(|key| written(key, count)).collect())
            .collect();
        for answers in answers.iter().cycle() {
            let now = Instant::now().checked_sub(late).expect("later than that");
            let now = self.clock.at(now);
            for (key, answer) in self
                .keys
                .iter()
                .zip(answers)
                .take(keys.end)
                .skip(keys.start)
            {
                self.cache.store(key, answer, TTL, now);
            }
        }
    }

    /// The number of answers. Each must be one that was written.
    fn look(&self) -> usize {
        let found = |(number, key)| match self.cache.find(key, self.now()) {
            Found::Fresh(answer) | Found::Stale(answer) => {
                assert_whole(number, &answer);
                1
            }
            Found::Miss => 0,
        };
        (0..).zip(&self.keys).map(found).sum()
    }

    fn look_for(&self, span: Duration) -> usize {
        let until = Instant::now() + span;
        let mut found = 0;
        while Instant::now() < until {
            found += self.look();
        }
        found
    }
}

/// The n-th answer that a writer writes for a key. All of it depends on both numbers, its length too.
fn written(key: u64, count: u64) -> Answer {
    let digit = |text: u64| char::from(b'0' + u8::try_from(text % 10).expect("a digit"));
    let repeat = |times| digit(count).to_string().repeat(times);
    Answer {
        treatment: Treatment::Flag,
        reply: SipReply::standard(503),
        reason: Text::new(&format!("{key}-{count}")).expect("clean"),
        advice: Advice {
            line_type: Text::new(&repeat(usize::try_from(count % 32).expect("small")))
                .expect("clean"),
            receipt: Text::new(&format!("{count}-{key}-{}", repeat(50))).expect("clean"),
            ..Advice::default()
        },
    }
}

fn assert_whole(key: u64, answer: &Answer) {
    let (of, count) = answer.reason.as_str().split_once('-').expect("our reason");
    assert_eq!(of, key.to_string(), "the answer of another key");
    let count = count.parse().expect("a number");
    assert_eq!(*answer, written(key, count), "two answers in one");
}

/// Shared memory that this process has touched.
pub(crate) fn shared_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|line| line.starts_with("RssShmem"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1));
    digits.and_then(|digits| digits.parse().ok()).expect("KiB")
}
