// SPDX-License-Identifier: GPL-2.0-or-later
//! The server: its log, and the AVPs of its routing script.

use super::abi::{nol_host, nol_level, nol_str};
use crate::identity::{AvpName, MOST_AVPS, Sources};
use crate::log::{self, Level};

/// Writes lines to the server's log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log(nol_host);

impl Log {
    pub(super) fn new(host: nol_host) -> Self {
        Self(host)
    }
}

impl log::Log for Log {
    /// Control characters become `?`.
    fn line(&self, level: Level, text: &str) {
        let clean: String = text
            .chars()
            .map(|c| if c.is_control() { '?' } else { c })
            .collect();
        if let Some(log) = self.0.log {
            // SAFETY: the host guarantees a function that takes a line; the text outlives the call.
            unsafe { log(level_of(level), nol_str::lend(&clean)) }
        }
    }

    fn is_on(&self, level: Level) -> bool {
        // SAFETY: the host guarantees a function that takes a level.
        self.0
            .is_logged
            .is_none_or(|is_logged| unsafe { is_logged(level_of(level)) } != 0)
    }
}

fn level_of(level: Level) -> nol_level {
    match level {
        Level::Error => nol_level::NOL_ERROR,
        Level::Warning => nol_level::NOL_WARNING,
        Level::Notice => nol_level::NOL_NOTICE,
    }
}

/// Reads AVPs of the routing script.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avps(nol_host);

/// Their values.
#[derive(Debug)]
pub(super) struct AvpValues {
    room: [[u8; LONGEST_VALUE]; MOST_AVPS],
    lens: [usize; MOST_AVPS],
}

impl Avps {
    pub(super) fn new(host: nol_host) -> Self {
        Self(host)
    }

    /// The values that an identity may be in. `None` if there can be none.
    pub(super) fn read(&self, sources: &Sources) -> Option<AvpValues> {
        if sources.avps().is_empty() {
            return None;
        }
        let mut values = AvpValues {
            room: [[0; LONGEST_VALUE]; MOST_AVPS],
            lens: [0; MOST_AVPS],
        };
        let places = values.room.iter_mut().zip(&mut values.lens);
        for (name, (room, len)) in sources.avps().iter().zip(places) {
            *len = self.value(name, room);
        }
        Some(values)
    }

    fn value(&self, name: &AvpName, room: &mut [u8; LONGEST_VALUE]) -> usize {
        let Some(avp) = self.0.avp else {
            return 0;
        };
        let name = nol_str::lend(name.as_str());
        // SAFETY: the host guarantees a function that takes a name, and writes no more than there is room for.
        unsafe { avp(name, room.as_mut_ptr().cast(), LONGEST_VALUE) }
    }
}

impl AvpValues {
    /// In the order of [`Sources::avps`].
    pub(super) fn all(&self) -> [&[u8]; MOST_AVPS] {
        let mut all = [&[][..]; MOST_AVPS];
        for ((value, room), len) in all.iter_mut().zip(&self.room).zip(&self.lens) {
            *value = room.get(..*len).unwrap_or_default();
        }
        all
    }
}

/// A longer value is ignored. It may be a header with a display name.
const LONGEST_VALUE: usize = 256;
