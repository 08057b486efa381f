// SPDX-License-Identifier: GPL-2.0-or-later
//! An allocator with a reserve.
//!
//! Rust ends the process if there is no memory, and a SIP server ends with each of its processes. So a lookup begins only with memory of
//! its own ([`super::ballast`]), and what little a call needs without one comes out of the reserve.

#[cfg(test)]
pub(crate) mod counting;

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use super::ballast::BALLAST;

/// Takes memory of `A`, and of a reserve when `A` has none.
///
/// The reserve is part of the program's zeroed data: it costs no memory until it is used, and a process that forks leaves a copy to its
/// child. It consists of slots of three sizes. A block takes the smallest free slot that holds it, and nothing else depends on how
/// long it is kept.
pub(crate) struct WithReserve<A> {
    inner: A,
    slots: UnsafeCell<Slots>,
    /// A bit for each slot that is in use.
    used: [AtomicU64; WORDS],
}

#[repr(align(64))]
struct Slots(#[allow(dead_code, reason = "only its address counts")] [u8; SIZE]);

/// Slots of one size, one after the other.
#[derive(Clone, Copy)]
struct Class {
    /// Bytes of a slot.
    size: usize,
    /// The offset of the first slot.
    start: usize,
    /// How many there are.
    slots: usize,
    /// The first word of [`WithReserve::used`] with their bits.
    word: usize,
}

// SAFETY: a change of `used` gives each slot to one caller alone.
unsafe impl<A: Sync> Sync for WithReserve<A> {}

impl<A> WithReserve<A> {
    #[allow(
        clippy::large_stack_arrays,
        reason = "of a static: it is never on a stack"
    )]
    pub(crate) const fn new(inner: A) -> Self {
        Self {
            inner,
            slots: UnsafeCell::new(Slots([0; SIZE])),
            used: [const { AtomicU64::new(0) }; WORDS],
        }
    }

    fn take(&self, layout: Layout) -> *mut u8 {
        let fits = |class: &&Class| layout.size() <= class.size && layout.align() <= ALIGN;
        let taken = CLASSES.iter().filter(fits).find_map(|class| {
            let slot = self.take_bit(*class)?;
            Some(class.start + slot * class.size)
        });
        taken.map_or(ptr::null_mut(), |at| {
            self.slots.get().cast::<u8>().wrapping_add(at)
        })
    }

    /// The number of a slot that was free.
    fn take_bit(&self, class: Class) -> Option<usize> {
        let words = self.used.get(class.word..)?.iter();
        words
            .take(class.slots.div_ceil(BITS))
            .enumerate()
            .find_map(|(place, word)| {
                let free = |used: u64| {
                    let bit = used.trailing_ones();
                    let slot = place * BITS + usize::try_from(bit).ok()?;
                    (slot < class.slots && bit < u64::BITS).then(|| used | 1 << bit)
                };
                let before = word.fetch_update(AcqRel, Acquire, free).ok()?;
                Some(place * BITS + usize::try_from(before.trailing_ones()).ok()?)
            })
    }

    /// The slot in which a block of the reserve begins, and its number.
    fn slot(&self, block: *mut u8) -> Option<(Class, usize)> {
        let at = block.addr().checked_sub(self.slots.get().addr())?;
        let class = CLASSES.iter().rev().find(|class| class.start <= at)?;
        (at < SIZE).then(|| (*class, (at - class.start) / class.size))
    }

    fn give_back(&self, class: Class, slot: usize) {
        if let Some(word) = self.used.get(class.word + slot / BITS) {
            word.fetch_and(!(1 << (slot % BITS)), Release);
        }
    }
}

