// SPDX-License-Identifier: GPL-2.0-or-later

//! The arguments of a subcommand.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::stop::Stop;

/// Those that are not read yet.
pub(crate) struct Arguments(Parser);

/// One argument.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An option, without its dashes.
    Option(String),
    /// Anything else.
    Value(OsString),
}

impl Arguments {
    pub(crate) fn new(parser: Parser) -> Self {
        Self(parser)
    }

    /// The next one. The option `--help` ends the subcommand.
    pub(crate) fn next(&mut self) -> Result<Option<Argument>, Stop> {
        Ok(match self.0.next()? {
            None => None,
            Some(Arg::Long("help") | Arg::Short('h')) => return Err(Stop::Help),
            Some(Arg::Long(name)) => Some(Argument::Option(name.to_owned())),
            Some(Arg::Short(name)) => return Err(unknown(&format!("-{name}"))),
            Some(Arg::Value(value)) => Some(Argument::Value(value)),
        })
    }

    /// The value of the option that was read last.
    pub(crate) fn text(&mut self) -> Result<String, Stop> {
        Ok(self.0.value()?.string()?)
    }

    /// The same, as a path.
    pub(crate) fn path(&mut self) -> Result<PathBuf, Stop> {
        Ok(self.0.value()?.into())
    }
}

/// An option that the subcommand does not have.
pub(crate) fn unknown(option: &str) -> Stop {
    Stop::usage(format!("there is no option {option}"))
}

/// Keeps the only argument without a name. `what` it is is said if there is a second one, which is not repeated: it may be a key.
pub(crate) fn keep_only(
    place: &mut Option<OsString>,
    value: OsString,
    what: &str,
) -> Result<(), Stop> {
    if place.is_some() {
        return Err(Stop::usage(format!("more than one {what}")));
    }
    *place = Some(value);
    Ok(())
}

/// A text that must be Unicode.
pub(crate) fn unicode<'a>(text: &'a OsStr, what: &str) -> Result<&'a str, Stop> {
    let text = text.to_str();
    text.ok_or_else(|| Stop::usage(format!("the {what} is not UTF-8")))
}
