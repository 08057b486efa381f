// SPDX-License-Identifier: GPL-2.0-or-later
//! The module for the Kamailio that is installed, from headers of the same version.

use crate::kamailio_stamp::{Stamp, version_in_cmake, version_in_makefile};
use crate::place::{Place, from_cargo, from_user, watch};
use crate::server_module::ServerModule;
use std::fs;
use std::path::{Path, PathBuf};

/// Builds the module; without a server or its headers, says what to set.
pub(crate) fn build(place: &Place) -> Result<(), String> {
    let Some(reference) = reference()? else {
        println!(
            "cargo::warning=no Kamailio found, so no module for it: run \"make setup\", or set KAMAILIO_MODULES to the directory of its modules"
        );
        return Ok(());
    };
    let bytes = fs::read(&reference).map_err(|why| format!("{}: {why}", reference.display()))?;
    let installed = Stamp::find(&bytes).map_err(|why| format!("{}: {why}", reference.display()))?;
    let Some(tree) = tree(place, installed.version())? else {
        println!(
            "cargo::warning=no headers of Kamailio {} found, so no module for it: run \"make setup\", or set KAMAILIO_SRC to its source tree",
            installed.version()
        );
        return Ok(());
    };
    same_version(&tree, &installed)?;

    let mut flags = installed.defines()?;
    flags.push("-DMOD_NAME=\"numbers_online\"".to_owned());
    flags.push("-DMOD_NAMEID=numbers_online".to_owned());
    let module = ServerModule {
        server: &format!("kamailio-{}", installed.version()),
        sources: &[
            "c_shim/kamailio.c",
            "c_shim/kamailio_async.c",
            "c_shim/kamailio_avp.c",
            "c_shim/kamailio_lookups.c",
            "c_shim/kamailio_rpc.c",
            "c_shim/kamailio_stats.c",
        ],
        exports: "c_shim/kamailio.map",
        headers: &tree.join("src"),
        flags: &flags,
    };
    same_stamp(&module.probe(place, PROBE)?, &installed, &tree)?;
    watch("c_shim/kamailio.h".as_ref());
    module.build(place)
}

/// A stock module of the installed server: its strings are those that the server compares.
fn reference() -> Result<Option<PathBuf>, String> {
    let given = from_user("KAMAILIO_MODULES");
    // Debian's name of an architecture is the target's without the vendor: x86_64-linux-gnu.
    let multiarch = from_cargo("TARGET")?.replacen("-unknown-", "-", 1);
    let usual = || PathBuf::from(format!("/usr/lib/{multiarch}/kamailio/modules"));
    let reference = given.clone().unwrap_or_else(usual).join("sl.so");
    watch(&reference);
    match (reference.exists(), given) {
        (true, _) => Ok(Some(reference)),
        (false, None) => Ok(None),
        (false, Some(given)) => Err(format!(
            "KAMAILIO_MODULES is {}: no sl.so there; it must be the directory of the server's own modules",
            given.display()
        )),
    }
}

/// The source tree. Only its headers are used, and they need no configuration.
fn tree(place: &Place, version: &str) -> Result<Option<PathBuf>, String> {
    const HEADER: &str = "src/core/ver_defs.h";
    let name = format!("kamailio-{version}");
    let given = from_user("KAMAILIO_SRC");
    let places = match &given {
        Some(given) => vec![given.clone()],
        None => vec![
            place.root.join(".deps").join(&name),
            Path::new("/usr/src").join(&name),
        ],
    };
    let found = places.iter().find(|tree| tree.join(HEADER).exists());
    // If there is none, the first place is where "make setup" will put it.
    if let Some(tree) = found.or(places.first()) {
        watch(&tree.join(HEADER));
    }
    match (found, given) {
        (Some(tree), _) => Ok(Some(tree.clone())),
        (None, None) => Ok(None),
        (None, Some(given)) => Err(format!(
            "KAMAILIO_SRC is {}: no {HEADER} there; it must be a source tree of Kamailio {version}",
            given.display()
        )),
    }
}

/// Structures differ even between patch releases, and no compiler would notice.
fn same_version(tree: &Path, installed: &Stamp) -> Result<(), String> {
    let read = |name| fs::read_to_string(tree.join(name)).ok();
    let version = read("src/Makefile.defs")
        .and_then(|text| version_in_makefile(&text))
        .or_else(|| read("CMakeLists.txt").and_then(|text| version_in_cmake(&text)))
        .ok_or_else(|| {
            format!(
                "{}: no version in src/Makefile.defs or CMakeLists.txt",
                tree.display()
            )
        })?;
    if version == installed.version() {
        Ok(())
    } else {
        Err(format!(
            "the headers in {} are of Kamailio {version}, the installed server is {installed}: both must be the same release",
            tree.display()
        ))
    }
}

/// Proves that headers and macros together give the strings that the server will ask for.
fn same_stamp(probe: &[u8], installed: &Stamp, tree: &Path) -> Result<(), String> {
    let ours = Stamp::find(probe).map_err(|why| format!("{}: {why}", tree.display()))?;
    if ours == *installed {
        return Ok(());
    }
    Err(format!(
        "the headers in {} are not of the installed server: they alone have \"{}\", it alone has \"{}\"",
        tree.display(),
        ours.beyond(installed),
        installed.beyond(&ours)
    ))
}

/// Read, not run: so it also works for a server of another architecture.
const PROBE: &str = "#include \"core/ver_defs.h\"
const char *const nol_stamp[] = {SER_FULL_VERSION, SER_COMPILE_FLAGS};
";
