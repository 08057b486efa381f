// SPDX-License-Identifier: GPL-2.0-or-later

//! Colours.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

/// Whether colours are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    has_colours: bool,
}

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// All is well.
    Green,
    /// Look at it.
    Yellow,
    /// Something is wrong.
    Red,
}

impl Terminal {
    /// Standard output. It has colours if it is a terminal, and `NO_COLOR` is not set (no-color.org).
    pub(crate) fn of_output() -> Self {
        Self::new(io::stdout().is_terminal(), |name| env::var_os(name))
    }

    fn new(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let is_unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            has_colours: is_terminal && !is_dumb && !is_unwanted,
        }
    }

    /// Without colours.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self { has_colours: false }
    }

    /// A text in a colour.
    pub(crate) fn paint(self, text: &str, colour: Colour) -> String {
        if !self.has_colours {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, Terminal};

    #[test]
    fn colours_are_written_only_where_they_are_wanted() {
        for (is_terminal, term, no_color, painted) in [
            (true, Some("xterm"), None, "\x1b[32mok\x1b[0m"),
            (true, None, Some(""), "\x1b[32mok\x1b[0m"),
            (true, Some("xterm"), Some("1"), "ok"),
            (true, Some("dumb"), None, "ok"),
            (false, Some("xterm"), None, "ok"),
        ] {
            let terminal = Terminal::new(is_terminal, |name| {
                let value = if name == "TERM" { term } else { no_color };
                value.map(Into::into)
            });
            let shown = terminal.paint("ok", Colour::Green);
            assert_eq!(shown, painted, "{is_terminal} {term:?} {no_color:?}");
        }
    }
}
