// SPDX-License-Identifier: GPL-2.0-or-later
//! The boundary to C: implements `c_shim/numbers_online.h`.

mod abi;
mod arguments;
mod bytes;
mod entries;
mod guard;
mod handles;
mod host;
mod outcome;
mod pool;
mod profile;
mod replies;

pub use abi::*;

/// The table of functions. If a function of the header is missing here, or has another type, this does not compile.
static API: nol_api = nol_api {
    abi_version: NOL_ABI_VERSION,
    params_size: size_of::<nol_params>(),
    call_size: size_of::<nol_call>(),
    result_size: size_of::<nol_result>(),
    engine_new: Some(entries::engine_new),
    engine_free: Some(entries::engine_free),
    profile: Some(profile::profile),
    longest_timeout: Some(profile::longest_timeout),
    worker_new: Some(entries::worker_new),
    worker_free: Some(entries::worker_free),
    worker_warm: Some(entries::worker_warm),
    decide: Some(entries::decide),
    pool_new: Some(pool::pool_new),
    pool_free: Some(pool::pool_free),
    pool_serve: Some(pool::pool_serve),
    pool_heartbeat: Some(pool::pool_heartbeat),
    pool_next: Some(pool::pool_next),
    pool_server_died: Some(pool::pool_server_died),
    begin: Some(pool::begin),
    submit: Some(pool::submit),
    finish: Some(pool::finish),
    shed: Some(pool::shed),
    cancel: Some(pool::cancel),
    gauge: Some(entries::gauge),
    network_blocked: Some(replies::network_blocked),
    is_contact: Some(replies::is_contact),
    command: Some(entries::command),
};

/// The only exported symbol.
#[unsafe(no_mangle)]
pub extern "C" fn numbers_online_api() -> *const nol_api {
    &raw const API
}

/// Checks that the definition has the type that the header declares.
const _: [unsafe extern "C" fn() -> *const nol_api; 2] =
    [abi::numbers_online_api, numbers_online_api];
