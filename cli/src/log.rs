// SPDX-License-Identifier: GPL-2.0-or-later

//! Where the log lines of the library go.

use numbers_online::log::{Level, Log};

use crate::output::complain;

/// To standard error.
#[derive(Debug)]
pub(crate) struct StandardError;

/// Nowhere: the subcommand reports the same in another way.
#[derive(Debug)]
pub(crate) struct Silent;

impl Log for StandardError {
    fn line(&self, level: Level, text: &str) {
        let level = match level {
            Level::Error => "error: ",
            Level::Warning => "warning: ",
            Level::Notice => "",
        };
        complain("numbers-online", &format!("{level}{text}"));
    }
}

impl Log for Silent {
    fn line(&self, _: Level, _: &str) {}

    fn is_on(&self, _: Level) -> bool {
        false
    }
}
