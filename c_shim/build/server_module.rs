// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds the thin module of one SIP server from its C files, linked against the library beside it.

use crate::compiler;
use crate::place::Place;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// SONAME of the cdylib, and its file name.
pub(crate) const LIBRARY: &str = "libnumbers_online.so";
const MODULE: &str = "numbers_online.so";

/// What differs from server to server.
pub(crate) struct ServerModule<'a> {
    /// Name and version, as in `kamailio-5.6.3`: the directory that the module goes to.
    pub(crate) server: &'a str,
    /// The server's own C files.
    pub(crate) sources: &'a [&'a str],
    /// The linker's version script: the symbols that the server looks for, and no other.
    pub(crate) exports: &'a str,
    /// Where the server's headers are.
    pub(crate) headers: &'a Path,
    /// The compiler's arguments that the headers need, and the module's own.
    pub(crate) flags: &'a [String],
}

impl ServerModule<'_> {
    /// Puts the module at `<target>/<profile>/<server>/numbers_online.so`.
    pub(crate) fn build(&self, place: &Place) -> Result<(), String> {
        let scratch = self.scratch(place)?;
        let objects = self.objects(&scratch, &[self.sources, &compiler::SHARED].concat())?;
        let stub = import_stub(&scratch)?;
        let target = create(place.profile.join(self.server))?.join(MODULE);

        let mut link = linker()?;
        link.args(objects)
            .arg("-L")
            .arg(stub)
            .arg("-lnumbers_online")
            // The library is in the module's directory. DT_RPATH has priority over LD_LIBRARY_PATH, which may name a library of
            // another release, and under `cargo test` always names one of another build.
            .arg("-Wl,-rpath,$ORIGIN,--disable-new-dtags")
            .arg(format!("-Wl,--version-script={}", self.exports))
            // The core exports two thousand symbols. None of them may replace one of the module's.
            .arg("-Wl,-Bsymbolic")
            // Rust's thread-local destructors must find their code, so the module stays mapped.
            .arg("-Wl,-z,relro,-z,now,-z,nodelete")
            .arg("-o")
            .arg(&target);
        run(link, &target)
    }

    /// Compiles a generated text with the server's flags. Returns the bytes of the object file.
    pub(crate) fn probe(&self, place: &Place, text: &str) -> Result<Vec<u8>, String> {
        let scratch = self.scratch(place)?;
        let source = scratch.join("probe.c");
        fs::write(&source, text).map_err(|why| cannot("write", &source, &why))?;
        let objects = self.objects(&scratch, &[source])?;
        let object = objects.first().ok_or("the compiler made no object file")?;
        fs::read(object).map_err(|why| cannot("read", object, &why))
    }

    fn objects(
        &self,
        scratch: &Path,
        sources: &[impl AsRef<Path>],
    ) -> Result<Vec<PathBuf>, String> {
        let mut compiler = compiler::strict();
        compiler
            .files(sources)
            .out_dir(scratch)
            .opt_level(2)
            .define("PIC", None)
            .flag("-pthread")
            .flag("-fno-strict-overflow")
            // As a system directory, because the headers cause warnings.
            .flag("-isystem")
            .flag(self.headers);
        for flag in self.flags {
            compiler.flag(flag);
        }
        compiler
            .try_compile_intermediates()
            .map_err(|why| format!("cannot compile the module for {}: {why}", self.server))
    }

    fn scratch(&self, place: &Place) -> Result<PathBuf, String> {
        create(place.out.join(self.server))
    }
}

/// A library with the SONAME and the symbol of the cdylib, which does not exist yet when a build script runs.
fn import_stub(scratch: &Path) -> Result<PathBuf, String> {
    let directory = create(scratch.join("stub"))?;
    let source = directory.join("stub.c");
    let text = "const void *numbers_online_api(void) { return 0; }\n";
    fs::write(&source, text).map_err(|why| cannot("write", &source, &why))?;
    let library = directory.join(LIBRARY);
    let mut link = linker()?;
    link.arg(source)
        .arg(format!("-Wl,-soname,{LIBRARY}"))
        .arg("-o")
        .arg(&library);
    run(link, &library)?;
    Ok(directory)
}

fn linker() -> Result<Command, String> {
    let compiler = compiler::strict()
        .try_get_compiler()
        .map_err(|why| format!("no C compiler: {why}"))?;
    let mut link = compiler.to_command();
    link.arg("-shared");
    Ok(link)
}

fn run(mut link: Command, target: &Path) -> Result<(), String> {
    let done = link
        .output()
        .map_err(|why| cannot("run the linker for", target, &why))?;
    for line in String::from_utf8_lossy(&done.stderr).lines() {
        println!("cargo::warning={line}");
    }
    if done.status.success() {
        Ok(())
    } else {
        Err(format!("cannot link {}: {}", target.display(), done.status))
    }
}

fn create(directory: PathBuf) -> Result<PathBuf, String> {
    fs::create_dir_all(&directory).map_err(|why| cannot("create", &directory, &why))?;
    Ok(directory)
}

fn cannot(act: &str, path: &Path, why: &std::io::Error) -> String {
    format!("cannot {act} {}: {why}", path.display())
}
