// SPDX-License-Identifier: GPL-2.0-or-later
//! What processes share, with real processes: they write, race for one answer, and are killed in the middle of it.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::expect_used,
    missing_docs,
    reason = "a test that forks"
)]

use std::fs;
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::answer::Answer;
use numbers_online::cache::{Cache, Found, Key, KeyMaker};
use numbers_online::clock::{Clock, Moment};
use numbers_online::config::{AllowCode, ApiUrl, Given, Threshold, Wishes};
use numbers_online::deadline::Deadline;
use numbers_online::decision::{Advice, SipReply, Treatment};
use numbers_online::engine::Engine;
use numbers_online::flights::{Landed, Role};
use numbers_online::log::{Level, Log};
use numbers_online::number::Number;
use numbers_online::text::Text;

/// Long enough that no answer ends during a test.
const TTL: Duration = Duration::from_secs(24 * 3600);

/// Beyond the patience that writers have with a claim.
const PATIENCE_OVER: Duration = Duration::from_secs(2);

#[test]
fn a_million_answers_are_kept_in_256_bytes_each() {
    const ANSWERS: u32 = 1_000_000;
    let _alone = alone();
    let keys = keys();
    let now = start();
    // Of a set of 8 places, a Poisson distribution says how many keys fall on it. What is over 8 is lost: in a cache that is as
    // large as what it keeps e^-8 8^8 / 8! = 14.0 % (places for 8 where 8 are expected), and with half as much room again 3.4 %.
    for (room, least) in [(1_000_000, 0.855), (1_500_000, 0.96)] {
        let before = shared_memory();
        let cache = Cache::new(room).expect("memory");
        for number in 0..ANSWERS {
            assert!(cache.store(&keys.key(number), &answer(number), TTL, now));
        }
        let used = shared_memory() - before;
        let mut found = 0_u32;
        for number in 0..ANSWERS {
            match cache.find(&keys.key(number), now) {
                Found::Fresh(kept) => {
                    assert_eq!(kept, answer(number));
                    found += 1;
                }
                Found::Miss => {}
                Found::Stale(_) => unreachable!("{number} is stale"),
            }
        }
        let share = f64::from(found) / f64::from(ANSWERS);
        assert!(share > least, "{share} of the answers are kept");
        let stats = cache.stats(now);
        assert_eq!(
            (stats.used, stats.entries),
            (usize::try_from(found).expect("fits"), room)
        );
        // One bit for each 8 entries, and the pages that are not full.
        assert!(
            used <= room * 256 + room / 64 + 16 * 4096,
            "{used} bytes for {room} entries"
        );
        assert_eq!(cache.purge(None), stats.used);
    }
}

#[test]
fn a_writer_killed_in_the_middle_spoils_nothing() {
    const KILLS: u32 = 1000;
    const KEYS: u32 = 96;
    let _alone = alone();
    // Fewer places than keys, so that they are also fought for.
    let cache = Cache::new(64).expect("memory");
    let keys: Vec<Key> = (0..KEYS).map(|number| keys().key(number)).collect();
    let mut now = start();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let (mut found, mut left_behind) = (0_u64, 0);
    for round in 0..KILLS {
        // The clock of a test may run faster: each writer finds the claims of those before it abandoned.
        now = now.after(PATIENCE_OVER);
        let child = Child::run(|| {
            for number in round * 1000.. {
                let key = &keys[(number % KEYS) as usize];
                cache.store(key, &answer(number), TTL, now);
            }
        });
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let end = Instant::now() + Duration::from_micros(random >> 33 & 0x7ff);
        while Instant::now() < end {
            found += read_all(&cache, &keys, now);
        }
        child.kill();
        found += read_all(&cache, &keys, now);
        left_behind = left_behind.max(cache.stats(now).claimed);
    }
    assert!(found > 0, "no answer was ever there");
    assert!(left_behind > 0, "nobody died while writing");
    // All places can be written again. More keys than places, so that each set is filled.
    now = now.after(PATIENCE_OVER);
    for number in 0..KEYS * 10 {
        let key = number_key(number);
        assert!(cache.store(&key, &answer(number), TTL, now), "{number}");
        assert_eq!(cache.find(&key, now), Found::Fresh(answer(number)));
    }
    let stats = cache.stats(now);
    assert_eq!((stats.used, stats.claimed), (64, 0));
}

#[test]
fn a_writer_that_was_thought_dead_spoils_nothing() {
    const KEYS: u32 = 24;
    let _alone = alone();
    let cache = Cache::new(8).expect("memory");
    let keys: Vec<Key> = (0..KEYS).map(|number| keys().key(number)).collect();
    let now = start();
    // Each of them takes the claims of those whose clocks are behind its own for abandoned, and writes at the same time.
    let writers: Vec<_> = (0..3)
        .map(|ahead| {
            let (cache, keys) = (&cache, &keys);
            let now = now.after(PATIENCE_OVER * ahead);
            Child::run(move || {
                for number in ahead.. {
                    let key = &keys[(number % KEYS) as usize];
                    cache.store(key, &answer(number), TTL, now);
                }
            })
        })
        .collect();
    let end = Instant::now() + Duration::from_secs(2);
    let mut found = 0;
    while Instant::now() < end {
        found += read_all(&cache, &keys, now);
    }
    writers.into_iter().for_each(Child::kill);
    assert!(found > 0, "no answer was ever there");
}

