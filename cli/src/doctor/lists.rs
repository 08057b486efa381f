// SPDX-License-Identifier: GPL-2.0-or-later

//! The lists of numbers, and how old they are.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use numbers_online::config::ListFile;
use numbers_online::engine::Engine;

use super::check::{self, Check};

/// Each file once, however many profiles name it.
pub(super) fn checks(engine: &Engine, now: SystemTime) -> Vec<Check> {
    let (mut seen, mut checks): (Vec<&ListFile>, _) = (Vec::new(), Vec::new());
    for (_, profile) in engine.profiles.iter() {
        let config = &profile.config.lists;
        let lists = &engine.lists;
        let summary = lists.summary(lists.selection(config), now);
        for (file, entries, max_age) in [
            (&config.allow, summary.allow, None),
            (&config.deny, summary.deny, None),
            (&config.dno, summary.dno, config.dno_max_age),
        ] {
            let Some(file) = file else { continue };
            if !seen.iter().any(|known| known.path == file.path) {
                seen.push(file);
                let age = age(&file.path, now);
                checks.push(check(file, entries.unwrap_or(0), age, max_age));
            }
        }
    }
    checks
}

fn check(file: &ListFile, entries: u64, age: Option<Duration>, max_age: Option<Duration>) -> Check {
    let days = age.map(|age| age.as_secs() / (24 * 3600));
    let shown = days.map_or(String::new(), |days| format!(", {} old", check::days(days)));
    let finding = format!("{}: {entries} entries{shown}", file.path.display());
    let is_old = max_age.is_some_and(|max_age| age.is_some_and(|age| age > max_age));
    let check = if entries == 0 {
        Check::warn(
            file.parameter,
            finding,
            "the list is empty: fill it, or remove the parameter",
        )
    } else if is_old {
        Check::warn(
            file.parameter,
            finding,
            "older than dno_max_age: get a new list, since its numbers may be in use again",
        )
    } else {
        Check::ok(file.parameter, finding)
    };
    match days {
        Some(days) => check.with("age_days", days),
        None => check,
    }
}

/// A file from the future has no age.
fn age(path: &Path, now: SystemTime) -> Option<Duration> {
    let changed = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    now.duration_since(changed).ok()
}
