// SPDX-License-Identifier: GPL-2.0-or-later
//! `async_*`.

use super::{BadParameter, Given};

/// How many calls may wait for lookups that no SIP worker makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncLimits {
    /// Lookups in flight, 1..=4096.
    pub lookups: usize,
    /// Calls behind them, 0..=65536. Beyond that a call is allowed at once.
    pub queue: usize,
}

impl AsyncLimits {
    pub(super) fn new(given: &Given) -> Result<Self, BadParameter> {
        let lookups = usize::try_from(given.async_lookups).ok();
        let queue = usize::try_from(given.async_queue).ok();
        let lookups = lookups.filter(|lookups| (1..=4096).contains(lookups));
        let queue = queue.filter(|queue| *queue <= 65_536);
        Ok(Self {
            lookups: lookups.ok_or_else(|| {
                BadParameter::new(
                    "async_lookups",
                    given.async_lookups,
                    "1..4096 lookups at a time",
                )
            })?,
            queue: queue.ok_or_else(|| {
                BadParameter::new("async_queue", given.async_queue, "0..65536 calls")
            })?,
        })
    }
}
