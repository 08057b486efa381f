// SPDX-License-Identifier: GPL-2.0-or-later
//! The HTTP side: one request, one deadline.

mod client;
mod dial;
mod headers;
mod names;
mod race;
mod tls;
mod trouble;
mod wire;

pub use client::{Client, Credentials, Reply};
