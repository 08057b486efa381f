// SPDX-License-Identifier: GPL-2.0-or-later

//! The subcommands.

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::stop::Stop;
use crate::{decide, doctor, verify};

/// A subcommand.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// The text of `--help`.
    pub(crate) help: &'static str,
    /// Reads its arguments and does it.
    pub(crate) run: fn(Arguments) -> Result<Exit, Stop>,
}

impl Command {
    /// All of them, in the order of the help.
    pub(crate) const ALL: &[&Self] = &[&decide::COMMAND, &doctor::COMMAND, &verify::COMMAND];

    /// The one with this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|known| known.name == name)
    }
}
