// SPDX-License-Identifier: GPL-2.0-or-later
//! No full number and no key in any log line, at any level: the module logs everything it can during the whole suite.
use std::{fs, sync::Arc};

use libtest_mimic::{Completion, Failed, Trial};
use testbed::Result;

use crate::{callers, suite::Suite};

/// Searches the logs of all servers, once all other trials are over.
pub(crate) fn trial(suite: &Arc<Suite>) -> Trial {
    let suite = Arc::clone(suite);
    Trial::ignorable_test("privacy/no log has a number or a key in it", move || {
        suite.wait_for_the_others();
        match search(&suite) {
            Ok(0) => Ok(Completion::ignored_with(
                "needs a server that logged something",
            )),
            Ok(_) => Ok(Completion::Completed),
            Err(trouble) => Err(Failed::from(trouble)),
        }
    })
}

/// The number of lines of the module. An error if one contains a secret or a number.
fn search(suite: &Suite) -> Result<usize> {
    let mut spoken = 0;
    let mut leaks = Vec::new();
    for entry in fs::read_dir(suite.logs())? {
        let path = entry?.path();
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        spoken += text
            .lines()
            .filter(|line| line.contains("numbers_online"))
            .count();
        leaks.extend(
            text.lines()
                .filter_map(leak)
                .map(|what| format!("{}: {what}", path.display())),
        );
    }
    // Checks that the search itself can find something.
    let planted = [
        "+12025550123",
        "tel:+1-202-555-0123",
        "Bearer nol_test_4b1d9f2c7e",
    ];
    if let Some(missed) = planted.iter().find(|line| leak(line).is_none()) {
        return Err(format!("the search overlooks {missed}").into());
    }
    if leaks.is_empty() {
        return Ok(spoken);
    }
    let shown = &leaks[..leaks.len().min(20)];
    Err(format!("{} lines tell too much:\n{}", leaks.len(), shown.join("\n")).into())
}

/// What a line contains that it must not. Separators between digits are ignored.
fn leak(line: &str) -> Option<String> {
    let digits: String = line
        .chars()
        .filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' '))
        .collect();
    let found = callers::PRIVATE
        .iter()
        .find(|private| line.contains(*private) || digits.contains(*private))?;
    Some(format!("{found:?} in {line:?}"))
}
