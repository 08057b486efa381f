// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory that work holds from its beginning, and gives up when an allocation fails in the middle of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicPtr, AtomicUsize};

/// The ballast of all threads of this process. Nobody has any before fork.
pub(crate) static BALLAST: Store = Store::new();

/// The ballast of some threads.
#[derive(Debug)]
pub(crate) struct Store {
    blocks: [AtomicPtr<u8>; PLACES],
    /// Pieces of work that go on without their ballast.
    released: AtomicUsize,
}

/// Ballast for one piece of work of this thread. It comes from the system, and is not touched.
#[derive(Debug)]
pub(crate) struct Ballast {
    store: &'static Store,
    /// Null if the store had no place for it: then the work has none.
    block: *mut u8,
    place: usize,
}

impl Store {
    const fn new() -> Self {
        Self {
            blocks: [const { AtomicPtr::new(ptr::null_mut()) }; PLACES],
            released: AtomicUsize::new(0),
        }
    }

    /// `None` if there is no memory, or somebody had to give up ballast and needs the memory now.
    #[must_use]
    pub(crate) fn take(&'static self) -> Option<Ballast> {
        if self.is_short() {
            return None;
        }
        // SAFETY: the size is not zero.
        let block = unsafe { System.alloc(LAYOUT) };
        if block.is_null() {
            return None;
        }
        let null = ptr::null_mut();
        let is_taken =
            |place: &AtomicPtr<u8>| place.compare_exchange(null, block, AcqRel, Relaxed).is_ok();
        let place = self.blocks.iter().position(is_taken);
        if place.is_none() {
            // SAFETY: it came from this allocator with this layout, and nothing else refers to it.
            unsafe { System.dealloc(block, LAYOUT) };
        }
        OWN.set(place.unwrap_or(NOWHERE));
        Some(Ballast {
            store: self,
            block: place.map_or(null, |_| block),
            place: place.unwrap_or(NOWHERE),
        })
    }

    /// Whether work goes on whose ballast had to be freed. Nothing new may take the memory away from it.
    #[must_use]
    pub(crate) fn is_short(&self) -> bool {
        self.released.load(Acquire) > 0
    }

    /// Frees the ballast of this thread, or of another one. False if there is none.
    pub(super) fn release(&self) -> bool {
        let own = self.blocks.get(OWN.get()).into_iter();
        let taken = own.chain(&self.blocks).find_map(|place| {
            let is_there = !place.load(Relaxed).is_null();
            let block = is_there.then(|| place.swap(ptr::null_mut(), AcqRel))?;
            (!block.is_null()).then_some(block)
        });
        if let Some(block) = taken {
            self.released.fetch_add(1, AcqRel);
            // SAFETY: it came from this allocator with this layout, and whoever takes it from its place frees it.
            unsafe { System.dealloc(block, LAYOUT) };
        }
        taken.is_some()
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        OWN.set(NOWHERE);
        let Some(place) = self.store.blocks.get(self.place) else {
            return;
        };
        let null = ptr::null_mut();
        if place
            .compare_exchange(self.block, null, AcqRel, Relaxed)
            .is_ok()
        {
            // SAFETY: it came from this allocator with this layout, and whoever takes it from its place frees it.
            unsafe { System.dealloc(self.block, LAYOUT) };
        } else {
            self.store.released.fetch_sub(1, AcqRel);
        }
    }
}

thread_local! {
    /// The place of this thread's ballast. It needs no destructor, so an allocator may read it at any time.
    static OWN: Cell<usize> = const { Cell::new(NOWHERE) };
}

const PLACES: usize = 256;

const NOWHERE: usize = usize::MAX;

/// More than a lookup needs: names, TLS, and an answer of the largest size while it grows.
const SIZE: usize = 512 * 1024;

const LAYOUT: Layout = match Layout::from_size_align(SIZE, 16) {
    Ok(layout) => layout,
    Err(_) => panic!("a possible layout"),
};

#[cfg(test)]
mod tests {
    use super::{PLACES, Store};

    #[test]
    fn nobody_takes_the_memory_that_was_released() {
        static STORE: Store = Store::new();
        let ballast = [(); 3].map(|()| STORE.take().expect("memory"));
        assert!(!STORE.is_short());
        assert!(STORE.release() && STORE.release());
        assert!(STORE.is_short() && STORE.take().is_none());
        assert!(STORE.release() && !STORE.release());
        drop(ballast);
        assert!(!STORE.is_short() && STORE.take().is_some());
    }

    #[test]
    fn work_beyond_the_places_goes_on_without_ballast() {
        static STORE: Store = Store::new();
        let ballast: Vec<_> = (0..PLACES + 2).map(|_| STORE.take()).collect();
        assert!(ballast.iter().all(Option::is_some));
        let released = (0..2 * PLACES).filter(|_| STORE.release());
        assert_eq!(released.count(), PLACES);
        drop(ballast);
        assert!(!STORE.is_short());
    }
}
