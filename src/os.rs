// SPDX-License-Identifier: GPL-2.0-or-later
//! The operating system: shared memory, the heap, futexes, sockets, signals and processes.

pub(crate) mod allocator;
pub(crate) mod ballast;
pub(crate) mod fork_guard;
pub(crate) mod futex;
pub(crate) mod heap;
pub(crate) mod panics;
pub(crate) mod poll;
pub(crate) mod process;
pub(crate) mod shared;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod wake;
