// SPDX-License-Identifier: GPL-2.0-or-later
//! How the C code is compiled, and the shared C code as a library for the tests.

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

/// The C files that the modules of all servers share.
pub(crate) const SHARED: [&str; 2] = ["c_shim/avps.c", "c_shim/shim.c"];

/// Compiles the shared files as plain C11. This checks them on every machine, and tests can link them.
///
/// The cdylib does not refer to them, so the linker leaves them out there.
pub(crate) fn shim_for_tests() -> Result<(), String> {
    strict()
        .std("c11")
        .files(SHARED)
        .try_compile("nol_shim")
        .map_err(|why| format!("cannot compile {}: {why}", SHARED.join(" and ")))
}
