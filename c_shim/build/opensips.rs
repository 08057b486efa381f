// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds the modules for `OpenSIPS`: one for each source tree, for the release of that tree.

use crate::compiler;
use crate::opensips_flags::{Binary, PROBE, QUESTION, Tree};
use crate::place::{Place, from_user, watch};
use crate::server_module::ServerModule;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds a module for the tree that `OPENSIPS_SRC` names, or for each one under `/usr/src`.
pub(crate) fn build(place: &Place) -> Result<(), String> {
    place.remove_modules("opensips-")?;
    if let Some(tree) = from_user("OPENSIPS_SRC") {
        let binary = from_user("OPENSIPS_BINARY");
        return Target::new(place, &tree, binary)
            .and_then(|target| target.build(place))
            .map_err(|why| format!("OPENSIPS_SRC is {}: {why}", tree.display()));
    }
    for tree in found() {
        match Target::new(place, &tree, None) {
            Ok(target) => target.build(place)?,
            // The user did not name this tree. It may be too old or incomplete.
            Err(why) => println!(
                "cargo::warning=no module for the OpenSIPS in {}: {why}",
                tree.display()
            ),
        }
    }
    Ok(())
}

/// One release of `OpenSIPS`, compiled with one set of flags.
struct Target<'a> {
    tree: &'a Path,
    name: String,
    flags: Vec<String>,
}

impl<'a> Target<'a> {
    /// Reads the flags of the tree, corrects them by those of the binary, and checks the result against the binary.
    fn new(place: &Place, tree: &'a Path, binary: Option<PathBuf>) -> Result<Self, String> {
        if !tree.join(HEADER).exists() {
            return Err(format!(
                "no {HEADER} there; it must be a source tree of OpenSIPS"
            ));
        }
        for name in ["Makefile.defs", "Makefile.conf", HEADER] {
            if tree.join(name).exists() {
                watch(&tree.join(name));
            }
        }
        let asked = ask(place, tree)?;
        let binary = binary
            .or_else(|| Some(tree.join("opensips")).filter(|binary| binary.exists()))
            .map(|binary| said(&binary))
            .transpose()?;
        // Without a binary the configuration of the tree is used as it is.
        let (version, mut flags) = match &binary {
            Some(binary) => (binary.version(), binary.defines(&asked)?),
            None => (asked.version.as_str(), asked.defines.clone()),
        };
        flags.push("-DMOD_NAME=numbers_online".to_owned());
        let target = Self {
            tree,
            name: format!("opensips-{version}"),
            flags,
        };
        if let Some(binary) = &binary {
            same_stamp(&target.module().probe(place, PROBE)?, binary)?;
        }
        Ok(target)
    }

    fn build(&self, place: &Place) -> Result<(), String> {
        self.module().build(place)
    }

    fn module(&self) -> ServerModule<'_> {
        ServerModule {
            server: &self.name,
            sources: &[
                "c_shim/opensips.c",
                "c_shim/opensips_async.c",
                "c_shim/opensips_pipe.c",
                "c_shim/opensips_avp.c",
                "c_shim/opensips_limits.c",
                "c_shim/opensips_mi.c",
                "c_shim/opensips_profile.c",
                "c_shim/opensips_reply.c",
                "c_shim/opensips_stats.c",
            ],
            exports: "c_shim/opensips.map",
            headers: self.tree,
            flags: &self.flags,
        }
    }
}

/// Reads the macros from the tree's makefiles. Nothing in the tree is written.
fn ask(place: &Place, tree: &Path) -> Result<Tree, String> {
    let question = place.out.join("opensips.mk");
    fs::write(&question, QUESTION)
        .map_err(|why| format!("cannot write {}: {why}", question.display()))?;
    let compiler = compiler::strict()
        .try_get_compiler()
        .map_err(|why| format!("no C compiler: {why}"))?;
    let mut make = Command::new("make");
    // make reads every variable of the environment, and Cargo sets many.
    make.env_clear()
        .envs(["PATH", "HOME"].map(|name| (name, env::var_os(name).unwrap_or_default())))
        .env("CC", compiler.path())
        .arg("-s")
        .arg("-C")
        .arg(tree)
        .arg("-f")
        .arg(&question)
        .arg("nol-answer");
    Tree::new(&output(make, "make")?)
}

fn said(binary: &Path) -> Result<Binary, String> {
    watch(binary);
    let mut ask = Command::new(binary);
    ask.arg("-V");
    let name = binary.display().to_string();
    Binary::new(&output(ask, &name)?).map_err(|why| format!("{name}: {why}"))
}

/// Checks that headers and macros together give the texts that the server compares.
fn same_stamp(probe: &[u8], binary: &Binary) -> Result<(), String> {
    for text in binary.stamp() {
        let mut texts = probe.split(|&byte| byte == 0);
        if !texts.any(|found| found == text.as_bytes()) {
            return Err(format!(
                "its headers do not give what the binary wants, \"{text}\": they are not those that it was compiled from"
            ));
        }
    }
    Ok(())
}

fn output(mut command: Command, name: &str) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|why| format!("cannot run {name}: {why}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{name}: {}: {}", output.status, said.trim()))
}

/// The source trees in the directory where Kamailio's is searched too.
fn found() -> Vec<PathBuf> {
    let mut trees: Vec<PathBuf> = fs::read_dir("/usr/src")
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("opensips-")
        })
        .map(|entry| entry.path())
        .filter(|tree| tree.join(HEADER).exists())
        .collect();
    trees.sort();
    trees
}

const HEADER: &str = "sr_module.h";
