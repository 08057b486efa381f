// SPDX-License-Identifier: GPL-2.0-or-later
//! An allocator with a reserve.
//!
//! Rust ends the process if there is no memory, and a SIP server ends with each of its processes. So a lookup begins only if there is
//! room for it ([`super::heap::has_room`]), and what little a call needs without one comes out of the reserve.

#[cfg(test)]
pub(crate) mod counting;

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

/// Takes memory of `A`, and of a reserve when `A` has none.
///
/// The reserve is part of the program's zeroed data: it costs no memory until it is used, and a process that forks leaves a copy to its
/// child. Blocks follow one another in it; it is empty again when the last one is freed.
pub(crate) struct WithReserve<A> {
    inner: A,
    reserve: UnsafeCell<Bytes>,
    /// How many blocks are in use (upper 32 bits), and where the next one begins.
    used: AtomicU64,
}

#[repr(align(64))]
struct Bytes(#[allow(dead_code, reason = "only its address counts")] [u8; SIZE]);

// SAFETY: a change of `used` gives each part of the reserve to one caller alone.
unsafe impl<A: Sync> Sync for WithReserve<A> {}

impl<A> WithReserve<A> {
    #[allow(
        clippy::large_stack_arrays,
        reason = "of a static: it is never on a stack"
    )]
    pub(crate) const fn new(inner: A) -> Self {
        Self {
            inner,
            reserve: UnsafeCell::new(Bytes([0; SIZE])),
            used: AtomicU64::new(0),
        }
    }

    fn take(&self, layout: Layout) -> *mut u8 {
        let mut place = 0;
        let taken = self.used.fetch_update(AcqRel, Acquire, |used| {
            let (blocks, next) = (used >> 32, used & u64::from(u32::MAX));
            let begin = usize::try_from(next)
                .ok()?
                .checked_next_multiple_of(layout.align())?;
            let end = begin.checked_add(layout.size())?;
            place = begin;
            (end <= SIZE && layout.align() <= ALIGN)
                .then(|| (blocks + 1) << 32 | u64::try_from(end).unwrap_or(u64::MAX))
        });
        match taken {
            Ok(_) => self.reserve.get().cast::<u8>().wrapping_add(place),
            Err(_) => ptr::null_mut(),
        }
    }

    fn has(&self, block: *mut u8) -> bool {
        let begin = self.reserve.get().addr();
        (begin..begin + SIZE).contains(&block.addr())
    }

    fn give_back(&self) {
        let _ = self.used.fetch_update(AcqRel, Acquire, |used| {
            let (blocks, next) = (used >> 32, used & u64::from(u32::MAX));
            Some(if blocks <= 1 {
                0
            } else {
                (blocks - 1) << 32 | next
            })
        });
    }
}

// SAFETY: a block is of `A`, which keeps the contract, or a part of the reserve that no other block overlaps until it is given back.
unsafe impl<A: GlobalAlloc> GlobalAlloc for WithReserve<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this function, which is the same.
        let block = unsafe { self.inner.alloc(layout) };
        if block.is_null() {
            self.take(layout)
        } else {
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.has(block) {
            return self.give_back();
        }
        // SAFETY: `block` is not of the reserve, so it is of `A`.
        unsafe { self.inner.dealloc(block, layout) };
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this function, which is the same.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
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
        if !self.has(block) {
            // SAFETY: `block` is not of the reserve, so it is of `A`.
            let moved = unsafe { self.inner.realloc(block, layout, size) };
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

const SIZE: usize = 256 * 1024;

/// The alignment of the reserve, and the largest that a block of it can have.
const ALIGN: usize = align_of::<Bytes>();

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
            let layouts = [layout(1, 1), layout(100, 8), layout(3000, 64), layout(7, 2)];
            // SAFETY: no size is zero.
            let blocks = layouts.map(|layout| (unsafe { ALLOCATOR.alloc(layout) }, layout));
            for (n, (block, layout)) in blocks.iter().enumerate() {
                assert!(!block.is_null() && block.addr() % layout.align() == 0);
                // SAFETY: the block has this size.
                unsafe { block.write_bytes(u8::try_from(n).expect("small"), layout.size()) };
            }
            // SAFETY: no size is zero.
            let too_much = unsafe { ALLOCATOR.alloc(layout(SIZE, 1)) };
            assert!(too_much.is_null());
            // SAFETY: no size is zero.
            assert!(unsafe { ALLOCATOR.alloc(layout(64, 4096)) }.is_null());
            for (n, (block, layout)) in blocks.into_iter().enumerate() {
                // SAFETY: the block has this size and was written.
                let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
                assert!(bytes.iter().all(|byte| usize::from(*byte) == n));
                // SAFETY: it came from this allocator with this layout.
                unsafe { ALLOCATOR.dealloc(block, layout) };
            }
        }
        // SAFETY: no size is zero.
        let all = unsafe { ALLOCATOR.alloc(layout(SIZE, 1)) };
        assert!(!all.is_null());
    }

    #[test]
    fn a_block_of_the_reserve_keeps_its_bytes_when_it_grows() {
        static ALLOCATOR: WithReserve<Nothing> = WithReserve::new(Nothing);
        // SAFETY: no size is zero.
        let block = unsafe { ALLOCATOR.alloc_zeroed(layout(8, 8)) };
        // SAFETY: it has eight bytes.
        unsafe { block.write(42) };
        // SAFETY: it came from this allocator with this layout.
        let grown = unsafe { ALLOCATOR.realloc(block, layout(8, 8), 800) };
        // SAFETY: it has eight bytes and more.
        assert_eq!(unsafe { grown.read() }, 42);
        // SAFETY: it came from this allocator with this layout.
        let failed = unsafe { ALLOCATOR.realloc(grown, layout(800, 8), 2 * SIZE) };
        assert!(failed.is_null());
    }
}
