// SPDX-License-Identifier: GPL-2.0-or-later
//! Calls of one process that wait for a lookup of the same key, without a thread each.
//!
//! The first thread with a key leads. A thread that takes a call with the same key meanwhile parks the call here, and takes the
//! next one. The leading thread answers the parked calls when its lookup has ended. Between processes
//! [`crate::in_flight`] does the same for one thread of each.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::completion::Completion;
use crate::cache::Key;

/// The parked calls of each key that a thread of this process leads.
#[derive(Debug, Default)]
pub(super) struct Coalescing {
    parked: Mutex<Parked>,
}

type Parked = HashMap<Key, VecDeque<Completion>>;

/// The lead for one key. When it ends, by a panic too, no call stays parked.
#[derive(Debug)]
pub(super) struct Lead {
    of: Arc<Coalescing>,
    key: Key,
    /// Another thread may lead by now.
    has_ended: bool,
}

impl Coalescing {
    /// The lead and the call, if no thread of this process leads yet. Otherwise the call is parked.
    pub(super) fn join(self: &Arc<Self>, key: Key, call: Completion) -> Option<(Lead, Completion)> {
        match self.lock().entry(key) {
            Entry::Occupied(mut parked) => {
                parked.get_mut().push_back(call);
                None
            }
            Entry::Vacant(place) => {
                place.insert(VecDeque::new());
                let lead = Lead {
                    of: Arc::clone(self),
                    key,
                    has_ended: false,
                };
                Some((lead, call))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Parked> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lead {
    /// The call that has been parked for longest. `None` ends the lead: the next call with this key leads again.
    pub(super) fn next(&mut self) -> Option<Completion> {
        let mut parked = self.of.lock();
        let call = parked.get_mut(&self.key)?.pop_front();
        if call.is_none() {
            parked.remove(&self.key);
            self.has_ended = true;
        }
        call
    }

    /// Ends the lead, with all calls that are parked.
    pub(super) fn end(mut self) -> VecDeque<Completion> {
        self.remove()
    }

    fn remove(&mut self) -> VecDeque<Completion> {
        if self.has_ended {
            return VecDeque::new();
        }
        self.has_ended = true;
        self.of.lock().remove(&self.key).unwrap_or_default()
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        // Not under the lock: to drop a call is to answer it.
        drop(self.remove());
    }
}

#[cfg(test)]
mod tests;
