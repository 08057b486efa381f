// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads a list file.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::time::SystemTime;

use super::entry::{Entry, parse};
use crate::config::ListFile;

/// What a file holds.
pub(super) struct Contents {
    /// Sorted by their first numbers.
    pub(super) entries: Vec<Entry>,
    pub(super) modified: SystemTime,
}

/// A file that cannot be used: one line for the operator. It contains no part of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct BadList(String);

impl BadList {
    pub(super) fn new(file: &ListFile, why: impl fmt::Display) -> Self {
        Self(format!("{file}: {why}"))
    }

    fn line(file: &ListFile, line: u32, why: &str) -> Self {
        Self(format!("{file} line {line}: {why}"))
    }
}

impl fmt::Display for BadList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printable = |c: char| if c.is_control() { '?' } else { c };
        self.0
            .chars()
            .map(printable)
            .try_for_each(|c| write!(f, "{c}"))
    }
}

/// Reads a file. The first bad line makes all of it unusable.
pub(super) fn read(file: &ListFile) -> Result<Contents, BadList> {
    let bad = |error: io::Error| BadList::new(file, error);
    let metadata = std::fs::metadata(&file.path).map_err(bad)?;
    // Opening a pipe would wait for its other end.
    if !metadata.is_file() {
        return Err(BadList::new(file, "not a regular file"));
    }
    let opened = File::open(&file.path).map_err(bad)?;
    let modified = opened.metadata().and_then(|data| data.modified());
    let entries = entries(file, BufReader::with_capacity(BUFFER, opened))?;
    Ok(Contents {
        entries,
        modified: modified.map_err(bad)?,
    })
}

fn entries(file: &ListFile, mut text: impl BufRead) -> Result<Vec<Entry>, BadList> {
    let mut entries = Vec::new();
    let mut line = Vec::with_capacity(LONGEST);
    for number in 1..=u32::MAX {
        line.clear();
        let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let read = text.by_ref().take(limit).read_until(b'\n', &mut line);
        if read.map_err(|error| BadList::new(file, error))? == 0 {
            break;
        }
        if line.len() == LONGEST && line.last() != Some(&b'\n') {
            return Err(BadList::line(file, number, "longer than 1000 characters"));
        }
        let text = line.strip_prefix(MARK).filter(|_| number == 1);
        match parse(text.unwrap_or(&line), number) {
            Ok(None) => {}
            Ok(Some(_)) if entries.len() == MOST => {
                return Err(BadList::line(file, number, "more than 10,000,000 entries"));
            }
            Ok(Some(entry)) => {
                // Otherwise a lack of memory would end the process.
                let room = entries.try_reserve(1);
                room.map_err(|error| BadList::new(file, error))?;
                entries.push(entry);
            }
            Err(why) => return Err(BadList::line(file, number, why)),
        }
    }
    entries.sort_unstable_by_key(|entry: &Entry| entry.first);
    Ok(entries)
}

/// UTF-8's byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes of the longest line, its end included.
const LONGEST: usize = 1001;

const MOST: usize = 10_000_000;

const BUFFER: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{ListFile, entries, read};

    fn file(path: &str) -> ListFile {
        ListFile {
            profile: None,
            parameter: "deny_list",
            path: PathBuf::from(path),
        }
    }

    fn lines(text: &[u8]) -> Result<Vec<u32>, String> {
        let read = entries(&file("/etc/deny.txt"), text).map_err(|bad| bad.to_string())?;
        Ok(read.iter().map(|entry| entry.line).collect())
    }

    #[test]
    fn a_file_may_come_from_any_system() {
        for text in [
            "+1900*\n# comment\n\n+442079460123\n",
            "+1900*\r\n# comment\r\n\r\n+442079460123\r\n",
            "\u{feff}+1900*\r\n#\n \t\n+442079460123",
        ] {
            assert_eq!(lines(text.as_bytes()), Ok(vec![1, 4]), "{text:?}");
        }
        assert_eq!(lines(b""), Ok(vec![]));
        // Sorted by number.
        assert_eq!(lines(b"+44*\n+1*\n+3*"), Ok(vec![2, 3, 1]));
    }

    #[test]
    fn a_bad_line_is_named_and_not_repeated() {
        let long = format!("+1900*\n#{}\n", "x".repeat(1000));
        let bytes: &[&[u8]] = &[
            b"+1900*\n12125550100\n",
            b"+1900*\r\n\xff\xfe+\r\n",
            b"+1900*\n+1901\0\n",
            b"+1900*\n\xef\xbb\xbf+1901\n",
            long.as_bytes(),
        ];
        for text in bytes {
            let refused = lines(text).expect_err("refused");
            assert!(
                refused.starts_with("parameter deny_list: /etc/deny.txt line 2: "),
                "{refused}"
            );
            assert!(!refused.contains("12125550100"), "{refused}");
        }
        let fits = format!("#{}\n+1900*", "x".repeat(999));
        assert_eq!(lines(fits.as_bytes()), Ok(vec![2]));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        for (path, why) in [
            ("/nonexistent/deny.txt", "No such file"),
            ("/dev/null", "not a regular file"),
            ("/etc", "not a regular file"),
        ] {
            let refused = read(&file(path)).map(|_| ()).expect_err("refused");
            let line = refused.to_string();
            assert!(
                line.starts_with(&format!("parameter deny_list: {path}: ")) && line.contains(why),
                "{line}"
            );
        }
    }
}
