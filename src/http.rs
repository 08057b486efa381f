// SPDX-License-Identifier: GPL-2.0-or-later
//! The HTTP client: one request, one deadline.

/// The limit of a head and of a body, in bytes. A valid answer is below 1 KiB.
const MAX_BYTES: usize = 64 * 1024;

mod client;
mod connection;
mod connection_slot;
mod connector;
mod error;
mod happy_eyeballs;
mod headers;
mod idle;
mod reply;
mod request;
mod session;
mod socket;
mod timings;
mod tls;
mod transport;

pub use client::{Client, Exchange, Probe};
pub use reply::Reply;
pub use request::Credentials;
pub use timings::Phase;
