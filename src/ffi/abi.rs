// SPDX-License-Identifier: GPL-2.0-or-later
//! The header, as bindgen translates it.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    reason = "generated from c_shim/numbers_online.h, which documents it"
)]

include!(concat!(env!("OUT_DIR"), "/abi.rs"));
