// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds the Rust side of the header, the shared C code, and the module of each SIP server found.

#[path = "c_shim/build/abi.rs"]
mod abi;
#[path = "c_shim/build/compiler.rs"]
mod compiler;
#[path = "c_shim/build/defaults.rs"]
mod defaults;
#[path = "c_shim/build/kamailio.rs"]
mod kamailio;
#[path = "c_shim/build/kamailio_places.rs"]
mod kamailio_places;
#[path = "c_shim/build/kamailio_stamp.rs"]
mod kamailio_stamp;
#[path = "c_shim/build/opensips.rs"]
mod opensips;
#[path = "c_shim/build/opensips_flags.rs"]
mod opensips_flags;
#[path = "c_shim/build/place.rs"]
mod place;
#[path = "c_shim/build/server_module.rs"]
mod server_module;

use place::Place;

fn main() {
    if let Err(problem) = build() {
        // Cargo takes one line.
        println!("cargo::error={}", problem.replace('\n', "; "));
    }
}

fn build() -> Result<(), String> {
    let place = Place::from_cargo()?;
    place::watch("c_shim".as_ref());
    abi::generate(&place)?;
    defaults::generate(&place)?;
    compiler::shim_for_tests()?;
    // rustc gives a cdylib no SONAME; without one the module's DT_NEEDED would hold a path of the build machine.
    println!(
        "cargo::rustc-cdylib-link-arg=-Wl,-soname,{}",
        server_module::LIBRARY
    );
    place.watch_servers()?;
    kamailio::build(&place)?;
    opensips::build(&place)
}
