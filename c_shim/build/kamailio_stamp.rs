// SPDX-License-Identifier: GPL-2.0-or-later
//! Version and flags of a Kamailio build. Every module contains them, and the server compares them when it loads a module.
//!
//! Pure functions of texts; `tests/build_flags.rs` tests them.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// Version and compile flags, as `ver_defs.h` composes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    name: String,
    version: String,
    arch: String,
    os: String,
    flags: String,
}

impl Stamp {
    /// Finds the stamp in the bytes of a module or an object file.
    ///
    /// The strings are read from a file and not from `kamailio -I`, which names more flags than the check compares (6.1).
    pub(crate) fn find(file: &[u8]) -> Result<Self, String> {
        let texts: Vec<&str> = file.split(|&byte| byte == 0).filter_map(tail).collect();
        let versions = texts.iter().filter_map(|text| version_string(text));
        let (name, version, arch, os) = only(versions, "version string")?;
        let flags = only(
            texts.iter().filter_map(|text| flags_string(text)),
            "flags string",
        )?;
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            arch: arch.to_owned(),
            os: os.to_owned(),
            flags: flags.to_owned(),
        })
    }

    /// The version alone, as in `5.6.3`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// How `other` differs: its text, or the flags that it lacks. Empty if it does not.
    pub(crate) fn beyond(&self, other: &Self) -> String {
        let (ours, theirs) = (self.to_string(), other.to_string());
        if ours != theirs {
            return ours;
        }
        let known = macros_of(&other.flags);
        let mut flags = macros_of(&self.flags);
        flags.retain(|flag| !known.contains(flag));
        flags.join(", ")
    }

    /// The compiler's arguments that give the headers the meaning they had when the server was compiled.
    pub(crate) fn defines(&self) -> Result<Vec<String>, String> {
        let [major, minor, patch] = numbers(&self.version)
            .ok_or_else(|| format!("version {}: not like 5.6.3", self.version))?;
        let os = self.os.to_lowercase();
        let mut defines = vec![
            format!("-DNAME=\"{}\"", self.name),
            format!("-DVERSION=\"{}\"", self.version),
            format!("-DARCH=\"{}\"", self.arch),
            format!("-DOS_QUOTED=\"{}\"", self.os),
            format!("-DOS={os}_"),
            format!("-D__CPU_{}", self.arch),
            format!("-D__OS_{os}"),
            format!("-DVERSIONVAL={}", major * 1_000_000 + minor * 1_000 + patch),
        ];
        let series: &[&str] = if major < 6 { &IN_5 } else { &FROM_6 };
        let plain = macros_of(&self.flags);
        let all = plain.iter().chain(&UNSAID).chain(series);
        defines.extend(all.map(|name| format!("-D{name}")));
        if self.flags.contains("ADAPTIVE_WAIT") {
            defines.push("-DADAPTIVE_WAIT_LOOPS=1024".to_owned());
        }
        Ok(defines)
    }
}

impl Display for Stamp {
    /// The text that the server compares.
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} {} ({}/{})",
            self.name, self.version, self.arch, self.os
        )
    }
}

/// The version that a source tree's `src/Makefile.defs` (to 6.0) states.
pub(crate) fn version_in_makefile(text: &str) -> Option<String> {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let (left, right) = line.split_once('=')?;
            (left.trim() == name).then_some(right.trim())
        })
    };
    Some(format!(
        "{}.{}.{}{}",
        value("VERSION")?,
        value("PATCHLEVEL")?,
        value("SUBLEVEL")?,
        value("EXTRAVERSION").unwrap_or("")
    ))
}

/// The version that a source tree's `CMakeLists.txt` states.
pub(crate) fn version_in_cmake(text: &str) -> Option<String> {
    let after = |mark| text.split_once(mark).map(|(_, rest)| rest);
    let version = after("project(kamailio VERSION ")?
        .split([' ', ')', '\n'])
        .next()?;
    let extra = after("set(EXTRAVERSION \"").and_then(|rest| rest.split('"').next());
    Some(format!("{version}{}", extra.unwrap_or("")))
}

/// Whether two versions differ at most in the patch number: 6.1.4 and 6.1.5.
pub(crate) fn same_series(one: &str, other: &str) -> bool {
    match (numbers(one), numbers(other)) {
        (Some([major, minor, _]), Some(other)) => [major, minor] == other[..2],
        _ => false,
    }
}

