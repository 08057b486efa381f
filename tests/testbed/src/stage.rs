// SPDX-License-Identifier: GPL-2.0-or-later
//! The directories with the built modules.
use std::path::{Path, PathBuf};

use crate::Build;

/// The directories with one server's module.
#[derive(Clone, Debug)]
pub struct Stage {
    /// As users get it.
    release: PathBuf,
    /// With the feature `deliberate-panic`.
    panic: PathBuf,
}

impl Stage {
    /// `NAME` and `NAME-panic` in a directory.
    pub(crate) fn new(stage: &Path, name: &str) -> Self {
        Self {
            release: stage.join(name),
            panic: stage.join(format!("{name}-panic")),
        }
    }

    /// The module's file; `None` without the module.
    pub(crate) fn module(&self, build: Build) -> Option<PathBuf> {
        let directory = match build {
            Build::Release => &self.release,
            Build::Panic => &self.panic,
            Build::StandIn => return None,
        };
        Some(directory.join("numbers_online.so"))
    }

    /// How to build it, if it is missing.
    pub(crate) fn missing(&self, build: Build) -> Option<String> {
        let module = self.module(build)?;
        (!module.exists()).then(|| format!("{} (make test)", module.display()))
    }
}
