// SPDX-License-Identifier: GPL-2.0-or-later

//! From the command line to a subcommand.

use std::ffi::OsString;

use lexopt::{Arg, Parser};

use crate::arguments::{Arguments, unicode, unknown};
use crate::command::Command;
use crate::exit::Exit;
use crate::output::{complain, print};
use crate::stop::Stop;

/// Runs the subcommand that the arguments name.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let mut parser = Parser::from_args(arguments);
    let command = match command(&mut parser) {
        Ok(Some(command)) => command,
        Ok(None) => return Exit::Good,
        Err(stop) => return end(stop, "", &overview()),
    };
    let outcome = (command.run)(Arguments::new(parser));
    outcome.unwrap_or_else(|stop| end(stop, command.name, command.help))
}

/// The subcommand, or none if something was asked about the program itself.
fn command(parser: &mut Parser) -> Result<Option<&'static Command>, Stop> {
    match parser.next()? {
        None => Err(Stop::usage("no subcommand")),
        Some(Arg::Long("help") | Arg::Short('h')) => Err(Stop::Help),
        Some(Arg::Long("version") | Arg::Short('V')) => {
            print(concat!("numbers-online ", env!("CARGO_PKG_VERSION"), "\n"));
            Ok(None)
        }
        Some(Arg::Long(option)) => Err(unknown(&format!("--{option}"))),
        Some(Arg::Short(option)) => Err(unknown(&format!("-{option}"))),
        Some(Arg::Value(name)) => {
            let name = unicode(&name, "subcommand")?;
            let command = Command::find(name);
            // It may be a number, or a key.
            let unknown = || Stop::usage("there is no such subcommand");
            command.map(Some).ok_or_else(unknown)
        }
    }
}

/// Says why a subcommand ended.
fn end(stop: Stop, command: &str, help: &str) -> Exit {
    let (exit, lines) = match stop {
        Stop::Help => {
            print(help);
            return Exit::Good;
        }
        Stop::Failed(exit, lines) => (exit, lines),
    };
    let who = if command.is_empty() {
        "numbers-online".to_owned()
    } else {
        format!("numbers-online {command}")
    };
    let hint = match exit {
        Exit::Usage => format!("; see {who} --help"),
        _ => String::new(),
    };
    for line in lines {
        complain(&who, &format!("{line}{hint}"));
    }
    exit
}

fn overview() -> String {
    let commands = Command::ALL
        .iter()
        .map(|command| format!("  {:<8}{}\n", command.name, command.summary));
    format!(
        "Usage: numbers-online SUBCOMMAND [OPTION]... [ARGUMENT]

Subcommands:
{}
Options:
  -h, --help     Show this text, or that of a subcommand
  -V, --version  Show the version

A wrong command line ends with the exit code 64, a parameter that cannot be used with 78.
",
        commands.collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::overview;
    use crate::command::Command;

    const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

    #[test]
    fn every_subcommand_and_option_is_in_the_readme() {
        for command in Command::ALL {
            assert!(overview().contains(command.summary));
            let usage = command.help.lines().next().expect("a line");
            let usage = usage.strip_prefix("Usage: ").expect("a usage");
            assert!(README.contains(usage), "{usage}");
            for option in command.help.split_whitespace() {
                if option.starts_with("--") {
                    assert!(README.contains(&format!("`{option}")), "{option}");
                }
            }
        }
    }
}
