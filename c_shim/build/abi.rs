// SPDX-License-Identifier: GPL-2.0-or-later
//! The Rust side of `numbers_online.h`.

use crate::place::Place;
use bindgen::EnumVariation;

/// Writes `abi.rs`, which `src/` includes.
pub(crate) fn generate(place: &Place) -> Result<(), String> {
    let ours = "(nol|NOL)_.*|numbers_online_.*";
    bindgen::Builder::default()
        .header("c_shim/numbers_online.h")
        .allowlist_item(ours)
        // A C caller may pass any int, so a C enum becomes an integer type with constants, never a Rust enum.
        .default_enum_style(EnumVariation::NewType {
            is_bitfield: false,
            is_global: false,
        })
        .use_core()
        .generate()
        .map_err(|why| format!("c_shim/numbers_online.h: {why}"))?
        .write_to_file(place.out.join("abi.rs"))
        .map_err(|why| format!("cannot write abi.rs to {}: {why}", place.out.display()))
}
