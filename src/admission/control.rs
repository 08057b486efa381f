// SPDX-License-Identifier: GPL-2.0-or-later
//! What the operator sets and reads while the server runs.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU32};

use crate::os::shared::shareable;

/// How the breakers work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They open and close by themselves.
    Auto,
    /// No request is made.
    Open,
    /// Requests are always made.
    Closed,
}

shareable! {
    /// The operator's switches, and what the workers noticed.
    pub(super) struct Control {
        mode: AtomicU32,
        /// How often keys and certificates were read again.
        generation: AtomicU32,
        /// The difference of the API's clock to this machine's in seconds; the lowest bit is 1 once it is known.
        skew: AtomicI64,
        /// How the last request fared with the API's name: 0 unknown, 1 it resolved, 2 it did not.
        names: AtomicU32,
    }
}

impl Control {
    pub(super) fn mode(&self) -> Mode {
        let stored = self.mode.load(Relaxed);
        [Mode::Auto, Mode::Open, Mode::Closed]
            .into_iter()
            .find(|mode| *mode as u32 == stored)
            .unwrap_or(Mode::Auto)
    }

    pub(super) fn set_mode(&self, mode: Mode) {
        self.mode.store(mode as u32, Relaxed);
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Acquire)
    }

    pub(super) fn reloaded(&self) -> u32 {
        self.generation.fetch_add(1, AcqRel) + 1
    }

    pub(super) fn note_skew(&self, seconds: i64) {
        self.skew.store((seconds << 1) | 1, Release);
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

    pub(super) fn skew(&self) -> Option<i64> {
        let stored = self.skew.load(Acquire);
        (stored & 1 == 1).then_some(stored >> 1)
    }
}

impl Mode {
    /// The operator's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads the operator's word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Auto, Self::Open, Self::Closed]
            .into_iter()
            .find(|mode| mode.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Control, Mode};
    use crate::os::shared::Shared;

    #[test]
    fn what_is_set_is_read_by_all() {
        let control = Shared::<Control>::new().expect("memory");
        assert_eq!(
            (control.mode(), control.generation(), control.skew()),
            (Mode::Auto, 0, None)
        );
        control.set_mode(Mode::Open);
        control.note_skew(-7);
        assert_eq!(control.reloaded(), 1);
        assert_eq!(
            (control.mode(), control.generation(), control.skew()),
            (Mode::Open, 1, Some(-7))
        );
        assert_eq!(Mode::from_name("half"), None);
    }
}
