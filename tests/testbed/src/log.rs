// SPDX-License-Identifier: GPL-2.0-or-later
//! The log of a server.
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::Result;

/// The log of one server: a file that stays when the server is gone, so that a whole suite can be searched afterwards.
#[derive(Clone, Debug)]
pub struct Log {
    path: PathBuf,
}

impl Log {
    /// An empty log in `directory`, named after what it is the log of.
    pub(crate) fn new(directory: &Path, name: &str) -> Result<(Self, File)> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        fs::create_dir_all(directory)?;
        let name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = directory.join(format!("{number:04}-{name}.log"));
        let file = File::create(&path)?;
        Ok((Self { path }, file))
    }

    /// The whole text so far. Bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        fs::read(&self.path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The last lines, for a message to a person.
    #[must_use]
    pub fn tail(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        let shown = &lines[lines.len().saturating_sub(25)..];
        format!("--- {}\n{}\n---", self.path.display(), shown.join("\n"))
    }

    /// The first line with `needle` in it, waited for up to `limit`.
    #[must_use]
    pub fn wait_for(&self, needle: &str, limit: Duration) -> Option<String> {
        let end = Instant::now() + limit;
        loop {
            let text = self.text();
            if let Some(line) = text.lines().find(|line| line.contains(needle)) {
                return Some(line.to_owned());
            }
            if Instant::now() > end {
                return None;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The number of such lines. Waits until there are `count`: the line of a process other than the one that replies may be written
    /// after the reply.
    pub fn wait_for_lines(
        &self,
        count: usize,
        limit: Duration,
        is_one: impl Fn(&str) -> bool,
    ) -> usize {
        let end = Instant::now() + limit;
        loop {
            let found = self.text().lines().filter(|line| is_one(line)).count();
            if found >= count || Instant::now() > end {
                return found;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
