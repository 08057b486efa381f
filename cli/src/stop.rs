// SPDX-License-Identifier: GPL-2.0-or-later

//! Why a subcommand ends without a result.

use std::path::Path;

use crate::exit::Exit;

/// The end of a subcommand before its result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The user wants to read about it.
    Help,
    /// Something has to be corrected: one line for each.
    Failed(Exit, Vec<String>),
}

impl Stop {
    /// One line.
    pub(crate) fn new(exit: Exit, line: impl Into<String>) -> Self {
        Self::Failed(exit, vec![line.into()])
    }

    /// The command line is wrong.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self::new(Exit::Usage, line)
    }

    /// A file cannot be read.
    pub(crate) fn unreadable(path: &Path, why: impl std::fmt::Display) -> Self {
        Self::new(Exit::NoInput, format!("{}: {why}", path.display()))
    }
}

impl From<lexopt::Error> for Stop {
    fn from(error: lexopt::Error) -> Self {
        // A value may be a number, or a secret.
        Self::usage(match error {
            lexopt::Error::UnexpectedValue { option, .. } => {
                format!("option '{option}' takes no value")
            }
            lexopt::Error::NonUnicodeValue(_) => "an argument is not UTF-8".to_owned(),
            other => other.to_string(),
        })
    }
}
