// SPDX-License-Identifier: GPL-2.0-or-later

//! The limit of open connections, and which connection is closed when it is reached.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tracing::warn;

use crate::throttle::Throttle;

/// Slots for connections. At the limit, a new connection evicts another one that has no request in progress.
///
/// Connections that never had a request go first, then idle ones, each group in order of age. A connection with a
/// request in progress is never evicted, nor is one whose first request may still be on its way ([`GRACE`]).
#[derive(Debug)]
pub(crate) struct Slots {
    limit: usize,
    table: Mutex<Table>,
    /// A slot became free or a connection became evictable.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    open: usize,
    /// How many of the open connections are evicted but not closed yet.
    leaving: usize,
    next_age: u64,
    evictable: BTreeMap<Key, Candidate>,
    limit_reached: Throttle,
}

/// A connection that may be evicted from a moment on.
#[derive(Debug)]
struct Candidate {
    evicted: Arc<Notify>,
    from: Instant,
}

/// The order of eviction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    group: Group,
    age: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    NoRequestYet,
    Idle,
}

impl Slots {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            table: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Waits for a slot. It waits longer than [`GRACE`] only while every connection has a request in progress.
    pub(crate) async fn slot(self: &Arc<Self>) -> Slot {
        loop {
            let changed = self.changed.notified();
            if let Some(slot) = self.try_slot() {
                return slot;
            }
            // A connection may have become evictable by the time alone.
            let _ = timeout(GRACE / 4, changed).await;
        }
    }

    /// Evicts the connection that comes first in the order of eviction.
    pub(crate) fn evict(&self) {
        self.table().evict();
    }

    fn try_slot(self: &Arc<Self>) -> Option<Slot> {
        let mut table = self.table();
        if table.open < self.limit {
            table.open += 1;
            let evicted = Arc::new(Notify::new());
            let key = table.insert(Group::NoRequestYet, &evicted);
            drop(table);
            return Some(Slot {
                slots: Arc::clone(self),
                evicted,
                phase: Mutex::new(Phase::Evictable(key)),
            });
        }
        if table.open - table.leaving >= self.limit
            && table.evict()
            && let Some(unlogged) = table.limit_reached.event(Instant::now())
        {
            warn!(
                limit = self.limit,
                unlogged,
                "connection limit reached: the oldest connection without a request is closed for a new one"
            );
        }
        None
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code panics while it holds the lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn insert(&mut self, group: Group, evicted: &Arc<Notify>) -> Key {
        let age = self.next_age;
        self.next_age += 1;
        let key = Key { group, age };
        let grace = match group {
            Group::NoRequestYet => GRACE,
            Group::Idle => Duration::ZERO,
        };
        let candidate = Candidate {
            evicted: Arc::clone(evicted),
            from: Instant::now() + grace,
        };
        self.evictable.insert(key, candidate);
        key
    }

    /// False if there is no connection that may be evicted now.
    fn evict(&mut self) -> bool {
        let now = Instant::now();
        let first = |group| Key { group, age: 0 };
        // In each group the oldest is the first one that may be evicted.
        let oldest = |range| self.evictable.range(range).next();
        let key = [
            oldest((Bound::Unbounded, Bound::Excluded(first(Group::Idle)))),
            oldest((Bound::Included(first(Group::Idle)), Bound::Unbounded)),
        ]
        .into_iter()
        .flatten()
        .find(|(_, candidate)| candidate.from <= now)
        .map(|(key, _)| *key);
        let Some(candidate) = key.and_then(|key| self.evictable.remove(&key)) else {
            return false;
        };
        self.leaving += 1;
        candidate.evicted.notify_one();
        true
    }

    /// Takes a connection out of the order of eviction. An eviction that was decided already no longer counts.
    fn remove(&mut self, key: Key) {
        if self.evictable.remove(&key).is_none() {
            self.leaving -= 1;
        }
    }
}

/// The place of one connection. Dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Slot {
    slots: Arc<Slots>,
    evicted: Arc<Notify>,
    phase: Mutex<Phase>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Evictable(Key),
    Busy,
}

impl Slot {
    /// Ends when the connection is to be closed in favour of another one.
    pub(crate) async fn evicted(&self) {
        loop {
            self.evicted.notified().await;
            // A request may have arrived after the eviction was decided: it is answered.
            if let Phase::Evictable(key) = *self.phase()
                && !self.slots.table().evictable.contains_key(&key)
            {
                return;
            }
        }
    }

