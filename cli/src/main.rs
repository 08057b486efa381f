// SPDX-License-Identifier: GPL-2.0-or-later

//! The program `numbers-online`: the decisions of numbers.online on the command line. README.md describes its subcommands.

#![forbid(unsafe_code)]
#![warn(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a failing test may panic"
    )
)]

mod arguments;
mod command;
mod decide;
mod doctor;
mod exit;
mod log;
mod output;
mod program;
mod settings;
mod stop;
mod terminal;
mod verify;

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    program::run(env::args_os().skip(1)).into()
}
