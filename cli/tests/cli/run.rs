// SPDX-License-Identifier: GPL-2.0-or-later

//! The program with the key of the tests in its environment.

use crate::program::{KEY, Run};

impl Run {
    /// Runs it with these arguments.
    pub(crate) fn of(arguments: &[&str]) -> Self {
        Self::with_input(arguments, "")
    }

    /// The same, with this text on standard input.
    pub(crate) fn with_input(arguments: &[&str], input: &str) -> Self {
        Self::in_environment(arguments, input, &[("NUMBERS_ONLINE_API_KEY", KEY)])
    }
}
