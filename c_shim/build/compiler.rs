// SPDX-License-Identifier: GPL-2.0-or-later
//! How our C is compiled, and the shared C as a library for the tests.

use crate::place::watch;
use cc::Build;

/// The compiler with the warnings that all our C must pass.
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

/// Compiles `shim.c` as plain C11: so it is checked on every machine, and tests can link it.
///
/// The cdylib does not refer to it, so nothing of it gets in there.
pub(crate) fn shim_for_tests() -> Result<(), String> {
    watch("c_shim/shim.c".as_ref());
    watch("c_shim/shim.h".as_ref());
    strict()
        .std("c11")
        .file("c_shim/shim.c")
        .try_compile("nol_shim")
        .map_err(|why| format!("cannot compile c_shim/shim.c: {why}"))
}
