// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers that called an emergency number lately: public safety calls back, often from numbers that nobody else uses.
//!
//! The memory has a fixed size. A number takes one of eight places, which its hash selects. If all of them are in use, the oldest of
//! two gives way, and the source address of the call selects these two: calls from one address push out a quarter of the numbers
//! at most.

mod outbox;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use self::outbox::Outbox;
use crate::clock::Moment;
use crate::number::Number;
use crate::os::shared::{Shared, shareable};

/// The numbers, shared by all workers of a server.
#[derive(Debug)]
pub struct EmergencyWindow {
    callers: Shared<Callers>,
    outbox: Shared<Outbox>,
    /// Its key is random: no caller can choose numbers with the same places, and a memory dump does not show the numbers.
    hasher: RandomState,
    span: Duration,
}

shareable! {
    struct Callers {
        sets: [Set; SETS],
        /// When a number called last; 0 for never.
        latest: AtomicU64,
    }
}

shareable! {
    #[repr(C, align(64))]
    struct Set {
        places: [Place; WAYS],
    }
}

shareable! {
    /// One number. Two processes that write it at the same time may leave the hash of one and the time of the other: the two differ
    /// by moments.
    struct Place {
        hash: AtomicU64,
        /// When it called last; 0 for never.
        called: AtomicU64,
    }
}

impl EmergencyWindow {
    /// Memory for numbers that are remembered for `span`. A span of zero remembers none.
    pub fn new(span: Duration) -> io::Result<Self> {
        Ok(Self {
            callers: Shared::new()?,
            outbox: Shared::new()?,
            hasher: RandomState::new(),
            span,
        })
    }

    /// Whether numbers are remembered.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.span.is_zero()
    }

    /// Remembers a number that calls an emergency number at `now`. True if other servers should know: a place was free for it, or its last
    /// call was more than a minute ago. A number for which another one had to give way stays here, so that a flood fills no other
    /// memory than this.
    #[allow(clippy::must_use_candidate, reason = "it changes shared memory")]
    pub fn remember(&self, number: &Number, source: Option<IpAddr>, now: Moment) -> bool {
        self.keep(number, source, now, now)
    }

    /// Remembers a number of which another server knows that it called an emergency number, for `left` from `now` on.
    pub fn learn(&self, number: &Number, left: Duration, now: Moment) {
        let called = now.before(self.span.saturating_sub(left));
        self.keep(number, None, called, now);
    }

    fn keep(&self, number: &Number, source: Option<IpAddr>, called: Moment, now: Moment) -> bool {
        let hash = self.hash(number);
        let Some(set) = self.set(hash).filter(|_| self.is_on()) else {
            return false;
        };
        self.callers.latest.fetch_max(called.to_shared(), Relaxed);
        let pair = self.hasher.hash_one(source) % (WAYS as u64 / 2);
        let pair = usize::try_from(2 * pair).unwrap_or(0);
        if let Some(known) = set.iter().find(|place| place.hash.load(Relaxed) == hash) {
            let before = Moment::from_shared(known.called.fetch_max(called.to_shared(), Relaxed));
            return before.is_none_or(|before| now.since(before) > MINUTE.min(self.span));
        }
        let ours = set.iter().skip(pair).take(2);
        let is_free = |place: &&Place| !self.is_in_use(place, now);
        // The two of this source first: what others may take from it is little then.
        let free = ours.clone().chain(set).find(is_free);
        let oldest = || ours.min_by_key(|place| place.called.load(Relaxed));
        let Some(place) = free.or_else(oldest) else {
            return false;
        };
        // Nobody finds the new number at the old time, or the old number at the new one.
        place.called.store(0, Relaxed);
        place.hash.store(hash, Relaxed);
        place.called.store(called.to_shared(), Relaxed);
        free.is_some()
    }

    /// Notes that other servers are to know a number.
    pub fn put(&self, number: &Number, now: Moment) {
        self.outbox.put(number, now);
    }

    /// Whether there are numbers that other servers are to know, and may be told of now.
    #[must_use]
    pub fn has_pending(&self, now: Moment) -> bool {
        self.outbox.is_due(now)
    }

    /// The numbers that other servers are to know, each once, and when it called.
    #[must_use]
    pub fn take_pending(&self, now: Moment) -> Vec<(Number, Moment)> {
        let mut pending = self.outbox.take();
        pending.retain(|(_, called)| now.since(*called) < self.span);
        pending
    }

    /// Keeps numbers that other servers could not be told of, 64 at most. They are tried again at `then`.
    pub fn requeue(&self, pending: &[(Number, Moment)], then: Moment) {
        for (number, called) in pending {
            self.outbox.requeue(number, *called);
        }
        self.outbox.pause(then);
    }

    /// How long a number that called then is remembered from `now` on.
    #[must_use]
    pub fn left(&self, called: Moment, now: Moment) -> Duration {
        self.span.saturating_sub(now.since(called))
    }

    /// Whether no number called an emergency number within the span before `now`. That is so nearly always, and found out at once.
    #[must_use]
    pub fn is_empty(&self, now: Moment) -> bool {
        let latest = Moment::from_shared(self.callers.latest.load(Relaxed));
        latest.is_none_or(|latest| now.since(latest) >= self.span)
    }

    /// Whether a number called an emergency number within the span before `now`.
    #[must_use]
    pub fn has(&self, number: &Number, now: Moment) -> bool {
        let hash = self.hash(number);
        let mut set = self.set(hash).into_iter().flatten();
        set.any(|place| place.hash.load(Relaxed) == hash && self.is_in_use(place, now))
    }

    /// How many numbers are remembered. It reads all places.
    #[must_use]
    pub fn count(&self, now: Moment) -> usize {
        let places = self.callers.sets.iter().flat_map(|set| &set.places);
        places.filter(|place| self.is_in_use(place, now)).count()
    }

    fn is_in_use(&self, place: &Place, now: Moment) -> bool {
        let called = Moment::from_shared(place.called.load(Relaxed));
        called.is_some_and(|called| now.since(called) < self.span)
    }

    fn set(&self, hash: u64) -> Option<&[Place; WAYS]> {
        let set = usize::try_from(hash % SETS as u64).ok()?;
        self.callers.sets.get(set).map(|set| &set.places)
    }

    fn hash(&self, number: &Number) -> u64 {
        self.hasher.hash_one(number.as_str())
    }
}

