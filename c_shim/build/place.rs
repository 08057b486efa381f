// SPDX-License-Identifier: GPL-2.0-or-later
//! Where things are during a build.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The directories that Cargo gives a build script.
pub(crate) struct Place {
    /// The project.
    pub(crate) root: PathBuf,
    /// The output directory of this build script.
    pub(crate) out: PathBuf,
    /// `target/release` or another profile, for files that `make` uses.
    pub(crate) profile: PathBuf,
}

impl Place {
    pub(crate) fn from_cargo() -> Result<Self, String> {
        let out = PathBuf::from(from_cargo("OUT_DIR")?);
        // OUT_DIR is `<target>/<profile>/build/<package>-<hash>/out`.
        let profile = out
            .ancestors()
            .find(|directory| directory.ends_with("build"))
            .and_then(Path::parent)
            .ok_or_else(|| format!("OUT_DIR is {}: no \"build\" in it", out.display()))?
            .to_owned();
        let root = PathBuf::from(from_cargo("CARGO_MANIFEST_DIR")?);
        Ok(Self { root, out, profile })
    }

    /// Builds again when `make` finds other servers or source trees than at the last build: see `notice-servers` in the Makefile.
    pub(crate) fn watch_servers(&self) -> Result<(), String> {
        let list = self.profile.with_file_name("servers");
        // Cargo alone makes no list. A missing file would make it build again each time.
        if !list.exists() {
            fs::write(&list, "")
                .map_err(|why| format!("cannot write {}: {why}", list.display()))?;
        }
        watch(&list);
        Ok(())
    }

    /// Removes the modules of earlier builds for servers whose names begin with this prefix. A module of a removed server would
    /// look like one of this build.
    pub(crate) fn remove_modules(&self, prefix: &str) -> Result<(), String> {
        let entries = fs::read_dir(&self.profile).into_iter().flatten().flatten();
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with(prefix) {
                fs::remove_dir_all(entry.path())
                    .map_err(|why| format!("cannot remove {}: {why}", entry.path().display()))?;
            }
        }
        Ok(())
    }
}

/// A variable that Cargo sets for every build script.
pub(crate) fn from_cargo(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: build with cargo"))
}

/// A variable that the user may set. Empty means unset, as in make.
pub(crate) fn from_user(name: &str) -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Builds again when `path` changes, or as long as it does not exist.
pub(crate) fn watch(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
