// SPDX-License-Identifier: GPL-2.0-or-later

use crate::table::regions::{DATE, VERSION};

/// The metadata that the tables are made of.
pub const METADATA: Metadata = Metadata {
    version: VERSION,
    date: DATE,
};

/// A version of libphonenumber's metadata. Numbering plans change every week somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Version of libphonenumber.
    pub version: &'static str,
    /// The day of that version, `YYYY-MM-DD`.
    pub date: &'static str,
}
