// SPDX-License-Identifier: GPL-2.0-or-later
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod app;
mod authorization;
mod body;
pub mod budget;
pub mod certificate;
pub mod config;
mod connection;
pub mod country;
mod credential;
pub mod decision;
mod fields;
pub mod identity;
mod key_digest;
pub mod keys;
pub mod limits;
pub mod line_type;
mod lingering;
mod listener;
pub mod lists;
pub mod malformed;
pub mod number;
pub mod open_files;
pub mod options;
mod pem;
pub mod policy;
pub mod receipt;
pub mod redirect;
mod refusal;
pub mod reload;
pub mod risk;
pub mod server;
pub mod signals;
mod slots;
pub mod start_error;
pub mod state;
mod swap;
mod table;
mod throttle;
pub mod timestamp;
pub mod tls;
pub mod use_case;
pub mod verstat;
