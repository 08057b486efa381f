// SPDX-License-Identifier: GPL-2.0-or-later
//! A real `OpenSIPS` as a guard, run from the source tree that it was built in: its packages have no headers to build a module with.
mod config;
mod mi;

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use mi::Mi;

use crate::{
    Build, Host, Product, Result, Server, Setup,
    launch::{self, Launch},
    stage::Stage,
};

/// One source tree, configured and built, and the directories with our module for it.
#[derive(Clone, Debug)]
pub struct OpenSips {
    /// Its name in the names of tests, e.g. `opensips-3.6.8`; `opensips` if there is no tree.
    pub name: String,
    /// The tree.
    pub tree: Option<PathBuf>,
    /// Our module for it.
    pub stage: Stage,
    /// Further words of its command line; of two options of one name the later one counts.
    pub options: Vec<String>,
}

impl OpenSips {
    /// The tree that `OPENSIPS_SRC` names, or else each `/usr/src/opensips-*`, with our module in `stage/opensips-VERSION` and
    /// `stage/opensips-VERSION-panic`. Never empty: without a tree there is one that reports what is missing.
    #[must_use]
    pub fn all(stage: &Path) -> Vec<Self> {
        let named = env::var_os("OPENSIPS_SRC").filter(|tree| !tree.is_empty());
        match named {
            Some(tree) => vec![Self::at(Some(PathBuf::from(tree)), stage)],
            None => Self::below(Path::new("/usr/src"), stage),
        }
    }

    fn below(parent: &Path, stage: &Path) -> Vec<Self> {
        // A directory that cannot be read is skipped.
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let mut trees: Vec<PathBuf> = entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("opensips-"))
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        trees.sort();
        if trees.is_empty() {
            return vec![Self::at(None, stage)];
        }
        trees
            .into_iter()
            .map(|tree| Self::at(Some(tree), stage))
            .collect()
    }

    fn at(tree: Option<PathBuf>, stage: &Path) -> Self {
        let version = tree.as_deref().and_then(version);
        let name = version.map_or("opensips".to_owned(), |v| format!("opensips-{v}"));
        Self {
            stage: Stage::new(stage, &name),
            name,
            tree,
            options: Vec::new(),
        }
    }

    fn binary(&self) -> Option<PathBuf> {
        Some(self.tree.as_ref()?.join("opensips"))
    }

    /// Whether it may lose the second of two messages over TCP that it sends at once (docs/asynchronous.md).
    fn loses_replies(&self) -> bool {
        self.name.starts_with("opensips-4.")
    }

    fn has_sources(&self, name: &str) -> bool {
        let tree = self.tree.as_ref();
        tree.is_some_and(|tree| tree.join("modules").join(name).exists())
    }

    fn own_module(&self, name: &str) -> Option<PathBuf> {
        let file = format!("modules/{name}/{name}.so");
        let file = self.tree.as_ref()?.join(file);
        file.exists().then_some(file)
    }

    /// A directory for `mpath`, which older versions have one of: links to the modules that a configuration loads by name.
    fn link(&self, configuration: &str, home: &Path) -> Result<PathBuf> {
        let modules = home.join("modules");
        fs::create_dir(&modules)?;
        for line in configuration.lines() {
            let name = line.trim().strip_prefix("loadmodule \"");
            let name = name.and_then(|rest| rest.strip_suffix(".so\""));
            // The server reports a module that is missing.
            let file = name.and_then(|name| self.own_module(name));
            if let (Some(name), Some(file)) = (name, file) {
                symlink(file, modules.join(format!("{name}.so")))?;
            }
        }
        Ok(modules)
    }
}

/// The version that the top of a tree's `Makefile.defs` is made of.
fn version(tree: &Path) -> Option<String> {
    let text = fs::read_to_string(tree.join("Makefile.defs")).ok()?;
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim_start().strip_prefix('=')?.trim().to_owned())
    };
    let parts = ["VERSION_MAJOR", "VERSION_MINOR", "VERSION_SUBMINOR"].map(number);
    let [Some(major), Some(minor), Some(patch)] = parts else {
        return None;
    };
    Some(format!("{major}.{minor}.{patch}"))
}

impl Server for OpenSips {
    fn name(&self) -> &str {
        &self.name
    }