#[test]
fn of_eight_processes_that_ask_at_once_one_leads_and_the_others_hear_of_its_answer() {
    const PROCESSES: u64 = 8;
    const ROUNDS: u64 = 500;
    let _alone = alone();
    let engine = engine();
    let tally = Tally::new();
    let children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Child::run(|| {
                for round in 1..=ROUNDS {
                    tally.wait_for(Is::Round, round);
                    let key = number_key(u32::try_from(round).expect("fits"));
                    let role = engine.flights.join(key, until(&engine), now(&engine));
                    tally.add(Is::Joined);
                    match role {
                        Role::Lead(ticket) => {
                            tally.add(Is::Leader);
                            tally.wait_for(Is::Joined, round * PROCESSES);
                            let answer = answer(7);
                            assert!(engine.cache.store(&key, &answer, TTL, now(&engine)));
                            ticket.land(None);
                        }
                        Role::Follow(flight) => {
                            let landed = flight.wait(soon(), |now| engine.clock.at(now));
                            if matches!(landed, Landed::Answered)
                                && engine.cache.find(&key, now(&engine)) != Found::Miss
                            {
                                tally.add(Is::Heard);
                            }
                        }
                        Role::Alone => {}
                    }
                    tally.add(Is::Done);
                }
            })
        })
        .collect();
    for round in 1..=ROUNDS {
        tally.add(Is::Round);
        tally.wait_for(Is::Done, round * PROCESSES);
        assert_eq!(
            (tally.get(Is::Leader), tally.get(Is::Heard)),
            (round, round * (PROCESSES - 1)),
            "leaders and followers after {round} rounds"
        );
    }
    children.into_iter().for_each(Child::wait);
}

#[test]
fn when_the_leading_process_is_killed_one_of_the_others_leads_at_once() {
    const FOLLOWERS: u64 = 7;
    const ROUNDS: u32 = 20;
    let _alone = alone();
    let engine = engine();
    for round in 0..ROUNDS {
        let tally = Tally::new();
        let key = number_key(round);
        let leader = Child::run(|| {
            let role = engine.flights.join(key, until(&engine), now(&engine));
            assert!(matches!(role, Role::Lead(_)));
            tally.add(Is::Leader);
            thread::sleep(LIMIT);
        });
        tally.wait_for(Is::Leader, 1);
        let followers: Vec<_> = (0..FOLLOWERS)
            .map(|_| {
                Child::run(|| {
                    let Role::Follow(flight) =
                        engine.flights.join(key, until(&engine), now(&engine))
                    else {
                        unreachable!("somebody leads");
                    };
                    tally.add(Is::Joined);
                    match flight.wait(soon(), |now| engine.clock.at(now)) {
                        Landed::YourTurn(ticket) => {
                            tally.add(Is::Leader);
                            // The others have time to see that there is a new leader.
                            thread::sleep(Duration::from_millis(50));
                            let answer = answer(7);
                            assert!(engine.cache.store(&key, &answer, TTL, now(&engine)));
                            ticket.land(None);
                        }
                        Landed::Answered
                            if engine.cache.find(&key, now(&engine)) != Found::Miss =>
                        {
                            tally.add(Is::Heard);
                        }
                        landed => unreachable!("{landed:?}"),
                    }
                })
            })
            .collect();
        tally.wait_for(Is::Joined, FOLLOWERS);
        let killed = Instant::now();
        leader.kill();
        tally.wait_for(Is::Leader, 2);
        let took = killed.elapsed();
        assert!(took < LIMIT / 10, "{took:?}");
        followers.into_iter().for_each(Child::wait);
        assert_eq!(
            (tally.get(Is::Leader), tally.get(Is::Heard)),
            (2, FOLLOWERS - 1)
        );
    }
}

/// The deadline of every call here, far beyond what any of them needs.
const LIMIT: Duration = Duration::from_secs(10);

fn soon() -> Deadline {
    Deadline::after(Instant::now(), LIMIT)
}

fn now(engine: &Engine) -> Moment {
    engine.clock.at(Instant::now())
}

fn until(engine: &Engine) -> Moment {
    now(engine).after(LIMIT)
}

fn start() -> Moment {
    let now = Instant::now();
    Clock::starting(now).at(now)
}

/// Reads everything: whatever is there is one whole answer to the question. Returns how many there were.
fn read_all(cache: &Cache, keys: &[Key], now: Moment) -> u64 {
    let mut found = 0;
    for (index, key) in keys.iter().enumerate() {
        if let Found::Fresh(kept) = cache.find(key, now) {
            let receipt = kept.advice.receipt.as_str();
            let number = receipt
                .strip_prefix("nol_rec_")
                .and_then(|number| number.parse::<u32>().ok())
                .expect("the number of an answer");
            assert_eq!(kept, answer(number), "torn");
            assert_eq!(number as usize % keys.len(), index, "another's");
            found += 1;
        }
    }
    found
}

