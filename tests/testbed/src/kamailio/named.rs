// SPDX-License-Identifier: GPL-2.0-or-later
//! The Kamailio that the environment names, or else the installed one.
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::Kamailio;
use crate::stage::Stage;

/// Where the modules of an installed Kamailio may be, apt's first. The build looks at the same places in the same order.
const PLACES: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules",
    "/usr/lib64/kamailio/modules",
    "/usr/local/lib64/kamailio/modules",
    "/usr/local/lib/kamailio/modules",
];

impl Kamailio {
    /// The one whose modules are in the directory `KAMAILIO_MODULES`, or else the installed one. Its program and its `kamcmd`
    /// are those of the same prefix, or what `KAMAILIO` and `KAMCMD` name. Our module is in `stage/kamailio` and
    /// `stage/kamailio-panic`.
    #[must_use]
    pub fn installed(stage: &Path) -> Self {
        Self::named(stage, |name| env::var_os(name))
    }

    fn named(stage: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // Empty means unset, as in make.
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let modules = given("KAMAILIO_MODULES").map_or_else(found, PathBuf::from);
        let program = |name: &str, command: &str| {
            let named = given(name).map(PathBuf::from);
            let path = named.or_else(|| of_the_same_prefix(&modules, command));
            // If it is nowhere else, PATH is searched.
            vec![path.map_or(command.to_owned(), |path| path.display().to_string())]
        };
        Self {
            name: "kamailio".to_owned(),
            program: program("KAMAILIO", "kamailio"),
            kamcmd: program("KAMCMD", "kamcmd"),
            env: Vec::new(),
            stage: Stage::new(stage, "kamailio"),
            modules,
        }
    }
}

/// The modules of the installed one; no path if there is none.
fn found() -> PathBuf {
    PLACES
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.join("sl.so").exists())
        .unwrap_or_default()
}

/// `PREFIX/sbin/COMMAND`, for modules in `PREFIX/lib*/kamailio/modules` or, as in Debian, one directory deeper.
fn of_the_same_prefix(modules: &Path, command: &str) -> Option<PathBuf> {
    let is_lib = |path: &&Path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("lib"))
    };
    let prefix = modules.ancestors().find(is_lib)?.parent()?;
    Some(prefix.join("sbin").join(command)).filter(|program| program.exists())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn named(variables: &[(&str, &Path)]) -> Kamailio {
        Kamailio::named(Path::new("/nonexistent"), |name| {
            let given = variables.iter().find(|(given, _)| *given == name);
            given.map(|(_, value)| value.as_os_str().to_owned())
        })
    }

    #[test]
    fn the_modules_alone_name_a_self_built_kamailio() {
        let prefix = tempfile::tempdir().expect("a directory");
        let modules = prefix.path().join("lib64/kamailio/modules");
        let programs = prefix.path().join("sbin");
        fs::create_dir_all(&modules).expect("a directory");
        fs::create_dir_all(&programs).expect("a directory");
        for program in ["kamailio", "kamcmd"] {
            fs::write(programs.join(program), "").expect("a file");
        }
        let kamailio = named(&[("KAMAILIO_MODULES", &modules)]);
        let path = |program| vec![programs.join(program).display().to_string()];
        assert_eq!(kamailio.modules, modules);
        assert_eq!(kamailio.program, path("kamailio"));
        assert_eq!(kamailio.kamcmd, path("kamcmd"));
    }

    #[test]
    fn each_program_may_be_named_by_itself() {
        let kamailio = named(&[
            ("KAMAILIO_MODULES", Path::new("/nowhere/modules")),
            ("KAMAILIO", Path::new("/somewhere/kamailio")),
            ("KAMCMD", Path::new("")),
        ]);
        assert_eq!(kamailio.program, ["/somewhere/kamailio"]);
        assert_eq!(kamailio.kamcmd, ["kamcmd"]);
    }
}
