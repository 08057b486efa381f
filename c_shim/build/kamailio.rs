// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds the module for each Kamailio found, from headers of its version: the installed one, those in `.deps/servers`, and those that
//! were built in a source tree in `/usr/src`.

use crate::kamailio_places::{modules, no_headers};
use crate::kamailio_stamp::{Stamp, same_series, version_in_cmake, version_in_makefile};
use crate::place::{Place, from_cargo, from_user, watch};
use crate::server_module::ServerModule;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Builds the modules. Without a server or its headers, reports which variable to set.
pub(crate) fn build(place: &Place) -> Result<(), String> {
    place.remove_modules("kamailio-")?;
    let mut built = BTreeSet::new();
    if let Some(reference) = installed()? {
        let server = stamp(&reference)?;
        let named = from_user("KAMAILIO_MODULES");
        build_for(place, &server, from_user("KAMAILIO_SRC"), named.as_deref())?;
        built.insert(server.version().to_owned());
    } else {
        println!(
            "cargo::warning=no Kamailio found, so no module for it: run \"make setup\", or set KAMAILIO_MODULES to the directory of its modules"
        );
    }
    // The installed one may have flags of its own, and there is one directory for a version.
    for reference in unpacked(place)? {
        let server = stamp(&reference)?;
        if built.insert(server.version().to_owned()) {
            build_for(place, &server, None, None)?;
        }
    }
    for (reference, tree) in in_trees() {
        let server =
            stamp(&reference).and_then(|server| same_version(&tree, &server).map(|()| server));
        match server {
            Ok(server) if built.insert(server.version().to_owned()) => {
                build_for(place, &server, Some(tree), None)?;
            }
            Ok(_) => {}
            // The user did not name this tree.
            Err(why) => println!(
                "cargo::warning=no module for the Kamailio in {}: {why}",
                tree.display()
            ),
        }
    }
    Ok(())
}

fn stamp(reference: &Path) -> Result<Stamp, String> {
    watch(reference);
    let about = |why: String| format!("{}: {why}", reference.display());
    let bytes = fs::read(reference).map_err(|why| about(why.to_string()))?;
    Stamp::find(&bytes).map_err(about)
}

/// `given` is a tree that the user named, `named` the directory of modules.
fn build_for(
    place: &Place,
    server: &Stamp,
    given: Option<PathBuf>,
    named: Option<&Path>,
) -> Result<(), String> {
    let name = format!("kamailio-{}", server.version());
    let places = trees(place, server.version());
    let Some(tree) = tree(server.version(), given, &places)? else {
        println!(
            "cargo::warning={}",
            no_headers(server.version(), named, &places)?
        );
        return Ok(());
    };
    same_version(&tree, server)?;

    let mut flags = server.defines()?;
    flags.push("-DMOD_NAME=\"numbers_online\"".to_owned());
    flags.push("-DMOD_NAMEID=numbers_online".to_owned());
    let module = ServerModule {
        server: &name,
        sources: &[
            "c_shim/kamailio.c",
            "c_shim/kamailio_async.c",
            "c_shim/kamailio_avp.c",
            "c_shim/kamailio_child.c",
            "c_shim/kamailio_handover.c",
            "c_shim/kamailio_hold.c",
            "c_shim/kamailio_limits.c",
            "c_shim/kamailio_log.c",
            "c_shim/kamailio_lookups.c",
            "c_shim/kamailio_profile.c",
            "c_shim/kamailio_reply.c",
            "c_shim/kamailio_rpc.c",
            "c_shim/kamailio_saved.c",
            "c_shim/kamailio_stats.c",
        ],
        exports: "c_shim/kamailio.map",
        headers: &tree.join("src"),
        flags: &flags,
    };
    same_stamp(&module.probe(place, PROBE)?, server, &tree)?;
    module.build(place)
}

/// A stock module of the installed server. It contains the strings that the server compares.
fn installed() -> Result<Option<PathBuf>, String> {
    if let Some(given) = from_user("KAMAILIO_MODULES") {
        let reference = given.join(REFERENCE);
        return reference.exists().then_some(Some(reference)).ok_or_else(|| {
            format!(
                "KAMAILIO_MODULES is {}: no {REFERENCE} there; it must be the directory of the server's own modules",
                given.display()
            )
        });
    }
    let places: Vec<PathBuf> = modules(&debian_modules()?)
        .iter()
        .map(|place| place.join(REFERENCE))
        .collect();
    let found = places.iter().find(|reference| reference.exists());
    if let (None, Some(first)) = (found, places.first()) {
        watch(first);
    }
    Ok(found.cloned())
}

