// SPDX-License-Identifier: GPL-2.0-or-later
//! The HTTP side: one request, one deadline.

/// An answer is below 1 KiB. A head or a body above this is no answer.
const MAX_BYTES: usize = 64 * 1024;

mod client;
mod dial;
mod headers;
mod idle;
mod line;
pub(crate) mod names;
mod race;
mod reply;
mod request;
mod session;
mod socket;
mod stopwatch;
mod tls;
mod trouble;
mod wire;

pub use client::{Client, Credentials, Exchange, Probe};
pub use reply::Reply;
pub use stopwatch::Phase;
