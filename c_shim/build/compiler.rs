// SPDX-License-Identifier: GPL-2.0-or-later
//! How the C code is compiled, and the shared C code as a library for the tests.

use crate::place::watch;
use cc::Build;

/// The compiler with the warnings that all C code must pass.
pub(crate) fn strict() -> Build {
    let mut compiler = Build::new();
    compiler
        .warnings(true)
        .extra_warnings(true)
        .flag("-Wundef")
        .warnings_into_errors(true)
        .pic(true);
    compiler
}

/// Compiles `shim.c` as plain C11. This checks it on every machine, and tests can link it.
///
/// The cdylib does not refer to it, so the linker leaves it out there.
pub(crate) fn shim_for_tests() -> Result<(), String> {
    watch("c_shim/shim.c".as_ref());
    watch("c_shim/shim.h".as_ref());
    strict()
        .std("c11")
        .file("c_shim/shim.c")
        .try_compile("nol_shim")
        .map_err(|why| format!("cannot compile c_shim/shim.c: {why}"))
}