    fn product(&self) -> Product {
        Product::OpenSips
    }

    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn missing(&self, build: Build) -> Option<String> {
        let Some(binary) = self.binary() else {
            return Some(
                "OPENSIPS_SRC (a configured and built source tree of OpenSIPS)".to_owned(),
            );
        };
        if !binary.exists() {
            return Some(format!("{} (make, in its source tree)", binary.display()));
        }
        // What a tree has no sources of is in its core.
        let events = self.has_sources(config::EVENT_ROUTES);
        let events = events.then_some(config::EVENT_ROUTES);
        let needed = config::MODULES.into_iter().chain(events);
        let absent = self.absent(&mut needed.chain(config::SHIPPED));
        if !absent.is_empty() {
            return Some(format!("its modules {} (make modules)", absent.join(", ")));
        }
        self.stage.missing(build)
    }

    fn has(&self, module: &str) -> bool {
        config::IN_THE_CORE.contains(&module) || self.own_module(module).is_some()
    }

    fn parse(&self, configuration: &str) -> Result<String> {
        let home = launch::directory()?;
        let modules = self.link(configuration, home.path())?;
        // Users have their own.
        let lines = configuration.lines();
        let rest: Vec<_> = lines.filter(|line| !line.starts_with("mpath")).collect();
        let text = format!("mpath=\"{}/\"\n{}\n", modules.display(), rest.join("\n"));
        let file = launch::configuration(home.path());
        fs::write(&file, text)?;
        let binary = self.binary().ok_or("no OpenSIPS")?;
        launch::check(Command::new(binary).arg("-C").arg("-f").arg(&file))
    }

    fn launch(&self, setup: &Setup) -> Result<Host> {
        let launch = Launch::new(setup)?;
        let module = self.module(setup.build);
        let loaded = config::modules(setup, module.as_deref(), self.has(config::EVENT_ROUTES));
        let modules = self.link(&loaded, launch.home())?;
        let mi = Mi::in_directory(launch.home());
        let text = config::text(
            setup,
            launch.address(),
            &modules,
            &loaded,
            &mi,
            self.loses_replies(),
        )?;
        let binary = self.binary().ok_or("no OpenSIPS")?.display().to_string();
        let home = launch.home().display().to_string();
        let file = launch.configuration().display().to_string();
        // In the foreground, with 64 MB of shared memory and 8 MB for each process.
        let words = [
            &binary, "-F", "-f", &file, "-m", "64", "-M", "8", "-w", &home,
        ];
        let words = [&words.map(str::to_owned), &self.options[..]].concat();
        launch.start(words, &[], &text, Box::new(mi))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "# defaults\nVERSION_MAJOR = 3\nVERSION_MINOR = 6\nVERSION_SUBMINOR = 8\n";

    fn found(parent: &Path) -> Vec<(String, String)> {
        OpenSips::below(parent, Path::new("/nonexistent"))
            .iter()
            .map(|server| {
                let missing = server.missing(Build::Release).unwrap_or_default();
                (server.name.clone(), missing)
            })
            .collect()
    }

    #[test]
    fn without_a_tree_there_is_still_a_server_that_tells_what_it_needs() {
        let parent = tempfile::tempdir().expect("a directory");
        fs::create_dir(parent.path().join("linux-6.1")).expect("another tree");
        let needs = "OPENSIPS_SRC (a configured and built source tree of OpenSIPS)";
        assert_eq!(
            found(parent.path()),
            [("opensips".to_owned(), needs.to_owned())]
        );
    }

    #[test]
    fn a_tree_has_a_version_and_tells_what_was_not_built() {
        let parent = tempfile::tempdir().expect("a directory");
        let tree = parent.path().join("opensips-stable");
        fs::create_dir(&tree).expect("a tree");
        fs::write(tree.join("Makefile.defs"), WHOLE).expect("a file");
        let [(name, missing)] = &found(parent.path())[..] else {
            panic!("one server");
        };
        assert_eq!(name, "opensips-3.6.8");
        assert!(missing.contains("opensips-stable/opensips "), "{missing}");

        fs::write(tree.join("opensips"), "").expect("a file");
        let [(_, missing)] = &found(parent.path())[..] else {
            panic!("one server");
        };
        assert!(missing.contains("signaling, sl, tm"), "{missing}");
    }
}
