// SPDX-License-Identifier: GPL-2.0-or-later
//! The macros that give `OpenSIPS`'s headers the meaning they had when the server was compiled.
//!
//! Pure functions of texts; `tests/build_flags.rs` tests them.

use std::fmt::{self, Display, Formatter};

/// The configuration of a source tree, from the output of [`QUESTION`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    /// As in `3.6.8`, without a suffix such as `-dev`.
    pub(crate) release: String,
    /// As in `3.6.8-dev`.
    pub(crate) version: String,
    /// The compiler's arguments, `-DNAME` or `-DNAME=VALUE`.
    pub(crate) defines: Vec<String>,
}

impl Tree {
    /// Reads what [`QUESTION`] printed.
    pub(crate) fn new(answer: &str) -> Result<Self, String> {
        let after = |mark: &str| answer.lines().find_map(|line| line.strip_prefix(mark));
        let release = after("release ").ok_or("its makefiles name no version")?;
        let defines: Vec<String> = answer
            .lines()
            .filter(|line| line.starts_with("-D"))
            .map(str::to_owned)
            .collect();
        let version = defines
            .iter()
            .find_map(|define| define.strip_prefix("-DVERSION="))
            .ok_or("its makefiles define no VERSION")?;
        let mut numbers = release.split('.').map(|number| number.parse().unwrap_or(0));
        if [(); 3].map(|()| numbers.next()) < OLDEST {
            return Err(format!(
                "it is of OpenSIPS {release}, and the module needs 3.4.3 or later"
            ));
        }
        Ok(Self {
            release: release.to_owned(),
            version: version.trim_matches('"').to_owned(),
            defines,
        })
    }
}

/// The output of `opensips -V` for a binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    name: String,
    version: String,
    arch: String,
    os: String,
    flags: String,
    /// How the sources were kept (`git`, `unknown`), and which ones they were.
    kept: (String, String),
}

impl Binary {
    /// Reads the output of `opensips -V`.
    pub(crate) fn new(said: &str) -> Result<Self, String> {
        let after = |mark: &str| said.lines().find_map(|line| line.strip_prefix(mark));
        let version = after("version: ")
            .and_then(full_version)
            .ok_or("opensips -V says no version")?;
        let kept = said
            .lines()
            .find_map(|line| line.split_once(" revision: "))
            .filter(|(kind, _)| !kind.contains(' '))
            .ok_or("opensips -V says no revision")?;
        let [name, version, arch, os] = version.map(str::to_owned);
        Ok(Self {
            name,
            version,
            arch,
            os,
            flags: after("flags: ")
                .ok_or("opensips -V says no flags")?
                .to_owned(),
            kept: (kept.0.to_owned(), kept.1.to_owned()),
        })
    }

    /// The version, as in `3.6.8-dev`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The texts that the server compares, as [`PROBE`] holds them.
    pub(crate) fn stamp(&self) -> [String; 2] {
        [format!("version: {self}"), format!("flags: {}", self.flags)]
    }

    /// The macros that the binary was compiled with.
    ///
    /// The tree defines all their names, but may be configured differently. It must be of the same release: structures differ
    /// within a release line, and a module with only a corrected text would load and then crash.
    pub(crate) fn defines(&self, tree: &Tree) -> Result<Vec<String>, String> {
        if release_of(&self.version) != tree.release {
            return Err(format!(
                "its headers are of OpenSIPS {}, the binary is {self}: both must be the same release",
                tree.version
            ));
        }
        let beyond = |define: &&String| {
            let name = define.trim_start_matches("-D");
            let name = name.split_once('=').map_or(name, |(name, _)| name);
            !STAMPED.contains(&name)
        };
        let mut defines: Vec<String> = tree.defines.iter().filter(beyond).cloned().collect();
        defines.extend(
            [
                ("NAME", &self.name),
                ("VERSION", &self.version),
                ("ARCH", &self.arch),
                ("OS", &self.os),
                ("VERSIONTYPE", &self.kept.0),
                ("THISREVISION", &self.kept.1),
            ]
            .map(|(name, value)| format!("-D{name}=\"{value}\"")),
        );
        let macros = self.flags.split(", ").flat_map(macros_of);
        defines.extend(macros.map(|name| format!("-D{name}")));
        Ok(defines)
    }
}

impl Display for Binary {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} {} ({}/{})",
            self.name, self.version, self.arch, self.os
        )
    }
}

/// `opensips 3.6.8 (x86_64/linux)`, in its four parts.
fn full_version(text: &str) -> Option<[&str; 4]> {
    let (name, rest) = text.split_once(' ')?;
    let (version, rest) = rest.split_once(" (")?;
    let (arch, os) = rest.strip_suffix(')')?.split_once('/')?;
    Some([name, version, arch, os])
}

/// `3.6.8` of `3.6.8-dev`.
fn release_of(version: &str) -> &str {
    version
        .split_once('-')
        .map_or(version, |(release, _)| release)
}

/// The macros behind one flag. A few are spelt differently in the text.
fn macros_of(flag: &str) -> Vec<&str> {
    let (flag, single) = match flag.strip_suffix("-NOSMP") {
        Some(flag) => (flag, Some("NOSMP")),
        None => (flag, None),
    };
    let mut macros = match flag {
        "STATS: On" => vec!["STATISTICS"],
        "STATS: Off" | "" => vec![],
        // Locks are the only flags with parts: FAST_LOCK-FUTEX-ADAPTIVE_WAIT.
        _ => flag
            .split('-')
            .map(|part| if part == "FUTEX" { "USE_FUTEX" } else { part })
            .collect(),
    };
    macros.extend(single);
    macros
}

/// The first release with the structures that the C code fills. Before it an asynchronous call had no time limit.
const OLDEST: [Option<u32>; 3] = [Some(3), Some(4), Some(3)];

/// A makefile that includes the tree's own and prints their variables. The shell removes the quotes, as it does for the compiler.
pub(crate) const QUESTION: &str =
    "include $(firstword $(wildcard Makefile.conf) Makefile.conf.template)
include Makefile.defs
nol-answer:
\t@printf '%s\\n' $(DEFS) 'release $(VERSION_MAJOR).$(VERSION_MINOR).$(VERSION_SUBMINOR)'
";

/// Prints the texts of a module compiled with the macros.
pub(crate) const PROBE: &str = "#include \"version.h\"
const char *const nol_stamp[] = {\"version: \" OPENSIPS_FULL_VERSION, \"flags: \" OPENSIPS_COMPILE_FLAGS};
";

/// The macros behind the texts that the server compares. The binary's own values replace those of the tree.
const STAMPED: [&str; 33] = [
    "NAME",
    "VERSION",
    "ARCH",
    "OS",
    "VERSIONTYPE",
    "THISREVISION",
    "STATISTICS",
    "SHM_EXTRA_STATS",
    "EXTRA_DEBUG",
    "DISABLE_NAGLE",
    "USE_MCAST",
    "NO_DEBUG",
    "NO_LOG",
    "SHM_MMAP",
    "PKG_MALLOC",
    "Q_MALLOC",
    "F_MALLOC",
    "HP_MALLOC",
    "F_PARALLEL_MALLOC",
    "DBG_MALLOC",
    "CC_O0",
    "DEBUG_DMALLOC",
    "QM_JOIN_FREE",
    "FAST_LOCK",
    "ADAPTIVE_WAIT",
    "USE_FUTEX",
    "BUSY_WAIT",
    "NOSMP",
    "USE_PTHREAD_MUTEX",
    "USE_UMUTEX",
    "USE_POSIX_SEM",
    "USE_SYSV_SEM",
    "DBG_LOCK",
];
