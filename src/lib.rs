// SPDX-License-Identifier: GPL-2.0-or-later
//! Call-screening decisions from numbers.online for SIP servers.
//!
//! The library decides; the thin C modules in `c_shim/` know the servers. `c_shim/numbers_online.h` lies between them and
//! [`mod@ffi`] answers it. Everything that decides is a pure function of its arguments ([`policy`], [`answer`], [`number`],
//! [`config`]); what touches the world is small and has a deadline ([`http`]); one value ties both together ([`worker`]).

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

#[cfg(not(panic = "unwind"))]
compile_error!("a panic must not take the SIP server down: build with panic = \"unwind\"");

pub mod admission;
pub mod answer;
pub mod cache;
pub mod cause;
pub mod clock;
pub mod config;
pub mod counters;
pub mod deadline;
pub mod decision;
pub mod emergency;
pub mod engine;
pub mod evidence;
pub mod failure;
#[allow(unsafe_code, reason = "the boundary to C and to the operating system")]
pub mod ffi;
pub mod http;
pub mod in_flight;
mod length_prefixed;
pub mod log;
pub mod number;
#[allow(unsafe_code, reason = "the operating system")]
mod os;
pub mod policy;
pub mod pool;
pub mod privacy;
pub mod question;
pub mod redis;
pub mod report;
mod resolver;
pub mod signing;
pub mod sip_header;
pub mod text;
mod u64_pair;
pub mod worker;
