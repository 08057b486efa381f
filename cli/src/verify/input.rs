// SPDX-License-Identifier: GPL-2.0-or-later

//! The answer and the key, as they are in files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::stop::Stop;

/// Reads a file, or standard input: one byte more than an answer may have at most.
pub(super) fn read(path: Option<&Path>) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    let read = match path {
        Some(path) => {
            File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes))
        }
        None => io::stdin().take(MAX_BYTES).read_to_end(&mut bytes),
    };
    let shown = path.unwrap_or(Path::new("standard input"));
    read.map_err(|error| Stop::unreadable(shown, error))?;
    Ok(bytes)
}

const MAX_BYTES: u64 = 64 * 1024 + 1;
