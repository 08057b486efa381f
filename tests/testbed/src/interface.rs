// SPDX-License-Identifier: GPL-2.0-or-later
//! The names in the header of the module. They are read from it, so that a new one is tested automatically.
use std::{fs, path::PathBuf};

use crate::Result;

/// The names of all `$avp(nol_...)`, without the prefix.
pub fn avps() -> Result<Vec<String>> {
    Ok(second_arguments(&list("NOL_AVPS")?))
}

/// The names of all module parameters.
pub fn parameters() -> Result<Vec<String>> {
    Ok(second_arguments(&list("NOL_PARAMS")?))
}

/// The lines of one X-macro list.
fn list(name: &str) -> Result<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../c_shim/numbers_online.h");
    let header = fs::read_to_string(&path)?;
    let start = header
        .find(&format!("#define {name}(X)"))
        .ok_or_else(|| format!("{} has no {name}", path.display()))?;
    let mut lines = Vec::new();
    for line in header[start..].lines() {
        lines.push(line);
        if !line.ends_with('\\') {
            break;
        }
    }
    Ok(lines.join("\n"))
}

/// `name` of every `X(KIND, name...)`.
fn second_arguments(list: &str) -> Vec<String> {
    list.lines()
        .filter_map(|line| line.trim_start().strip_prefix("X("))
        .filter_map(|row| row.split([',', ')']).nth(1))
        .map(|name| name.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_rows_of_a_list() {
        let list = "#define L(X) \\\n\tX(STR, api_url, \"https://x\") /* url */ \\\n\tX(INT, rc)";
        assert_eq!(second_arguments(list), ["api_url", "rc"]);
    }

    #[test]
    fn the_header_has_the_lists() {
        assert!(avps().expect("NOL_AVPS").contains(&"failure".to_owned()));
        assert!(
            parameters()
                .expect("NOL_PARAMS")
                .contains(&"timeout".to_owned())
        );
    }
}