/// The printable end of a NUL-terminated piece. The bytes before it may be code or numbers.
fn tail(piece: &[u8]) -> Option<&str> {
    let start = piece
        .iter()
        .rposition(|byte| !(b' '..=b'~').contains(byte))
        .map_or(0, |last| last + 1);
    piece
        .get(start..)
        .and_then(|text| str::from_utf8(text).ok())
}

/// `kamailio 5.6.3 (x86_64/linux)`, in its four parts.
fn version_string(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (name, rest) = text.split_once(' ')?;
    let (version, rest) = rest.split_once(" (")?;
    let (arch, os) = rest.strip_suffix(')')?.split_once('/')?;
    let well_formed = all(name, |byte| byte.is_ascii_lowercase())
        && version.starts_with(|first: char| first.is_ascii_digit())
        && !version.contains(' ')
        && all(arch, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && all(os, |byte| byte.is_ascii_alphanumeric());
    well_formed.then_some((name, version, arch, os))
}

/// `USE_TCP, USE_TLS, ...`; only `EXTRA_DEBUG` can stand before it, and has no comma after it.
fn flags_string(text: &str) -> Option<&str> {
    let (before, _) = text.split_once("USE_TCP")?;
    let well_formed = matches!(
        before,
        "" | "EXTRA_DEBUG" | ", EXTRA_DEBUG" | "EXTRA_DEBUG, "
    ) && all(text, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_, -".contains(&byte)
    });
    well_formed.then_some(text)
}

/// The macros behind a flags string. A few flags are spelt differently there.
fn macros_of(flags: &str) -> Vec<&str> {
    let mut macros = Vec::new();
    let rest = match flags.split_once("EXTRA_DEBUG") {
        Some((_, rest)) => {
            macros.push("EXTRA_DEBUG");
            rest
        }
        None => flags,
    };
    for flag in rest
        .split(',')
        .map(str::trim)
        .filter(|flag| !flag.is_empty())
    {
        let flag = match flag.strip_suffix("-NOSMP") {
            Some(flag) => {
                macros.push("NOSMP");
                flag
            }
            None => flag,
        };
        match flag.split_once('-') {
            Some(("FAST_LOCK", wait)) => macros.extend(["FAST_LOCK", wait]),
            _ if flag == "TLS_PTHREAD_MUTEX_SHARED" => macros.push("KSR_PTHREAD_MUTEX_SHARED"),
            _ => macros.push(flag),
        }
    }
    macros
}

/// Major, minor and patch. A suffix such as `-dev3` does not count.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version
        .split(|byte: char| !byte.is_ascii_digit())
        .map(str::parse);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?])
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

/// The only distinct value. With two it is unknown which one the server compares.
fn only<T: Ord>(found: impl Iterator<Item = T>, what: &str) -> Result<T, String> {
    let mut distinct: BTreeSet<T> = found.collect();
    match (distinct.pop_first(), distinct.len()) {
        (Some(one), 0) => Ok(one),
        (Some(_), more) => Err(format!(
            "{} different Kamailio {what}s in it, not one",
            more + 1
        )),
        (None, _) => Err(format!("no Kamailio {what} in it")),
    }
}

/// Macros that the headers test but the flags string does not name. Kamailio's own build sets them on Linux.
const UNSAID: [&str; 16] = [
    "CC_GCC_LIKE_ASM",
    "STATISTICS",
    "MALLOC_STATS",
    "USE_CORE_STATS",
    "HAVE_GETHOSTBYNAME2",
    "HAVE_UNION_SEMUN",
    "HAVE_SCHED_YIELD",
    "HAVE_MSG_NOSIGNAL",
    "HAVE_MSGHDR_MSG_CONTROL",
    "HAVE_ALLOCA_H",
    "HAVE_TIMEGM",
    "HAVE_SCHED_SETSCHEDULER",
    "HAVE_IP_MREQN",
    "HAVE_EPOLL",
    "HAVE_SIGIO_RT",
    "HAVE_SELECT",
];
/// The missing R came with 6.0.
const IN_5: [&str; 3] = ["WITH_XAVP", "MEM_JOIN_FREE", "SIGINFO64_WORKARROUND"];
const FROM_6: [&str; 1] = ["SIGINFO64_WORKAROUND"];
