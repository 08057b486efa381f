// SPDX-License-Identifier: GPL-2.0-or-later
//! What the operator sets and reads while the server runs.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::log_limit::LogLimit;
use crate::clock::Moment;
use crate::failure::Failure;
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
    /// The operator's switches, for the whole server.
    pub struct Control {
        mode: AtomicU32,
        /// How often keys and certificates were read again.
        generation: AtomicU32,
        /// For calls with the name of a profile that does not exist.
        unknown_profiles: LogLimit,
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

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Acquire)
    }

    pub(super) fn reloaded(&self) -> u32 {
        self.generation.fetch_add(1, AcqRel) + 1
    }

    /// Counts a call with the name of a profile that does not exist. Their number since the last logged one, if it may be logged.
    pub(crate) fn note_unknown_profile(&self, now: Moment) -> Option<u64> {
        self.unknown_profiles.may_log(Failure::Internal, now)
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
        assert_eq!((control.mode(), control.generation()), (Mode::Auto, 0));
        control.set_mode(Mode::Open);
        assert_eq!(control.reloaded(), 1);
        assert_eq!((control.mode(), control.generation()), (Mode::Open, 1));
        assert_eq!(Mode::from_name("half"), None);
    }
}
