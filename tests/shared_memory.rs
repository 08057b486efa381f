// SPDX-License-Identifier: GPL-2.0-or-later
//! What workers share, used by real processes, some of which are killed.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::expect_used,
    missing_docs,
    reason = "a test that forks"
)]

use std::ffi::c_int;
use std::fs;
use std::io::{self, Read, Write};
use std::ops::{Deref, Range};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::answer::Answer;
use numbers_online::cache::{Cache, Found, Key, KeyMaker};
use numbers_online::clock::{Clock, Moment};
use numbers_online::config::{AllowCode, ApiUrl, Threshold, Wishes};
use numbers_online::deadline::Deadline;
use numbers_online::decision::{Advice, SipReply, Treatment};
use numbers_online::failure::Failure;
use numbers_online::flights::{Flights, Landed, Role};
use numbers_online::number::Number;
use numbers_online::text::Text;

const TTL: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(2);

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
        // A page each, and one for what was written where.
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
    // Keys fall on sets of 8 places as a Poisson distribution says, and what is over 8 is lost. With 8 for each set that is
    // e^-8 8^8 / 8! = 14.0 % of all, with 16/3 for each (half as many places again) 3.1 %.
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
            // Beside the entries one bit for each set, and pages that are not full.
            let most = u64::try_from(places * 256 + places / 64).expect("fits") / 1024 + 64;
            assert!(used <= most, "{used} KiB, not {most}");
        });
        child.end();
    }
}

#[test]
fn writers_killed_in_the_middle_hang_nobody_and_spoil_nothing() {
    let crowd = Crowd::new();
    let (mut found, mut died_writing) = (0, 0);
    for kill in 0..1000 {
        let writer = Child::new(|_| crowd.write(0..16, kill, Duration::ZERO));
        found += crowd.look_for(Duration::from_micros(200 + kill % 7 * 200));
        writer.kill();
        died_writing += crowd.cache.stats(crowd.now()).claimed;
        found += crowd.look();
    }
    assert!(found > 0, "nothing was looked at");
    assert!(died_writing > 0, "nobody died writing");
    // What the last ones claimed is free a second later.
    let now = crowd.now().after(LATE);
    crowd.cache.purge(None);
    for (number, key) in (0..).zip(&crowd.keys).take(8) {
        assert!(crowd.cache.store(key, &written(number, 1), TTL, now));
    }
    let stats = crowd.cache.stats(now);
    assert_eq!((stats.used, stats.claimed), (8, 0));
}

#[test]
fn writers_stopped_in_the_middle_that_go_on_spoil_nothing() {
    let crowd = Crowd::new();
    for count in 0..1000 {
        // Its claims are old from the beginning, and so they may be taken over as soon as it is stopped.
        let writer = Child::new(|_| crowd.write(0..6, count, LATE));
        crowd.look_for(Duration::from_micros(300));
        writer.stop();
        // More keys than places: none is left out.
        for (number, key) in (0..).zip(&crowd.keys).skip(6) {
            let answer = written(number, count + 7);
            assert!(crowd.cache.store(key, &answer, TTL, crowd.now()));
        }
        writer.go_on();
        // The processor may be busy, with this process for one.
        thread::sleep(Duration::from_millis(1));
        crowd.look();
    }
}

#[test]
fn writers_that_take_each_other_for_dead_spoil_nothing() {
    let crowd = Crowd::new();
    // The first ones' claims look abandoned to the last from the beginning: they are always in one entry together.
    let late = [2 * LATE, LATE, Duration::ZERO];
    let writers: Vec<_> = late
        .into_iter()
        .map(|late| Child::new(|_| crowd.write(0..16, 1, late)))
        .collect();
    let found = crowd.look_for(Duration::from_secs(2));
    writers.into_iter().for_each(Child::kill);
    assert!(found > 0, "nothing was looked at");
}

