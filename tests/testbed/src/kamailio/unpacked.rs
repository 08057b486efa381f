// SPDX-License-Identifier: GPL-2.0-or-later
//! Kamailio of other releases of Debian, as `make test-versions` unpacks them.
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::Kamailio;
use crate::stage::Stage;

impl Kamailio {
    /// Those in `servers`, each below a directory of its name with every library that it wants, and our module for it in
    /// `stage/NAME` and `stage/NAME-panic`.
    #[must_use]
    pub fn unpacked(servers: &Path, stage: &Path) -> Vec<Self> {
        // Nothing was unpacked, then.
        let entries = fs::read_dir(servers).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        found.sort();
        let names = |root: &PathBuf| Some(root.file_name()?.to_str()?.to_owned());
        found
            .iter()
            .filter_map(|root| Self::below(root, names(root)?, stage))
            .collect()
    }

    fn below(root: &Path, name: String, stage: &Path) -> Option<Self> {
        let loaders = [
            ("x86_64-linux-gnu", "usr/lib64/ld-linux-x86-64.so.2"),
            ("aarch64-linux-gnu", "usr/lib/ld-linux-aarch64.so.1"),
        ];
        let (libraries, loader) = loaders
            .map(|(tuple, loader)| (root.join("usr/lib").join(tuple), root.join(loader)))
            .into_iter()
            .find(|(libraries, _)| libraries.join("kamailio/modules/sl.so").exists())?;
        // Its C library is not that of the host, so it has its own loader.
        let through = |program: &str| {
            let loader = loader.display().to_string();
            let libraries = libraries.display().to_string();
            let program = root.join(program).display().to_string();
            vec![loader, "--library-path".to_owned(), libraries, program]
        };
        Some(Self {
            program: through("usr/sbin/kamailio"),
            kamcmd: through("usr/sbin/kamcmd"),
            // Python would use the host's library.
            env: vec![(
                "PYTHONHOME".to_owned(),
                root.join("usr").display().to_string(),
            )],
            modules: libraries.join("kamailio/modules"),
            stage: Stage::new(stage, &name),
            name,
        })
    }
}
