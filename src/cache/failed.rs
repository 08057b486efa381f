// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers whose lookup failed a moment ago.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use super::Key;
use crate::clock::Moment;
use crate::failure::Failure;
use crate::os::shared::shareable;

shareable! {
    /// The last failure of each key, for five seconds: a number whose lookup fails must not be asked about again and again. It
    /// works without the cache too. Keys with the same slot replace each other.
    pub struct Failed {
        /// 0, or a part of the key in 28 bits, the failure in 8, and in 28 when it came, in units of 64 ms.
        places: [AtomicU64; PLACES],
    }
}

impl Failed {
    /// Stores a failure.
    pub fn remember(&self, key: &Key, failure: Failure, now: Moment) {
        if let Some(place) = self.place(key) {
            place.store(tag(key) | (failure as u64) << 28 | tick(now), Relaxed);
        }
    }

    /// How the last lookup of a key failed, if that was in the five seconds before a call that began at `started`. A call that
    /// began before the failure is not concerned.
    #[must_use]
    pub fn find(&self, key: &Key, started: Moment) -> Option<Failure> {
        let seen = self.place(key)?.load(Relaxed);
        if seen & TAG != tag(key) {
            return None;
        }
        // If it began before, this is a large number.
        let age = tick(started).wrapping_sub(seen & TICKS) & TICKS;
        let failure = *Failure::ALL.get(usize::try_from(seen >> 28 & 0xff).ok()?)?;
        // Zeroed memory is no failure.
        (failure != Failure::None && age < SPAN).then_some(failure)
    }

    /// Removes a key, or all of them.
    pub fn forget(&self, key: Option<&Key>) {
        match key {
            Some(key) => {
                if let Some(place) = self.place(key)
                    && place.load(Relaxed) & TAG == tag(key)
                {
                    place.store(0, Relaxed);
                }
            }
            None => self.places.iter().for_each(|place| place.store(0, Relaxed)),
        }
    }

    fn place(&self, key: &Key) -> Option<&AtomicU64> {
        self.places.get(key.place(PLACES))
    }
}

fn tag(key: &Key) -> u64 {
    let [_, word] = key.words();
    word & TAG
}

fn tick(moment: Moment) -> u64 {
    (moment.to_shared() / TICK_MS) & TICKS
}

/// How long a number is left alone, in ticks: five seconds.
const SPAN: u64 = 5000 / TICK_MS;

const PLACES: usize = 8192;
const TICK_MS: u64 = 64;
const TAG: u64 = !0 << 36;
const TICKS: u64 = (1 << 28) - 1;

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::tests::key;
    use super::Failed;
    use crate::clock::Clock;
    use crate::failure::Failure;
    use crate::os::shared::Shared;

    #[test]
    fn a_failure_is_remembered_for_a_few_seconds() {
        let failed = Shared::<Failed>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = |ms| start.after(Duration::from_millis(ms));
        let (one, other) = (key(1), key(2));
        assert_eq!(failed.find(&one, at(0)), None);
        failed.remember(&one, Failure::Http5xx, at(100));
        assert_eq!(failed.find(&one, at(0)), None, "it began before");
        failed.remember(&one, Failure::Http5xx, at(0));
        assert_eq!(failed.find(&one, at(0)), Some(Failure::Http5xx));
        assert_eq!(failed.find(&one, at(4800)), Some(Failure::Http5xx));
        for ms in 0..200 {
            let now = at(20_000 + ms);
            failed.remember(&one, Failure::Http5xx, now);
            assert_eq!(failed.find(&one, now), Some(Failure::Http5xx), "{ms}");
        }
        assert_eq!(failed.find(&one, at(5100)), None);
        assert_eq!(failed.find(&other, at(0)), None);
        failed.remember(&one, Failure::Reset, at(6000));
        failed.remember(&other, Failure::Parse, at(6000));
        failed.forget(Some(&one));
        assert_eq!(failed.find(&one, at(6000)), None);
        assert_eq!(failed.find(&other, at(6000)), Some(Failure::Parse));
        failed.forget(None);
        assert_eq!(failed.find(&other, at(6000)), None);
    }
}
