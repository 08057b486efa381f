// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers that other servers do not know yet.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::clock::Moment;
use crate::number::Number;
use crate::os::shared::shareable;

shareable! {
    /// A ring of numbers. A number that finds it full replaces the oldest one, which then stays known to this server alone.
    ///
    /// A process that dies while it writes leaves an empty place, or a number that is taken out with the next one. Only if more
    /// numbers than there are places are written at the same time may two meet in one place and a number be a mixture of both.
    pub(super) struct Outbox {
        places: [Place; PLACES],
        /// How many places were given out, each to one writer.
        given: AtomicU64,
        /// How many numbers were put in.
        put: AtomicU64,
        /// How many of them had been put in when the ring was emptied last.
        taken: AtomicU64,
        /// Nobody takes them before.
        due: AtomicU64,
    }
}

shareable! {
    struct Place {
        number: [AtomicU64; 2],
        /// When it called; 0 if the place is empty.
        called: AtomicU64,
    }
}

impl Outbox {
    pub(super) fn put(&self, number: &Number, called: Moment) {
        let place = usize::try_from(self.given.fetch_add(1, Relaxed)).unwrap_or(0) % PLACES;
        if let Some(place) = self.places.get(place) {
            place.called.store(0, Relaxed);
            for (to, word) in place.number.iter().zip(number.to_shared()) {
                to.store(word, Relaxed);
            }
            place.called.store(called.to_shared(), Release);
        }
        // Sequentially consistent: a thread that goes to sleep reads it, and whoever puts a number in wakes it then.
        self.put.fetch_add(1, SeqCst);
    }

    /// Puts in a number that was taken out, unless a later one would have to give way.
    pub(super) fn requeue(&self, number: &Number, called: Moment) {
        let given = usize::try_from(self.given.load(Relaxed)).unwrap_or(0);
        let next = self.places.get(given % PLACES);
        if next.is_some_and(|next| next.called.load(Relaxed) == 0) {
            self.put(number, called);
        }
    }

    /// Whether there is something to take at `now`.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.put.load(SeqCst) != self.taken.load(SeqCst)
            && self.due.load(Relaxed) <= now.to_shared()
    }

    /// Lets everything lie until then.
    pub(super) fn pause(&self, then: Moment) {
        self.due.store(then.to_shared(), Relaxed);
    }

    /// Takes all numbers out.
    pub(super) fn take(&self) -> Vec<(Number, Moment)> {
        let put = self.put.load(Acquire);
        let taken = self.places.iter().filter_map(Place::take).collect();
        self.taken.store(put, SeqCst);
        taken
    }
}

impl Place {
    fn take(&self) -> Option<(Number, Moment)> {
        if self.called.load(Relaxed) == 0 {
            return None;
        }
        let called = Moment::from_shared(self.called.swap(0, AcqRel))?;
        let number = Number::from_shared(self.number.each_ref().map(|word| word.load(Relaxed)))?;
        Some((number, called))
    }
}

const PLACES: usize = 64;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Outbox, PLACES};
    use crate::clock::Clock;
    use crate::number::Number;
    use crate::os::shared::Shared;

    #[test]
    fn what_is_put_in_comes_out_once() {
        let outbox = Shared::<Outbox>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = |n: usize| start.after(Duration::from_secs(n as u64));
        let nth = |n: usize| {
            Number::new(format!("+1202555{n:04}").as_bytes(), None).expect("a global number")
        };
        let now = at(0);
        let is_empty = || !outbox.is_due(now) && outbox.take().is_empty();
        assert!(is_empty());
        for count in [1, 5, PLACES, PLACES + 10] {
            for n in 0..count {
                outbox.put(&nth(n), at(n));
            }
            assert!(outbox.is_due(now));
            let mut taken = outbox.take();
            taken.sort_unstable_by_key(|(_, called)| *called);
            let lost = count.saturating_sub(PLACES);
            let wanted: Vec<_> = (lost..count).map(|n| (nth(n), at(n))).collect();
            assert_eq!(taken, wanted);
            assert!(is_empty());
        }
        // A number that comes back gives way to those that came meanwhile.
        for n in 0..PLACES {
            outbox.put(&nth(n), at(n));
        }
        outbox.requeue(&nth(PLACES), at(0));
        let taken = outbox.take();
        assert!(taken.len() == PLACES && taken.iter().all(|(number, _)| *number != nth(PLACES)));
        outbox.requeue(&nth(1), at(0));
        outbox.pause(at(2));
        assert_eq!(
            [0, 1, 2, 3].map(|n| outbox.is_due(at(n))),
            [false, false, true, true]
        );
    }
}
