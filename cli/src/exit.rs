// SPDX-License-Identifier: GPL-2.0-or-later

//! The exit codes, which README.md lists.

use std::process::ExitCode;

/// How the program ends. Codes from 64 on are those of BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Verified, decided, or all checks are ok.
    Good = 0,
    /// Not verified, allowed because the lookup failed, or a check warns.
    Doubtful = 1,
    /// Not signed, or a check failed.
    Bad = 2,
    /// The command line is wrong.
    Usage = 64,
    /// What was given is not a number, a key or an answer.
    Data = 65,
    /// A file cannot be read.
    NoInput = 66,
    /// The API did not give its public key.
    Unavailable = 69,
    /// A parameter cannot be used.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
