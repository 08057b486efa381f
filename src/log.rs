// SPDX-License-Identifier: GPL-2.0-or-later
//! The server's log, as this library sees it.

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The operator must do something.
    Error,
    /// The operator should know.
    Warning,
    /// Good to know.
    Notice,
}

/// Takes lines. One event is one line; a line holds no number and no key.
pub trait Log {
    /// Writes one line.
    fn line(&self, level: Level, text: &str);
}
