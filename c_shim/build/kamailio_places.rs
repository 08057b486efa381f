// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a Kamailio may be installed, and the message if its headers are not found.
//!
//! Pure functions of paths and texts; `tests/build_flags.rs` tests them.

use std::path::{Path, PathBuf};

/// The directories of modules to look at, in this order: apt's, and those of a Kamailio that was built from source. The Makefile
/// and the tests look at the same places.
pub(crate) fn modules(debian: &Path) -> Vec<PathBuf> {
    let built = ["usr/lib64", "usr/local/lib64", "usr/local/lib"];
    [Path::new("/").join(debian)]
        .into_iter()
        .chain(built.map(|lib| Path::new("/").join(lib).join("kamailio/modules")))
        .collect()
}

/// The message that no headers of `version` were found in `places`. For a server that the user named it is an error, with the
/// variable to set. For one that was only found it is a warning.
pub(crate) fn no_headers(
    version: &str,
    named: Option<&Path>,
    places: &[PathBuf],
) -> Result<String, String> {
    let Some(named) = named else {
        return Ok(format!(
            "no headers of Kamailio {version} found, so no module for it: run \"make setup\" or see \"Other versions\" in CONTRIBUTING.md"
        ));
    };
    let places: Vec<String> = places
        .iter()
        .map(|place| place.display().to_string())
        .collect();
    Err(format!(
        "KAMAILIO_MODULES is {}, of Kamailio {version}, and its headers are not in {}: set KAMAILIO_SRC to its source tree",
        named.display(),
        places.join(" or ")
    ))
}
