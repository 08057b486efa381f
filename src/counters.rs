// SPDX-License-Identifier: GPL-2.0-or-later
//! What one decision adds to the statistics, beside what the decision itself says.

#[cfg(doc)]
use crate::admission::Change;

/// Facts about how a decision was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with each other"
)]
pub struct Counters {
    /// The cache was asked and did not know.
    pub cache_miss: bool,
    /// A lookup of the same number failed a moment ago, and none was made.
    pub failed_before: bool,
    /// Another call's request answered.
    pub coalesced: bool,
    /// Redis knew.
    pub redis_hit: bool,
    /// Redis did not answer in time, or not at all.
    pub redis_fail: bool,
    /// A request was made.
    pub requested: bool,
    /// It was made once more.
    pub retried: bool,
    /// The changes of the shared states that it found out: a bit each, [`Change::bit`].
    pub changes: u16,
}
