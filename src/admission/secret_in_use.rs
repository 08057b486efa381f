// SPDX-License-Identifier: GPL-2.0-or-later
//! Which signing secret requests are signed with.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use crate::os::shared::shareable;

shareable! {
    /// The signing secret in use, counted from 0.
    pub(super) struct SecretInUse {
        index: AtomicU32,
    }
}

/// What happened to the signing secret.
pub(super) enum Switch {
    /// The next one is in use from now on.
    Done,
    /// Another worker has switched since the request was signed.
    ByOthers,
    /// There is no other, or it was the last.
    None,
}

impl SecretInUse {
    pub(super) fn index(&self) -> usize {
        usize::try_from(self.index.load(Acquire)).unwrap_or(0)
    }

    /// Uses the first secret again.
    pub(super) fn reset(&self) {
        self.index.store(0, Release);
    }

    /// The API refused a request that was signed with `used`, one of `secrets`. During a rotation the other one may be right.
    pub(super) fn refused(&self, used: usize, secrets: usize) -> Switch {
        let next = if used + 1 < secrets { used + 1 } else { 0 };
        let [used, next] = [used, next].map(|index| u32::try_from(index).unwrap_or(0));
        let switched = self.index.compare_exchange(used, next, AcqRel, Acquire);
        match (switched, next) {
            (Err(_), _) => Switch::ByOthers,
            (Ok(_), 0) => Switch::None,
            (Ok(_), _) => Switch::Done,
        }
    }
}
