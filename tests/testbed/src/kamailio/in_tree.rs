// SPDX-License-Identifier: GPL-2.0-or-later
//! Kamailio in the source tree that it was built in, which `make` uses as it is.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Kamailio;
use crate::stage::Stage;

impl Kamailio {
    /// Each `/usr/src/kamailio-*` with a built program, with our module in `stage/kamailio-VERSION` and
    /// `stage/kamailio-VERSION-panic`.
    #[must_use]
    pub fn in_trees(stage: &Path) -> Vec<Self> {
        Self::in_trees_below(Path::new("/usr/src"), stage)
    }

    fn in_trees_below(parent: &Path, stage: &Path) -> Vec<Self> {
        // A directory that cannot be read is skipped.
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let mut trees: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("kamailio-"))
            .map(|entry| entry.path())
            .collect();
        trees.sort();
        trees
            .iter()
            .filter_map(|tree| Self::in_tree(tree, stage))
            .collect()
    }

    fn in_tree(tree: &Path, stage: &Path) -> Option<Self> {
        let program = tree.join("src/kamailio");
        let name = format!("kamailio-{}", version(tree)?);
        let command = |path: PathBuf| vec![path.display().to_string()];
        program.exists().then(|| Self {
            stage: Stage::new(stage, &name),
            name,
            program: command(program),
            kamcmd: command(tree.join("utils/kamcmd/kamcmd")),
            env: Vec::new(),
            modules: tree.join("src/modules"),
        })
    }
}

/// The version that the top of a tree's `src/Makefile.defs` is made of.
fn version(tree: &Path) -> Option<String> {
    let text = fs::read_to_string(tree.join("src/Makefile.defs")).ok()?;
    let number = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(left, _)| left.trim() == name)?;
        Some(value.trim().to_owned())
    };
    let parts = ["VERSION", "PATCHLEVEL", "SUBLEVEL"].map(number);
    let [Some(major), Some(minor), Some(patch)] = parts else {
        return None;
    };
    let extra = number("EXTRAVERSION").unwrap_or_default();
    Some(format!("{major}.{minor}.{patch}{extra}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Build, Server};

    const DEFS: &str =
        "MAIN_NAME=kamailio\nVERSION = 5\nPATCHLEVEL = 8\nSUBLEVEL = 8\nEXTRAVERSION =\n";

    fn write(file: &Path, text: &str) {
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(file, text).expect("a file");
    }

    #[test]
    fn a_tree_is_a_server_once_it_is_built() {
        let parent = tempfile::tempdir().expect("a directory");
        let tree = parent.path().join("kamailio-stable");
        let found = || Kamailio::in_trees_below(parent.path(), Path::new("/nonexistent"));
        write(&tree.join("src/Makefile.defs"), DEFS);
        assert!(found().is_empty(), "only sources");

        write(&tree.join("src/kamailio"), "");
        write(&tree.join("src/modules/sl/sl.so"), "");
        let [server] = &found()[..] else {
            panic!("one server");
        };
        assert_eq!(server.name, "kamailio-5.8.8");
        assert!(server.has("sl") && !server.has("tm"));
        assert!(server.missing(Build::Release).is_some());
    }
}
