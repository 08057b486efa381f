// SPDX-License-Identifier: GPL-2.0-or-later
//! The interface to the server's log.

/// The level of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The operator must do something.
    Error,
    /// The operator should know.
    Warning,
    /// For information.
    Notice,
}

/// Writes lines to the log. One event is one line. A line contains no telephone number and no key.
pub trait Log {
    /// Writes one line.
    fn line(&self, level: Level, text: &str);

    /// Whether lines of this level are written at present. A line that is long to make need not be made otherwise.
    fn is_on(&self, _level: Level) -> bool {
        true
    }
}