// SAFETY: a block is of `A`, which keeps the contract, or a part of the reserve that no other block overlaps until it is given back.
unsafe impl<A: GlobalAlloc> GlobalAlloc for WithReserve<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this function, which is the same.
        let block = again(|| unsafe { self.inner.alloc(layout) });
        if block.is_null() {
            self.take(layout)
        } else {
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some((class, slot)) = self.slot(block) {
            return self.give_back(class, slot);
        }
        // SAFETY: `block` is not of the reserve, so it is of `A`.
        unsafe { self.inner.dealloc(block, layout) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this function, which is the same.
        let block = again(|| unsafe { self.inner.alloc_zeroed(layout) });
        if !block.is_null() {
            return block;
        }
        let block = self.take(layout);
        if !block.is_null() {
            // SAFETY: the block has this size, and nobody else has it yet.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if let Some((class, _)) = self.slot(block) {
            if size <= class.size {
                return block;
            }
        } else {
            // SAFETY: `block` is not of the reserve, so it is of `A`.
            let moved = again(|| unsafe { self.inner.realloc(block, layout, size) });
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller promises a size that is possible with this alignment.
        let layout_then = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not zero, as the caller promises.
        let moved = unsafe { self.alloc(layout_then) };
        if !moved.is_null() {
            // SAFETY: both blocks have so many bytes, and they are different blocks.
            unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(size)) };
            // SAFETY: the caller gives the old block up.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

/// Tries an allocation, and again with the memory of one ballast after the other.
fn again(allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let mut block = allocate();
    while block.is_null() && BALLAST.release() {
        block = allocate();
    }
    block
}

const BITS: usize = u64::BITS as usize;

/// Small blocks are many: texts and lists of a call.
const CLASSES: [Class; 3] = [
    Class {
        size: 256,
        start: 0,
        slots: 256,
        word: 0,
    },
    Class {
        size: 4 * 1024,
        start: 64 * 1024,
        slots: 64,
        word: 4,
    },
    Class {
        size: 32 * 1024,
        start: (64 + 256) * 1024,
        slots: 8,
        word: 5,
    },
];

const WORDS: usize = 6;

const SIZE: usize = (64 + 256 + 256) * 1024;

/// The alignment of the reserve, and the largest that a block of it can have.
const ALIGN: usize = align_of::<Slots>();

#[cfg(test)]
mod tests {
    use std::alloc::{GlobalAlloc, Layout};
    use std::{ptr, slice};

    use super::{SIZE, WithReserve};

    struct Nothing;

    // SAFETY: it allocates nothing.
    unsafe impl GlobalAlloc for Nothing {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {
            unreachable!("nothing was allocated");
        }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("possible")
    }

    #[test]
    fn without_memory_the_reserve_serves_until_it_is_used_up() {
        static ALLOCATOR: WithReserve<Nothing> = WithReserve::new(Nothing);
        for _ in 0..3 {
            let mut layouts = vec![layout(100, 8); 256];
            layouts.extend([layout(3000, 64); 64]);
            layouts.extend([layout(30_000, 2); 8]);
            // SAFETY: no size is zero.
            let blocks = layouts
                .iter()
                .map(|layout| unsafe { ALLOCATOR.alloc(*layout) });
            let blocks: Vec<_> = blocks.zip(&layouts).collect();
            for (n, (block, layout)) in blocks.iter().enumerate() {
                assert!(
                    !block.is_null() && block.addr() % layout.align() == 0,
                    "{n}"
                );
                // SAFETY: the block has this size.
                unsafe { block.write_bytes(n.to_le_bytes()[0], layout.size()) };
            }
            // SAFETY: no size is zero.
            assert!(unsafe { ALLOCATOR.alloc(layout(1, 1)) }.is_null());
            for (n, (block, layout)) in blocks.into_iter().enumerate() {
                // SAFETY: the block has this size and was written.
                let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
                assert!(bytes.iter().all(|byte| *byte == n.to_le_bytes()[0]));
                // SAFETY: it came from this allocator with this layout.
                unsafe { ALLOCATOR.dealloc(block, *layout) };
            }
        }
        for impossible in [layout(SIZE, 1), layout(64, 4096)] {
            // SAFETY: no size is zero.
            assert!(unsafe { ALLOCATOR.alloc(impossible) }.is_null());
        }
    }

    #[test]
    fn a_block_that_stays_takes_no_other() {
        static ALLOCATOR: WithReserve<Nothing> = WithReserve::new(Nothing);
        // SAFETY: no size is zero.
        let stays = unsafe { ALLOCATOR.alloc(layout(100, 8)) };
        for _ in 0..100_000 {
            // SAFETY: no size is zero.
            let block = unsafe { ALLOCATOR.alloc(layout(1024, 8)) };
            assert!(!block.is_null() && block != stays);
            // SAFETY: it came from this allocator with this layout.
            unsafe { ALLOCATOR.dealloc(block, layout(1024, 8)) };
        }
    }

    #[test]
    fn a_block_of_the_reserve_keeps_its_bytes_when_it_grows() {
        static ALLOCATOR: WithReserve<Nothing> = WithReserve::new(Nothing);
        // SAFETY: no size is zero.
        let block = unsafe { ALLOCATOR.alloc_zeroed(layout(8, 8)) };
        // SAFETY: it has eight bytes.
        unsafe { block.write(42) };
        // SAFETY: it came from this allocator with this layout.
        let same = unsafe { ALLOCATOR.realloc(block, layout(8, 8), 80) };
        assert_eq!(same, block);
        // SAFETY: it came from this allocator with this layout.
        let grown = unsafe { ALLOCATOR.realloc(block, layout(80, 8), 800) };
        assert_ne!(grown, block);
        // SAFETY: it has eight bytes and more.
        assert_eq!(unsafe { grown.read() }, 42);
        // SAFETY: it came from this allocator with this layout.
        let failed = unsafe { ALLOCATOR.realloc(grown, layout(800, 8), 2 * SIZE) };
        assert!(failed.is_null());
    }
}