#[test]
fn of_eight_workers_with_one_caller_one_asks_however_often() {
    const WORKERS: u64 = 8;
    const ROUNDS: u64 = 1000;
    let table = Table::new();
    let keys = Keys::new();
    let [ready, joined, leaders, heard, alone] = counters();
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            Child::new(|_| {
                for round in 1..=ROUNDS {
                    let key = keys.nth(round);
                    // All are awake and at the same place, so that they join in the same moment.
                    ready.fetch_add(1, SeqCst);
                    reach(ready, round * WORKERS);
                    let role = table.join_for(key);
                    joined.fetch_add(1, SeqCst);
                    let counter = match role {
                        Role::Lead(ticket) => {
                            reach(joined, round * WORKERS);
                            ticket.land(None);
                            leaders
                        }
                        Role::Follow(follower) => {
                            match follower.wait(soon(), |now| table.clock.at(now)) {
                                Landed::Answered => heard,
                                other => unreachable!("{other:?}"),
                            }
                        }
                        Role::Alone => alone,
                    };
                    counter.fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.end();
    }
    let counted = [leaders, heard, alone].map(|counter| counter.load(SeqCst));
    assert_eq!(counted, [ROUNDS, ROUNDS * (WORKERS - 1), 0]);
}

#[test]
fn of_eight_workers_with_one_caller_one_asks() {
    let table = Table::new();
    let workers = table.workers(|role| match role {
        Role::Lead(ticket) => {
            ticket.land(None);
            b'L'
        }
        Role::Follow(follower) => match follower.wait(soon(), |now| table.clock.at(now)) {
            Landed::Answered => b'A',
            other => unreachable!("{other:?}"),
        },
        Role::Alone => b'!',
    });
    assert_eq!(outcomes(workers), "AAAAAAAL");
    assert!(matches!(table.join(), Role::Lead(_)), "the place is free");
}

#[test]
fn when_the_leader_fails_exactly_one_asks_again() {
    let table = Table::new();
    let workers = table.workers(|role| match role {
        Role::Lead(ticket) => {
            ticket.land(Some(Failure::Http5xx));
            b'L'
        }
        Role::Follow(follower) => match follower.wait(soon(), |now| table.clock.at(now)) {
            Landed::YourTurn(ticket) => {
                ticket.land(Some(Failure::Reset));
                b'S'
            }
            Landed::Failed(Failure::Reset) => b'F',
            other => unreachable!("{other:?}"),
        },
        Role::Alone => b'!',
    });
    assert_eq!(outcomes(workers), "FFFFFFLS");
}

#[test]
fn when_the_leader_is_killed_another_one_goes_on() {
    let table = Table::new();
    let leader = Child::new(|pipe| {
        let role = table.join();
        assert!(matches!(role, Role::Lead(_)));
        tell(pipe, b'L');
        thread::sleep(LONG);
    });
    leader.expect(b'L');
    let workers = table.workers(|role| {
        let Role::Follow(follower) = role else {
            unreachable!("it lives")
        };
        match follower.wait(soon(), |now| table.clock.at(now)) {
            Landed::YourTurn(ticket) => {
                ticket.land(None);
                b'L'
            }
            Landed::Answered => b'A',
            other => unreachable!("{other:?}"),
        }
    });
    leader.kill();
    assert_eq!(outcomes(workers), "AAAAAAAL");
}

#[test]
fn a_worker_waits_no_longer_than_its_own_deadline() {
    let table = Table::new();
    let Role::Lead(_ticket) = table.join() else {
        unreachable!("nobody leads")
    };
    let child = Child::new(|_| {
        let Role::Follow(follower) = table.join() else {
            unreachable!("somebody leads")
        };
        let deadline = Deadline::after(Instant::now(), Duration::from_millis(100));
        let landed = follower.wait(deadline, |now| table.clock.at(now));
        assert!(matches!(landed, Landed::TimedOut));
        assert!(deadline.is_over(Instant::now()));
    });
    child.end();
}

/// A cache with so few places, and so many keys for them, that writers are always at each other's.
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

    /// Writes some of the keys until it is killed, as if it were so late.
    fn write(&self, keys: Range<usize>, start: u64, late: Duration) {
        // Made before, so that it hardly does anything but write.
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

    /// How many answers there are; each must be one that was written.
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

/// Flights, and a key that all workers have.
struct Table {
    flights: Box<dyn Deref<Target = Flights>>,
    clock: Clock,
    key: Key,
}

impl Table {
    fn new() -> Self {
        Self {
            flights: Box::new(Flights::new().expect("memory")),
            clock: Clock::starting(Instant::now()),
            key: Keys::new().nth(0),
        }
    }

    fn join(&self) -> Role<'_> {
        self.join_for(self.key)
    }

    fn join_for(&self, key: Key) -> Role<'_> {
        let now = self.clock.at(Instant::now());
        self.flights.join(key, now.after(LONG), now)
    }

    /// Eight processes that join together. Whoever leads goes on when all have joined; `body` says what to tell.
    fn workers(&self, body: impl Fn(Role<'_>) -> u8) -> Vec<Child> {
        let workers: Vec<_> = (0..8)
            .map(|_| {
                Child::new(|pipe| {
                    let mut go = [0];
                    pipe.read_exact(&mut go).expect("the parent lives");
                    let role = self.join();
                    tell(pipe, b'J');
                    if matches!(role, Role::Lead(_)) {
                        pipe.read_exact(&mut go).expect("the parent lives");
                    }
                    tell(pipe, body(role));
                })
            })
            .collect();
        for worker in &workers {
            tell(&mut &worker.pipe, b'G');
        }
        for worker in &workers {
            worker.expect(b'J');
        }
        for worker in &workers {
            // Those who follow may be at their end already.
            let _ = (&worker.pipe).write_all(b"G");
        }
        workers
    }
}

/// Counters that all processes share, for as long as the test program runs.
fn counters() -> &'static [AtomicU64; 5] {
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
    assert_ne!(place, libc::MAP_FAILED, "{}", io::Error::last_os_error());
    unsafe { &*place.cast() }
}

/// Waits, without a sleep, until a counter has come so far.
fn reach(counter: &AtomicU64, count: u64) {
    let end = Instant::now() + LONG;
    while counter.load(SeqCst) < count {
        assert!(Instant::now() < end, "somebody is missing");
        thread::yield_now();
    }
}

fn soon() -> Deadline {
    Deadline::after(Instant::now(), LONG)
}

/// What each of them told, in alphabetical order.
fn outcomes(workers: Vec<Child>) -> String {
    let mut told: Vec<_> = workers
        .into_iter()
        .map(|worker| {
            let told = worker.told();
            worker.end();
            char::from(told)
        })
        .collect();
    told.sort_unstable();
    told.into_iter().collect()
}

/// A process of its own, which is killed with its guard.
struct Child {
    pid: libc::pid_t,
    pipe: UnixStream,
}

impl Child {
    fn new(body: impl FnOnce(&mut UnixStream)) -> Self {
        let (pipe, mut other) = UnixStream::pair().expect("a socket pair");
        match unsafe { libc::fork() } {
            0 => {
                // A test program that is killed leaves no writer behind.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                let held = catch_unwind(AssertUnwindSafe(|| body(&mut other))).is_ok();
                unsafe { libc::_exit(c_int::from(!held)) }
            }
            pid => {
                assert!(pid > 0, "{}", io::Error::last_os_error());
                pipe.set_read_timeout(Some(LONG)).expect("not zero");
                Self { pid, pipe }
            }
        }
    }

    /// The next byte that it tells.
    fn told(&self) -> u8 {
        let mut told = [0];
        (&self.pipe).read_exact(&mut told).expect("it tells");
        told[0]
    }

    fn expect(&self, byte: u8) {
        assert_eq!(self.told(), byte);
    }

    /// Waits for its end; it must have been a good one.
    fn end(mut self) {
        let status = self.status();
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
    }

    /// kill -9
    fn kill(mut self) {
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        let status = self.status();
        assert!(
            libc::WIFSIGNALED(status),
            "it should run until it is killed"
        );
    }

    fn stop(&self) {
        unsafe { libc::kill(self.pid, libc::SIGSTOP) };
        let mut status = 0;
        unsafe { libc::waitpid(self.pid, &raw mut status, libc::WUNTRACED) };
        assert!(libc::WIFSTOPPED(status), "it should run until it is killed");
    }

    fn go_on(&self) {
        unsafe { libc::kill(self.pid, libc::SIGCONT) };
    }

    fn status(&mut self) -> c_int {
        let mut status = 0;
        unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        self.pid = 0;
        status
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.pid > 0 {
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
            self.status();
        }
    }
}

fn tell(pipe: &mut impl Write, byte: u8) {
    pipe.write_all(&[byte]).expect("the other one lives");
}

/// Keys of fictional numbers.
struct Keys(KeyMaker);

impl Keys {
    fn new() -> Self {
        let url = ApiUrl::new("https://numbers.online").expect("usable");
        let wishes = Wishes {
            allow_code: AllowCode::new(503).expect("503"),
            spam_threshold: Threshold::new(80).expect("80"),
            redirect_threshold: None,
            block_invalid: true,
            block_reassigned: false,
        };
        Self(KeyMaker::new(b"key", &url, &wishes))
    }

    /// The class makes as many keys as are wanted of one number.
    fn nth(&self, class: u64) -> Key {
        let number = Number::new("+14155550123").expect("a global number");
        self.0.key(&number, &class.to_string())
    }
}

/// The answer that a writer writes for a key the so-many-th time: all of it follows from both numbers, its length too.
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
fn shared_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|line| line.starts_with("RssShmem"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1));
    digits.and_then(|digits| digits.parse().ok()).expect("KiB")
}
