// SPDX-License-Identifier: GPL-2.0-or-later
//! How old the do-not-originate lists are. Numbers are assigned every day: an old list blocks their new owners.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::clock::Moment;
use crate::os::shared::{Shared, shareable};

/// One of these lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DnoList {
    /// Its place among the files.
    pub(super) place: u16,
    /// The age from which on it is warned of.
    pub(super) max_age: Option<Duration>,
}

shareable! {
    /// When the next warning is due.
    pub(super) struct Due {
        next: AtomicU64,
    }
}

/// The lists, and when they are looked at again.
#[derive(Debug)]
pub(super) struct Ages {
    pub(super) lists: Vec<DnoList>,
    due: Shared<Due>,
}

impl Ages {
    pub(super) fn new(lists: Vec<DnoList>) -> io::Result<Self> {
        Ok(Self {
            lists,
            due: Shared::new()?,
        })
    }

    /// Whether a day is over. True for one caller in one process, and not at the first look.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        if self.lists.is_empty() {
            return false;
        }
        let next = self.due.next.load(Relaxed);
        if Moment::from_shared(next).is_some_and(|next| now < next) {
            return false;
        }
        let later = now.after(DAY).to_shared();
        let ours = self
            .due
            .next
            .compare_exchange(next, later, Relaxed, Relaxed)
            .is_ok();
        ours && next != 0
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Ages, DAY, DnoList};
    use crate::clock::Clock;

    #[test]
    fn a_warning_is_due_once_a_day() {
        let start = Clock::starting(Instant::now()).at(Instant::now());
        let at = |seconds| start.after(Duration::from_secs(seconds));
        let list = DnoList {
            place: 0,
            max_age: None,
        };
        let ages = Ages::new(vec![list]).expect("memory");
        let day = DAY.as_secs();
        for (seconds, due) in [
            (0, false),
            (1, false),
            (day - 1, false),
            (day, true),
            (day + 1, false),
            (2 * day + 1, true),
            (2 * day + 1, false),
        ] {
            assert_eq!(ages.is_due(at(seconds)), due, "{seconds}");
        }
        let none = Ages::new(Vec::new()).expect("memory");
        assert!(!none.is_due(at(day)) && !none.is_due(at(3 * day)));
    }
}
