// SPDX-License-Identifier: GPL-2.0-or-later

//! The program as a process of its own.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// How it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Run {
    /// Runs it with these arguments, this text on standard input, and these variables alone. The file of the machine is not
    /// read.
    pub(crate) fn in_environment(
        arguments: &[&str],
        input: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let (options, rest) = match arguments {
            // A later --config replaces it.
            [subcommand @ ("decide" | "doctor" | "verify"), rest @ ..] => {
                (vec![*subcommand, "--config=/dev/null"], rest)
            }
            other => (Vec::new(), other),
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_numbers-online"))
            .args(options)
            .args(rest)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut stdin = child.stdin.take().expect("standard input");
        // It may end without reading.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let ended = child.wait_with_output().expect("an end");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let run = Self {
            code: ended.status.code().expect("no signal"),
            out: text(ended.stdout),
            errors: text(ended.stderr),
        };
        assert!(
            !run.out.contains(KEY) && !run.errors.contains(KEY),
            "{run:?}"
        );
        assert!(!run.out.contains('\x1b'), "{run:?}");
        run
    }

    /// The JSON in its output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) const KEY: &str = "nol_0123456789abcdef";
