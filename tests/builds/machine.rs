// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine with servers of which only the files that `make` reads exist.
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

/// A directory with modules of a Kamailio, a place to install to, source trees, and a target directory.
pub(crate) struct Machine(TempDir);

impl Machine {
    pub(crate) fn with_kamailio(version: &str) -> Self {
        let machine = Self(tempfile::tempdir().expect("a directory"));
        machine.upgrades_kamailio(version);
        machine
    }

    /// Another version of Kamailio, packed long ago.
    pub(crate) fn upgrades_kamailio(&self, version: &str) {
        let file = self.write("modules/sl.so", &module(&format!("kamailio {version}")));
        make_old(&file);
    }

    /// A module for a server lies where `make` puts it.
    pub(crate) fn stages(&self, name: &str, server: &str) {
        let directory = format!("target/stage/{name}");
        self.write(&format!("{directory}/numbers_online.so"), &module(server));
        self.write(&format!("{directory}/libnumbers_online.so"), b"library");
    }

    /// A module for a server lies where Cargo puts it.
    pub(crate) fn builds(&self, name: &str) {
        self.write("target/release/libnumbers_online.so", b"library");
        let server = name.replace('-', " ");
        let file = format!("target/release/{name}/numbers_online.so");
        self.write(&file, &module(&server));
    }

    /// A source tree whose files are years old.
    pub(crate) fn unpacks_an_old_tree(&self, name: &str, file: &str) {
        make_old(&self.write(&format!("src/{name}/{file}"), b""));
    }

    /// Runs a goal of the Makefile, with a Cargo that does nothing.
    pub(crate) fn make(&self, goal: &str, more: &[&str]) -> Output {
        let path = |name: &str| self.path(name).display().to_string();
        let mut make = Command::new("make");
        make.current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg(goal)
            .arg("CARGO=true")
            .arg(format!("CARGO_TARGET_DIR={}", path("target")))
            .arg(format!("KAMAILIO_MODULES={}", path("modules")))
            .arg(format!("usr_src={}", path("src")))
            .args(more);
        // The modules have the same path in DESTDIR, which is where they are installed to.
        if goal == "install" {
            make.arg(format!("DESTDIR={}", path("dest")));
        }
        output(make)
    }

    /// The packages that `.ci/setup` wants with these variables.
    pub(crate) fn packages(variables: &[(&str, &str)]) -> Vec<String> {
        let mut setup = Command::new(".ci/setup");
        setup
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .arg("--packages")
            .envs(variables.iter().copied());
        let done = output(setup);
        assert!(done.status.success(), "{done:?}");
        lines(&done.stdout)
    }

    /// Its lines on stderr.
    pub(crate) fn errors(output: &Output) -> Vec<String> {
        lines(&output.stderr)
    }

    /// The list of files that the build watches, and when it changed last.
    pub(crate) fn list_of_servers(&self) -> (String, SystemTime) {
        let list = self.path("target/servers");
        let text = fs::read_to_string(&list).expect("a list");
        let since = fs::metadata(list).and_then(|list| list.modified());
        (text, since.expect("a time"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match name.strip_prefix("installed/") {
            None => self.path(name).exists(),
            Some(name) => {
                let modules = self.path("modules");
                let below = modules.strip_prefix("/").expect("an absolute path");
                self.path("dest").join(below).join(name).exists()
            }
        }
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("a file");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.path(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(&file, bytes).expect("a file");
        file
    }
}

/// The text that a server compares, as a linker stores it.
fn module(server: &str) -> Vec<u8> {
    format!("\x7fELF\0\x01{server} (x86_64/linux)\0USE_TCP\0").into_bytes()
}

fn make_old(file: &Path) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options()
        .write(true)
        .open(file)
        .and_then(|file| file.set_modified(time))
        .expect("an older file");
}

/// Without the variables of the user and of the make that runs the tests.
fn output(mut command: Command) -> Output {
    for name in [
        "MAKEFLAGS",
        "MAKELEVEL",
        "DESTDIR",
        "KAMAILIO",
        "KAMAILIO_MODULES",
        "KAMAILIO_SRC",
        "OPENSIPS_SRC",
        "OPENSIPS_BINARY",
        "OPENSIPS_MODULES",
    ] {
        if !command.get_envs().any(|(given, _)| given == name) {
            command.env_remove(name);
        }
    }
    command.output().expect("a program that starts")
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(str::to_owned).collect()
}
