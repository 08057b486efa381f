// SPDX-License-Identifier: GPL-2.0-or-later
//! Telephone numbers: which number a text is, and whether it can exist.
//!
//! ```
//! use numbers_online_number::{Country, normalise};
//!
//! let home = Country::new("GB");
//! let number = normalise(b"020 7946 0958", home).expect("a number of London");
//! assert_eq!(number.as_str(), "+442079460958");
//! assert_eq!(normalise(b"0044 20 7946 0958", home), Some(number));
//! assert_eq!(normalise(b"+44 (0)20 7946 0958", None), Some(number));
//! ```
//!
//! Everything is read from constant tables: there is no heap, no initialisation and no lock, and processes that are forked share
//! the tables. They are made from the metadata of libphonenumber (Apache-2.0, see `NOTICE`); [`METADATA`] says of which version.
//! `number/generator` makes them.

#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a failing test may panic"
    )
)]

#[cfg(test)]
extern crate std;

mod automaton;
mod country;
mod dialled;
mod e164;
mod metadata;
mod normalise;
mod plausibility;
mod program;
mod region;
mod short;
mod table;

pub use country::Country;
pub use dialled::is_separator;
pub use e164::E164;
pub use metadata::{METADATA, Metadata};
pub use normalise::normalise;
pub use plausibility::{LineType, Plausibility};
pub use short::{is_emergency, is_short};
