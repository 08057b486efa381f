// SPDX-License-Identifier: GPL-2.0-or-later

//! Files that no reader sees half written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

/// Writes a file with this mode by renaming, so that a reader never sees half of it. A key is never readable by others.
pub(crate) fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    fs::rename(unfinished(path, text, mode)?, path)
}

/// The same, if there is no such file yet. Otherwise the error is `AlreadyExists`.
pub(crate) fn create(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let unfinished = unfinished(path, text, mode)?;
    let created = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    created
}

/// A file beside it with this text, of a name that no other process uses.
fn unfinished(path: &Path, text: &str, mode: u32) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", process::id()));
    let unfinished = path.with_file_name(name);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(unfinished)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_created_again() {
        let home = tempfile::TempDir::new().expect("a directory");
        let path = home.path().join("key.pem");
        create(&path, "one", 0o600).expect("made");
        let again = create(&path, "two", 0o600).map_err(|error| error.kind());
        assert_eq!(again, Err(io::ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(&path).expect("there"), "one");
        write(&path, "three", 0o600).expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("there"), "three");
        assert_eq!(fs::read_dir(home.path()).expect("there").count(), 1);
    }
}