    /// Marks a request as in progress until the guard is dropped.
    pub(crate) fn request(&self) -> RequestInProgress<'_> {
        let mut phase = self.phase();
        if let Phase::Evictable(key) = *phase {
            self.slots.table().remove(key);
            *phase = Phase::Busy;
            drop(phase);
            self.slots.changed.notify_waiters();
        }
        RequestInProgress(self)
    }

    /// Whether a request is in progress.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(*self.phase(), Phase::Busy)
    }

    /// Whether the head of a first request is still awaited.
    pub(crate) fn awaits_first_request(&self) -> bool {
        matches!(*self.phase(), Phase::Evictable(key) if key.group == Group::NoRequestYet)
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        // Locked before the table, never after it.
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let phase = *self.phase();
        let mut table = self.slots.table();
        if let Phase::Evictable(key) = phase {
            table.remove(key);
        }
        table.open -= 1;
        drop(table);
        self.slots.changed.notify_waiters();
    }
}

/// While it lives, its connection is not evicted.
#[derive(Debug)]
pub(crate) struct RequestInProgress<'a>(&'a Slot);

impl Drop for RequestInProgress<'_> {
    fn drop(&mut self) {
        let mut phase = self.0.phase();
        let key = self.0.slots.table().insert(Group::Idle, &self.0.evicted);
        *phase = Phase::Evictable(key);
        drop(phase);
        self.0.slots.changed.notify_waiters();
    }
}

/// A connection is accepted before its request head has arrived. So long it is not taken for one without a request.
const GRACE: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use tokio::time::sleep;

    use super::*;

    const SOON: Duration = Duration::from_millis(200);

    async fn is_evicted(slot: &Slot) -> bool {
        timeout(SOON, slot.evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_without_a_request_goes_before_an_older_idle_one() {
        let slots = Slots::new(3);
        let (idle, older, newer) = (slots.slot().await, slots.slot().await, slots.slot().await);
        drop(idle.request());
        sleep(GRACE).await;
        assert!(!idle.awaits_first_request() && older.awaits_first_request());
        for (expected, others) in [(&older, [&idle, &newer]), (&newer, [&idle, &older])] {
            slots.evict();
            assert!(is_evicted(expected).await);
            assert!(!is_evicted(others[0]).await);
        }
        slots.evict();
        assert!(is_evicted(&idle).await);
    }

    #[tokio::test]
    async fn a_connection_whose_request_may_be_on_its_way_is_kept() {
        let slots = Slots::new(2);
        let (idle, newer) = (slots.slot().await, slots.slot().await);
        drop(idle.request());
        slots.evict();
        assert!(is_evicted(&idle).await, "though it had a request");
        slots.evict();
        assert!(!is_evicted(&newer).await);
    }

    #[tokio::test]
    async fn at_the_limit_a_new_connection_gets_the_slot_of_an_evicted_one() {
        let slots = Slots::new(1);
        let old = slots.slot().await;
        let (new, ()) = tokio::join!(slots.slot(), async {
            old.evicted().await;
            drop(old);
        });
        assert!(new.awaits_first_request());
        let table = slots.table();
        assert_eq!((table.open, table.leaving), (1, 0));
    }

    #[tokio::test]
    async fn a_connection_with_a_request_is_kept_and_a_new_one_waits() {
        let slots = Slots::new(1);
        let old = slots.slot().await;
        let request = old.request();
        let mut new = pin!(slots.slot());
        assert!(timeout(SOON, new.as_mut()).await.is_err());
        assert!(!is_evicted(&old).await);
        drop(request);
        tokio::join!(new, async move {
            old.evicted().await;
            drop(old);
        });
    }

    #[tokio::test]
    async fn a_request_that_arrives_after_the_eviction_is_answered() {
        let slots = Slots::new(2);
        let (first, second) = (slots.slot().await, slots.slot().await);
        sleep(GRACE).await;
        assert!(timeout(SOON, slots.slot()).await.is_err());
        let request = first.request();
        // Instead the next one is evicted.
        assert!(timeout(SOON, slots.slot()).await.is_err());
        assert!(is_evicted(&second).await);
        drop(request);
        assert!(!is_evicted(&first).await);
    }
}
