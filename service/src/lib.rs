// SPDX-License-Identifier: GPL-2.0-or-later
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod answer;
mod app;
mod body;
pub mod budget;
pub mod certificate;
pub mod country;
mod credential;
pub mod decision;
mod key_digest;
pub mod keys;
pub mod line_type;
pub mod lists;
pub mod number;
pub mod options;
pub mod policy;
pub mod question;
pub mod receipt;
mod redirect;
mod refusal;
pub mod risk;
pub mod server;
pub mod start_error;
mod table;
pub mod timestamp;
pub mod tls;
pub mod use_case;
pub mod verstat;
