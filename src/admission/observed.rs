// SPDX-License-Identifier: GPL-2.0-or-later
//! What the workers noticed of the API, for the operator.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU32};

use crate::os::shared::shareable;

shareable! {
    /// Clock and name of the API.
    pub(super) struct Observed {
        /// The difference of the API's clock to this machine's in seconds; the lowest bit is 1 once it is known.
        skew: AtomicI64,
        /// How the last request fared with the API's name: 0 unknown, 1 it resolved, 2 it did not.
        names: AtomicU32,
    }
}

impl Observed {
    pub(super) fn note_skew(&self, seconds: i64) {
        self.skew.store((seconds << 1) | 1, Release);
    }

    pub(super) fn skew(&self) -> Option<i64> {
        let stored = self.skew.load(Acquire);
        (stored & 1 == 1).then_some(stored >> 1)
    }

    pub(super) fn note_names(&self, resolved: bool) {
        self.names.store(if resolved { 1 } else { 2 }, Relaxed);
    }

    pub(super) fn names(&self) -> &'static str {
        match self.names.load(Relaxed) {
            1 => "ok",
            2 => "failed",
            _ => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Observed;
    use crate::os::shared::Shared;

    #[test]
    fn what_was_noticed_is_read_by_all() {
        let observed = Shared::<Observed>::new().expect("memory");
        assert_eq!((observed.names(), observed.skew()), ("unknown", None));
        observed.note_skew(-7);
        observed.note_names(true);
        assert_eq!((observed.names(), observed.skew()), ("ok", Some(-7)));
        observed.note_names(false);
        assert_eq!(observed.names(), "failed");
    }
}
