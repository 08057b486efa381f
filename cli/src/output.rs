// SPDX-License-Identifier: GPL-2.0-or-later

//! What the program writes.

use std::io::{self, Write};

use numbers_online::report::{Report, Value};
use serde_json::Map;

/// Writes to standard output. A reader that has seen enough is no error.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Writes a line to standard error.
pub(crate) fn complain(who: &str, line: &str) {
    // If standard error is closed, only the exit code remains.
    let _ = writeln!(io::stderr(), "{who}: {}", clean(line));
}

/// A text without characters that a terminal would obey.
pub(crate) fn clean(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(harmless).collect()
}

/// A value for programs.
pub(crate) fn print_json(value: &serde_json::Value) {
    print(&format!("{value}\n"));
}

/// A report for programs.
pub(crate) fn json(report: &Report) -> serde_json::Value {
    let members = report.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => text.as_str().into(),
            Value::Number(number) => (*number).into(),
        };
        (name.to_string_lossy().into_owned(), value)
    });
    serde_json::Value::Object(members.collect::<Map<_, _>>())
}
