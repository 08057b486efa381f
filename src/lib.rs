// SPDX-License-Identifier: GPL-2.0-or-later
//! Call-screening decisions from numbers.online for SIP servers.
//!
//! The thin C modules in `c_shim/` translate between a SIP server and this library. The library decides.
//! `c_shim/numbers_online.h` declares the boundary. `docs/architecture.md` follows one call from the routing script to the reply,
//! and lists what holds for fork, shared memory and deadlines.
//!
//! The modules, from top to bottom. A module imports only modules below it.
//!
//! 1. [`mod@ffi`]: the boundary to C. It implements the functions of the header.
//! 2. [`pool`]: asynchronous lookups, a queue in shared memory and the threads that serve it.
//! 3. [`worker`]: decides the calls of one process.
//! 4. [`engine`]: the state made before fork, which all workers share.
//! 5. [`mod@redis`], [`in_flight`], [`http`], [`cache`], `resolver`: input and output of a lookup, each with a deadline, and shared
//!    memory.
//! 6. [`admission`], [`evidence`], [`policy`], [`lists`], [`emergency_window`], [`question`], [`answer`], [`response_signature`]: the
//!    rules. Except for the shared state of [`admission`], they are pure functions of their arguments.
//! 7. [`config`], [`decision`]: the parsed parameters, and the result.
//! 8. [`identity`], [`emergency`], [`privacy`], [`name_addr`], [`sip_header`], [`number`]: parsers of parts of a request.
//! 9. `os`: shared memory, futexes, sockets, signals and processes; and small modules: [`audit`], [`call_id`],
//!    [`call_record`], [`called`], [`cause`], [`clock`], [`counters`], [`deadline`], [`failure`], [`log`], [`no_number`],
//!    [`reason`], [`report`], [`signing`], [`text`].
//!
//! Unsafe code is only in [`mod@ffi`] and `os`.

#![deny(unsafe_code)]
#![warn(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a failing test may panic"
    )
)]

use std::alloc::System;

use os::allocator::WithReserve;
#[cfg(test)]
use os::allocator::counting::Counting;

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must not take the SIP server down: build with panic = \"unwind\"");

/// Of the library, and of a program that links it as a crate.
#[cfg(not(test))]
#[global_allocator]
static ALLOCATOR: WithReserve<System> = WithReserve::new(System);

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: Counting<WithReserve<System>> = Counting(WithReserve::new(System));

pub mod admission;
pub mod answer;
pub mod audit;
pub mod cache;
pub mod call_id;
pub mod call_record;
pub mod called;
pub mod cause;
pub mod clock;
pub mod config;
pub mod counters;
pub mod deadline;
pub mod decision;
pub mod emergency;
pub mod emergency_window;
pub mod engine;
pub mod evidence;
pub mod failure;
mod feature_caps;
#[allow(unsafe_code, reason = "the boundary to C")]
pub mod ffi;
pub mod http;
pub mod identity;
pub mod in_flight;
mod length_prefixed;
pub mod lists;
pub mod log;
pub mod name_addr;
pub mod network_blocked;
pub mod no_number;
pub mod number;
#[allow(unsafe_code, reason = "the operating system")]
mod os;
mod parts;
pub mod phrase;
pub mod policy;
pub mod pool;
pub mod privacy;
pub mod question;
pub mod reason;
pub mod redis;
mod redress_value;
pub mod reply;
pub mod report;
mod resolver;
pub mod response_signature;
pub mod signing;
pub mod sip_header;
pub mod text;
mod u64_pair;
mod uri;
pub mod worker;
