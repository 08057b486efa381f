// SPDX-License-Identifier: GPL-2.0-or-later
//! Which lookups can share an answer.

use super::{Known, PendingLookup, Worker};
use crate::cache::Key;

impl Worker<'_> {
    /// The key of a lookup: lookups with the same key have the same answer, at the same time at the latest. `None` if no answer may
    /// be shared because the cache is off, or if no request is made because there is no API key, or a decision.
    pub(crate) fn shared_key(&mut self, lookup: &PendingLookup) -> Option<Key> {
        if let Known::Settled(..) = lookup.known {
            return None;
        }
        self.turn_to(lookup.asked.profile);
        let config = &self.current.config;
        let is_shared = config.cache.is_on() && config.api_key.value().is_ok();
        let caller = &lookup.asked.caller;
        is_shared.then(|| {
            let keys = &self.current.keys;
            self.request_key(keys.key(&caller.number, caller.verstat_class()))
        })
    }

    /// Whether the last lookup waited for the request of another call. If it failed, two requests about its number have failed.
    pub(crate) fn has_followed(&self) -> bool {
        self.has_followed
    }
}
