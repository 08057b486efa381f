// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes the tables of `numbers-online-number` from libphonenumber's metadata: `make number-table`.
//!
//! The input is the metadata inside rlibphonenumber, at the version of the lock file, and `short-numbers.txt`.

mod automaton;
mod metadata;
mod program;
mod table;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use metadata::Metadata;
use table::Table;

fn main() -> Result<(), Box<dyn Error>> {
    let metadata = Metadata::load(Path::new(HERE))?;
    let mut output = std::io::stdout();
    for (name, content) in Table::new(&metadata)?.files() {
        std::fs::write(path(name), content)?;
        writeln!(
            output,
            "written: number/src/table/{name}, {} bytes",
            content.len()
        )?;
    }
    Ok(())
}

/// Where a file of the table is kept.
fn path(name: &str) -> PathBuf {
    Path::new(HERE).join("../src/table").join(name)
}

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::metadata::Metadata;
    use super::table::Table;
    use super::{HERE, path};

    #[test]
    fn the_tables_are_those_of_the_metadata() {
        let metadata = Metadata::load(Path::new(HERE)).expect("metadata");
        let table = Table::new(&metadata).expect("a table");
        for (name, content) in table.files() {
            let present = std::fs::read(path(name)).expect("a table");
            assert!(
                present == content,
                "{name} is not current: make number-table"
            );
        }
    }
}