const MINUTE: Duration = Duration::from_secs(60);

const SETS: usize = 8192;

const WAYS: usize = 8;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    use super::{EmergencyWindow, SETS, WAYS};
    use crate::clock::{Clock, Moment};
    use crate::number::Number;

    const SPAN: Duration = Duration::from_secs(4 * 3600);

    fn window() -> (EmergencyWindow, impl Fn(u64) -> Moment) {
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = move |seconds| start.after(Duration::from_secs(seconds));
        (EmergencyWindow::new(SPAN).expect("memory"), at)
    }

    fn nth(n: usize) -> Number {
        Number::new(format!("+1{:010}", 2_000_000_000 + n).as_bytes(), None)
            .expect("a global number")
    }

    fn source(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn a_number_is_remembered_for_the_span_after_its_last_emergency_call() {
        let (window, at) = window();
        let (one, other) = (nth(1), nth(2));
        assert!(!window.has(&one, at(0)) && window.count(at(0)) == 0);
        assert!(window.is_empty(at(0)));
        assert!(window.remember(&one, Some(source(1)), at(10)));
        assert!(!window.is_empty(at(9 + SPAN.as_secs())));
        assert!(window.is_empty(at(10 + SPAN.as_secs())));
        assert!(window.has(&one, at(10)) && !window.has(&other, at(10)));
        assert_eq!(window.count(at(10)), 1);
        assert!(window.has(&one, at(10 + SPAN.as_secs() - 1)));
        assert!(!window.has(&one, at(10 + SPAN.as_secs())));
        assert_eq!(window.count(at(10 + SPAN.as_secs())), 0);
        assert!(window.remember(&one, Some(source(2)), at(100)));
        assert!(
            !window.remember(&one, Some(source(2)), at(100)),
            "a moment ago"
        );
        assert!(window.has(&one, at(99 + SPAN.as_secs())));
        assert_eq!(window.count(at(100)), 1);
        assert!(window.remember(&one, Some(source(2)), at(100 + SPAN.as_secs())));
    }

    #[test]
    fn a_span_of_zero_remembers_nothing() {
        let (_, at) = window();
        let window = EmergencyWindow::new(Duration::ZERO).expect("memory");
        assert!(!window.remember(&nth(1), Some(source(1)), at(0)));
        assert!(!window.has(&nth(1), at(0)) && window.count(at(0)) == 0);
    }

    #[test]
    fn the_memory_does_not_grow_and_the_oldest_gives_way() {
        let (window, at) = window();
        let many = 4 * SETS * WAYS;
        let free = (0..many)
            .filter(|n| window.remember(&nth(*n), Some(source(1)), at(*n as u64 / 1000)))
            .count();
        let now = at(many as u64 / 1000);
        assert!(free <= SETS * WAYS);
        assert_eq!(window.count(now), free);
        // The last ones of each pair are there.
        let last = (many - SETS / 16..many).filter(|n| window.has(&nth(*n), now));
        assert!(last.count() > SETS / 16 * 9 / 10);
    }

    #[test]
    fn what_another_server_knows_is_remembered_as_long_as_there() {
        let (window, at) = window();
        for start in [0, 100, 20_000] {
            window.learn(&nth(1), Duration::from_secs(60), at(start));
            assert!(window.has(&nth(1), at(start + 59)) && !window.has(&nth(1), at(start + 60)));
        }
        // It does not shorten what this server knows itself, nor does a longer window elsewhere last longer here.
        window.remember(&nth(2), None, at(20_000));
        window.learn(&nth(2), Duration::from_secs(60), at(20_000));
        assert!(window.has(&nth(2), at(20_061)));
        window.learn(&nth(3), 10 * SPAN, at(20_000));
        assert!(!window.has(&nth(3), at(20_000 + SPAN.as_secs())));
    }

    #[test]
    fn a_flood_from_one_address_leaves_most_numbers_of_others() {
        let (window, at) = window();
        let real = 200;
        for n in 0..real {
            let of = u8::try_from(n % 50).expect("small");
            window.remember(&nth(n), Some(source(of)), at(0));
        }
        for n in real..real + 10 * SETS * WAYS {
            window.remember(&nth(n), Some(source(200)), at(1));
        }
        let left = (0..real).filter(|n| window.has(&nth(*n), at(2))).count();
        // A quarter of the addresses share the places of the flood, give or take.
        assert!(left > real / 2, "{left}");
    }
}
