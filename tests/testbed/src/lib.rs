// SPDX-License-Identifier: GPL-2.0-or-later
//! Servers and clients for tests and benchmarks: a SIP server that runs as long as its guard, a small SIP client, and peers that
//! stall, send slowly, reset connections and send incorrect answers.
//!
//! * [`Server`] starts a SIP server with the module as a [`Setup`] describes it: a [`Kamailio`] or an [`OpenSips`]. A
//!   [`sip::Client`] sends requests to the running [`Host`]. The values of a decision are in the headers of the reply.
//! * [`Api`] is the HTTP server: it follows a table of [`Step`]s.
//! * [`RedisServer`] is a real Redis without data.
//! * [`Sipp`] plays the scenarios of SBCs.
//! * [`Dns`], [`BlackHole`] and [`Netns`] are for the phases before the first byte.
//!
//! Peers get their ports from the kernel, servers from [`Port`]. Files come from a temporary directory. Every wait has an end.
#![forbid(unsafe_code)]

pub mod answer;
mod api;
mod authority;
mod dns;
mod host;
pub mod interface;
mod kamailio;
mod launch;
mod log;
mod netns;
mod opensips;
mod port;
mod process;
mod proxy;
mod redis;
mod script;
mod setup;
pub mod sip;
mod sipp;
mod stage;
mod unreachable;

pub use api::{Api, Greeting, Plan, Request, Step};
pub use authority::{Authority, Flaw, Identity};
pub use dns::{Dns, Manner, Zone};
pub use host::{Host, LOCKED_UP, Product, Server};
pub use kamailio::Kamailio;
pub use log::Log;
pub use netns::Netns;
pub use opensips::OpenSips;
pub use port::Port;
pub use process::Resource;
pub use proxy::Proxy;
pub use redis::{RedisReply, RedisServer};
pub use setup::{Build, Form, Setup, Value};
pub use sipp::Sipp;
pub use stage::Stage;
pub use unreachable::{BlackHole, Refused};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Any error, as a text.
pub type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// A result of the testbed.
pub type Result<T> = std::result::Result<T, Trouble>;

/// The first header of that name, of SIP or HTTP.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = headers
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// Locks a mutex, also after a panic: a panicking trial must not make others fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