/// A stock module of each server that `make test-versions` unpacked.
fn unpacked(place: &Place) -> Result<Vec<PathBuf>, String> {
    let modules = debian_modules()?;
    // The directory does not exist: nothing was unpacked.
    let servers = fs::read_dir(place.root.join(".deps/servers"));
    let mut found: Vec<PathBuf> = servers
        .into_iter()
        .flatten()
        .flatten()
        .map(|server| server.path().join(&modules).join(REFERENCE))
        .filter(|reference| reference.exists())
        .collect();
    found.sort();
    Ok(found)
}

/// A stock module of each server that was built in its source tree, and that tree.
fn in_trees() -> Vec<(PathBuf, PathBuf)> {
    let trees = fs::read_dir("/usr/src").into_iter().flatten().flatten();
    let mut found: Vec<(PathBuf, PathBuf)> = trees
        .filter(|tree| {
            let name = tree.file_name();
            name.to_string_lossy().starts_with("kamailio-")
        })
        .map(|tree| {
            (
                tree.path().join("src/modules/sl").join(REFERENCE),
                tree.path(),
            )
        })
        .filter(|(reference, _)| reference.exists())
        .collect();
    found.sort();
    found
}

const REFERENCE: &str = "sl.so";

/// Debian's name of an architecture is the target's without the vendor: `x86_64-linux-gnu`.
fn debian_modules() -> Result<PathBuf, String> {
    let multiarch = from_cargo("TARGET")?.replacen("-unknown-", "-", 1);
    Ok(format!("usr/lib/{multiarch}/kamailio/modules").into())
}

/// A file that exists in every source tree.
const HEADER: &str = "src/core/ver_defs.h";

/// Where a source tree of `version` is searched. "make setup" puts it into the first place.
fn trees(place: &Place, version: &str) -> Vec<PathBuf> {
    [Some(version.to_owned()), nearest(version)]
        .iter()
        .flatten()
        .map(|version| format!("kamailio-{version}"))
        .flat_map(|name| {
            [
                place.root.join(".deps").join(&name),
                Path::new("/usr/src").join(&name),
            ]
        })
        .collect()
}

/// The source tree. Only its headers are used, and they need no configuration.
fn tree(
    version: &str,
    given: Option<PathBuf>,
    places: &[PathBuf],
) -> Result<Option<PathBuf>, String> {
    if let Some(given) = given {
        watch(&given.join(HEADER));
        return given.join(HEADER).exists().then_some(Some(given.clone())).ok_or_else(|| {
            format!(
                "KAMAILIO_SRC is {}: no {HEADER} there; it must be a source tree of Kamailio {version}",
                given.display()
            )
        });
    }
    let found = places.iter().find(|tree| tree.join(HEADER).exists());
    if let Some(tree) = found.or(places.first()) {
        watch(&tree.join(HEADER));
    }
    Ok(found.cloned())
}

/// The patch release whose headers the user chose in place of those of `version`.
fn nearest(version: &str) -> Option<String> {
    let nearest = from_user("KAMAILIO_NEAREST")?.to_str()?.to_owned();
    same_series(&nearest, version).then_some(nearest)
}

/// Structures may differ even between patch releases, and no compiler would notice: only the user can decide that.
fn same_version(tree: &Path, server: &Stamp) -> Result<(), String> {
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
    if version == server.version() || nearest(server.version()).as_ref() == Some(&version) {
        return Ok(());
    }
    let way_out = if same_series(&version, server.version()) {
        format!(", or KAMAILIO_NEAREST={version} if you know that no structure differs")
    } else {
        String::new()
    };
    Err(format!(
        "the headers in {} are of Kamailio {version}, the server is {server}: both must be the same release{way_out}",
        tree.display()
    ))
}

/// Checks that headers and macros together give the strings that the server compares.
fn same_stamp(probe: &[u8], server: &Stamp, tree: &Path) -> Result<(), String> {
    let ours = Stamp::find(probe).map_err(|why| format!("{}: {why}", tree.display()))?;
    if ours == *server {
        return Ok(());
    }
    Err(format!(
        "the headers in {} are not of the server: they alone have \"{}\", it alone has \"{}\"",
        tree.display(),
        ours.beyond(server),
        server.beyond(&ours)
    ))
}

/// The file is read, not run, so this also works for a server of another architecture.
const PROBE: &str = "#include \"core/ver_defs.h\"
const char *const nol_stamp[] = {SER_FULL_VERSION, SER_COMPILE_FLAGS};
";
