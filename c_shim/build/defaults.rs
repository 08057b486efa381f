// SPDX-License-Identifier: GPL-2.0-or-later
//! The defaults of the module parameters, which `numbers_online.h` declares.

use std::fmt::Write as _;
use std::fs;

use crate::place::Place;

/// Writes `defaults.rs`, an expression of the type `Given` that `src/config/defaults.rs` includes.
pub(crate) fn generate(place: &Place) -> Result<(), String> {
    let header = fs::read_to_string(HEADER).map_err(|why| format!("{HEADER}: {why}"))?;
    let rows = header.split("#define NOL_PARAMS(X)").nth(1);
    let rows = rows.ok_or_else(|| format!("{HEADER}: no NOL_PARAMS"))?;
    let mut fields = String::new();
    for row in rows.lines().map(str::trim).skip(1) {
        // The comment may have brackets of its own.
        let row = row.split("/*").next().unwrap_or_default().trim_end();
        let Some(row) = row.strip_prefix("X(").and_then(|row| row.strip_suffix(')')) else {
            break;
        };
        let mut parts = row.splitn(3, ", ");
        let (Some(kind), Some(name), Some(value)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(format!(
                "{HEADER}: X({row}) of NOL_PARAMS is not understood"
            ));
        };
        // The C modules read it themselves.
        if name == "avps" {
            continue;
        }
        let value = match (kind, value) {
            ("STR", "\"\"") => "String::new()".to_owned(),
            ("STR", text) => format!("{text}.to_owned()"),
            (_, number) => number.to_owned(),
        };
        // A string cannot fail.
        let _ = writeln!(fields, "    {name}: {value},");
    }
    let given = format!("Given {{\n{fields}    profile: Vec::new(),\n}}\n");
    let path = place.out.join("defaults.rs");
    fs::write(&path, given).map_err(|why| format!("cannot write {}: {why}", path.display()))
}

const HEADER: &str = "c_shim/numbers_online.h";
