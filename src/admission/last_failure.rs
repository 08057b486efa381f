// SPDX-License-Identifier: GPL-2.0-or-later
//! The last failed lookup, for the operator.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::cause::Cause;
use crate::clock::Moment;
use crate::failure::Failure;
use crate::os::shared::shareable;

shareable! {
    /// 0, or when it was in the upper 48 bits, the failure in 8, and 1 more than the cause in the lower 8; 0 without a cause.
    pub(super) struct LastFailure {
        word: AtomicU64,
    }
}

impl LastFailure {
    pub(super) fn note(&self, failure: Failure, cause: Option<Cause>, now: Moment) {
        let cause = cause.map_or(0, |cause| cause as u64 + 1);
        let word = now.to_shared() << 16 | (failure as u64) << 8 | cause;
        self.word.store(word, Relaxed);
    }

    pub(super) fn read(&self, now: Moment) -> Option<(Failure, Option<Cause>, Duration)> {
        let word = self.word.load(Relaxed);
        let at = Moment::from_shared(word >> 16)?;
        let [cause, failure, ..] = word.to_le_bytes();
        let cause = usize::from(cause)
            .checked_sub(1)
            .and_then(|cause| Cause::ALL.get(cause).copied());
        Some((
            *Failure::ALL.get(usize::from(failure))?,
            cause,
            now.since(at),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::LastFailure;
    use crate::cause::Cause;
    use crate::clock::Clock;
    use crate::failure::Failure;
    use crate::os::shared::Shared;

    #[test]
    fn a_failure_comes_back_with_its_cause_and_its_age() {
        let last = Shared::<LastFailure>::new().expect("memory");
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let later = start.after(Duration::from_secs(3));
        assert_eq!(last.read(start), None);
        for cause in std::iter::once(None).chain(Cause::ALL.iter().copied().map(Some)) {
            last.note(Failure::Internal, cause, start);
            let read = (Failure::Internal, cause, Duration::from_secs(3));
            assert_eq!(last.read(later), Some(read));
        }
    }
}
