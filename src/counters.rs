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
    /// The answer was not in the cache.
    pub cache_miss: bool,
    /// No lookup was made, because one of the same number failed a few seconds ago.
    pub failed_before: bool,
    /// Another call's request gave the answer.
    pub coalesced: bool,
    /// The answer was in Redis.
    pub redis_hit: bool,
    /// Redis did not answer in time, or not at all.
    pub redis_fail: bool,
    /// A request was made.
    pub requested: bool,
    /// The request was made once more.
    pub retried: bool,
    /// The script named a profile that does not exist.
    pub unknown_profile: bool,
    /// The changes of shared state that the decision caused: one bit each, [`Change::bit`].
    pub changes: u16,
}
