// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes the tables of `numbers-online-number` from libphonenumber's metadata: `make number-table`.
//!
//! The input is the metadata inside rlibphonenumber, at the version of the lock file, and `short-numbers.txt`. With `--check` nothing
//! is written; the exit status says whether the tables are those that the input gives.

mod metadata;
mod program;
mod table;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use metadata::Metadata;
use table::Table;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_check = std::env::args().nth(1).as_deref() == Some("--check");
    let metadata = Metadata::load(here)?;
    let table = Table::new(&metadata)?;
    let target = here.join("../src/table");
    let mut is_current = true;
    for (name, content) in table.files() {
        let path = target.join(name);
        if std::fs::read(&path).is_ok_and(|present| present == content) {
            continue;
        }
        is_current = false;
        let mut output = std::io::stdout();
        if is_check {
            writeln!(output, "not current: number/src/table/{name}")?;
        } else {
            std::fs::write(&path, content)?;
            writeln!(output, "written: number/src/table/{name}")?;
        }
    }
    Ok(if is_current || !is_check {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
