// SPDX-License-Identifier: GPL-2.0-or-later

//! CSV files with a header line. An error names line and column.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Trim};

use crate::start_error::StartError;

/// Calls `each` for every line after the header.
///
/// The header must be exactly `columns`. Spaces around a value, empty lines and lines that start with `#` do not
/// count.
pub(crate) fn read(
    path: &Path,
    file: File,
    columns: &[&str],
    mut each: impl FnMut(&Row<'_>) -> Result<(), StartError>,
) -> Result<(), StartError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .from_reader(file);
    let mut record = StringRecord::new();
    let mut header_read = false;
    while reader
        .read_record(&mut record)
        .map_err(|error| unreadable(path, &error))?
    {
        let row = Row {
            path,
            columns,
            record: &record,
        };
        if header_read {
            row.check_width()?;
            each(&row)?;
        } else {
            row.check_header()?;
            header_read = true;
        }
    }
    if header_read {
        return Ok(());
    }
    let header = columns.join(",");
    Err(StartError::new(format!(
        "{}: the file is empty; allowed: a first line \"{header}\"",
        path.display()
    )))
}

/// One line of a file.
pub(crate) struct Row<'a> {
    path: &'a Path,
    columns: &'a [&'a str],
    record: &'a StringRecord,
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(crate) fn value(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default()
    }

    /// The error that this value is not allowed.
    pub(crate) fn fault(&self, column: usize, allowed: &str) -> StartError {
        self.fault_without_value(
            column,
            &format!("{}; allowed: {allowed}", quoted(self.value(column))),
        )
    }

    /// The same for a value that must not be shown.
    pub(crate) fn fault_without_value(&self, column: usize, text: &str) -> StartError {
        let (path, line, name) = (self.path.display(), self.line(), self.columns[column]);
        StartError::new(format!(
            "{path}: line {line}, column {} ({name}): {text}",
            column + 1
        ))
    }

    fn line(&self) -> u64 {
        let line = self
            .record
            .position()
            .map(|position| line(self.path, position));
        line.and_then(Result::ok).unwrap_or_default()
    }

    fn check_header(&self) -> Result<(), StartError> {
        if self.record.iter().eq(self.columns.iter().copied()) {
            return Ok(());
        }
        let (path, header) = (self.path.display(), self.columns.join(","));
        Err(StartError::new(format!(
            "{path}: line {}: the header is not \"{header}\"",
            self.line()
        )))
    }

    fn check_width(&self) -> Result<(), StartError> {
        let (have, need) = (self.record.len(), self.columns.len());
        if have == need {
            return Ok(());
        }
        let (path, line, header) = (self.path.display(), self.line(), self.columns.join(","));
        Err(StartError::new(format!(
            "{path}: line {line}: {have} columns; allowed: {need} ({header})"
        )))
    }
}

/// Where a record is, counted from 1.
///
/// csv says where it began to look for it, which is before any empty lines and comments.
fn line(path: &Path, searched_from: &Position) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(searched_from.byte()))?;
    let mut line = searched_from.line();
    for text in BufReader::new(file).split(b'\n') {
        match text?.as_slice() {
            [] | [b'\r'] | [b'#', ..] => line += 1,
            _ => break,
        }
    }
    Ok(line)
}

fn quoted(value: &str) -> String {
    if value.is_empty() {
        return "no value".to_owned();
    }
    let shown: String = value.chars().take(LONGEST_QUOTE).collect();
    let dots = if shown.len() < value.len() { "..." } else { "" };
    format!("{shown:?}{dots}")
}

fn unreadable(path: &Path, error: &csv::Error) -> StartError {
    let shown = path.display();
    let line = error.position().map(|position| line(path, position));
    let line = line.and_then(Result::ok).unwrap_or_default();
    StartError::new(match error.kind() {
        ErrorKind::Utf8 { err, .. } => {
            let column = err.field() + 1;
            format!("{shown}: line {line}, column {column}: not UTF-8; allowed: UTF-8 text")
        }
        ErrorKind::Io(error) => format!("{shown}: {error}"),
        _ => format!("{shown}: line {line}: {error}"),
    })
}

/// In characters: enough to recognise a value in an error message.
const LONGEST_QUOTE: usize = 40;

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    /// Reads a file with the columns `a,b` of which `b` must not be `bad`.
    fn values(bytes: &[u8]) -> Result<Vec<String>, String> {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("t.csv");
        fs::write(&path, bytes).expect("a file");
        let file = File::open(&path).expect("a file");
        let mut values = Vec::new();
        let outcome = read(&path, file, &["a", "b"], |row| {
            values.push(format!("{}-{}", row.value(0), row.value(1)));
            match row.value(1) {
                "bad" => Err(row.fault(1, "good")),
                _ => Ok(()),
            }
        });
        let shown = format!("{}/", directory.path().display());
        outcome.map_err(|error| error.to_string().replace(&shown, ""))?;
        Ok(values)
    }

    #[test]
    fn spaces_empty_lines_and_comments_do_not_count() {
        for text in [
            "a,b\n1,2\n3,4\n",
            "a,b\n1,2\n3,4",
            "\u{feff}a,b\r\n1,2\r\n\r\n3,4\r\n",
            "# why\n\na , b\n#1,1\n 1,\t2 \n\"3\",4\n\n",
        ] {
            let expected = Ok(vec!["1-2".to_owned(), "3-4".to_owned()]);
            assert_eq!(values(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_has_its_true_line() {
        for (text, line) in [
            ("a,b\n1,bad\n", 2),
            ("a,b\n\n\n1,bad\n", 4),
            ("# one\n\n# three\na,b\n# five\n\n1,bad", 7),
            ("a,b\r\n\r\n# three\r\n1,2\r\n\r\n1,bad\r\n", 6),
        ] {
            let error = format!("t.csv: line {line}, column 2 (b): \"bad\"; allowed: good");
            assert_eq!(values(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        for (bytes, error) in [
            (
                &b""[..],
                "t.csv: the file is empty; allowed: a first line \"a,b\"",
            ),
            (
                b"# a,b\n",
                "t.csv: the file is empty; allowed: a first line \"a,b\"",
            ),
            (b"1,2\n", "t.csv: line 1: the header is not \"a,b\""),
            (b"a,b,c\n", "t.csv: line 1: the header is not \"a,b\""),
            (b"a,b\n1\n", "t.csv: line 2: 1 columns; allowed: 2 (a,b)"),
            (
                b"a,b\n1,2,3\n",
                "t.csv: line 2: 3 columns; allowed: 2 (a,b)",
            ),
            (
                b"a,b\n\n1,\xff\n",
                "t.csv: line 3, column 2: not UTF-8; allowed: UTF-8 text",
            ),
        ] {
            assert_eq!(values(bytes), Err(error.to_owned()));
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        let cut = format!("\"{}\"...", "x".repeat(LONGEST_QUOTE));
        assert_eq!(quoted(&"x".repeat(1000)), cut);
    }
}