/// An answer of which every part tells the number; the longer ones also differ in length.
fn answer(number: u32) -> Answer {
    let code = 600 + u16::try_from(number % 100).expect("fits");
    let long = "x".repeat(number as usize % 23);
    Answer {
        treatment: Treatment::Block,
        reply: SipReply {
            code,
            phrase: text(&format!("Phrase {number}")),
        },
        reason: text(&format!("reason_{number}_{long}")),
        advice: Advice {
            spam_score: u8::try_from(1 + number % 99).ok(),
            risk_level: text(&format!("r{number}")),
            line_type: text(&format!("l{number}")),
            verstat: text(&format!("v{number}")),
            dnc: text(&format!("d{number}")),
            reassigned: text(&format!("a{number}")),
            receipt: text(&format!("nol_rec_{number}")),
            ..Advice::default()
        },
    }
}

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).expect("short and clean")
}

struct Keys(KeyMaker);

impl Keys {
    fn key(&self, number: u32) -> Key {
        let number = Number::new(&format!("+1415555{number:07}")).expect("a global number");
        self.0.key(&number, "")
    }
}

fn keys() -> Keys {
    let wishes = Wishes {
        allow_code: AllowCode::new(503).expect("503"),
        spam_threshold: Threshold::new(80).expect("80"),
        redirect_threshold: None,
        block_invalid: true,
        block_reassigned: false,
    };
    let url = ApiUrl::new("https://numbers.online").expect("usable");
    Keys(KeyMaker::new(b"key", &url, &wishes))
}

fn number_key(number: u32) -> Key {
    keys().key(number)
}

struct Silent;

impl Log for Silent {
    fn line(&self, _: Level, _: &str) {}
}

/// What a server makes before it forks.
fn engine() -> Engine {
    let given = Given {
        api_url: "https://numbers.online".to_owned(),
        api_url_backup: String::new(),
        api_key: "env:NUMBERS_ONLINE_API_KEY".to_owned(),
        signing_secret: String::new(),
        timeout: 400,
        allow_code: 503,
        spam_threshold: 80,
        redirect_threshold: 0,
        block_invalid: 1,
        block_reassigned: 0,
        redirect_contact: String::new(),
        cache_ttl: 300,
        cache_size: 4096,
        cache_redis: String::new(),
        rate_limit: 0,
        breaker_window: 10,
        breaker_errors: 0,
        breaker_retry: 5,
        ca_file: String::new(),
        tls_insecure: 0,
        http_proxy: String::new(),
    };
    Engine::new(given, &Silent).expect("usable")
}

/// What the processes of a test have counted.
struct Tally(&'static [AtomicU64; 5]);

#[derive(Clone, Copy)]
enum Is {
    Round,
    Joined,
    Leader,
    Heard,
    Done,
}

impl Tally {
    fn new() -> Self {
        let place = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size_of::<[AtomicU64; 5]>(),
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(place, libc::MAP_FAILED, "memory");
        // A page that lives as long as the test program.
        Self(unsafe { &*place.cast() })
    }

    fn add(&self, what: Is) {
        self.0[what as usize].fetch_add(1, SeqCst);
    }

    fn get(&self, what: Is) -> u64 {
        self.0[what as usize].load(SeqCst)
    }

    fn wait_for(&self, what: Is, count: u64) {
        let end = Instant::now() + LIMIT;
        while self.get(what) < count {
            assert!(Instant::now() < end, "nothing happens");
            thread::yield_now();
        }
    }
}

/// A forked process, which goes with its guard.
struct Child(Option<libc::pid_t>);

impl Child {
    fn run(body: impl FnOnce()) -> Self {
        match unsafe { libc::fork() } {
            0 => {
                // It ends with the thread that made it, so that no failed test leaves it behind.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                let outcome = catch_unwind(AssertUnwindSafe(body));
                unsafe { libc::_exit(i32::from(outcome.is_err())) }
            }
            -1 => unreachable!("{}", std::io::Error::last_os_error()),
            pid => Self(Some(pid)),
        }
    }

    /// Kills it, and waits until it is gone.
    fn kill(mut self) {
        let status = self.end(true);
        assert_eq!(status & 0x7f, libc::SIGKILL, "it had ended before");
    }

    /// Waits for its end.
    fn wait(mut self) {
        assert_eq!(self.end(false), 0, "a child failed");
    }

    fn end(&mut self, kill: bool) -> libc::c_int {
        let mut status = 0;
        if let Some(pid) = self.0.take() {
            if kill {
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
            assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
        }
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end(true);
    }
}

/// The shared memory that this process has touched, in bytes.
fn shared_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("RssShmem:"))
        .and_then(|value| value.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kib.expect("RssShmem") * 1024
}

/// One test at a time: a fork copies whatever the other threads hold.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
