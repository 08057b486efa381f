// SPDX-License-Identifier: GPL-2.0-or-later
//! The threads that make the lookups of one process.

use std::io;
use std::process;
use std::sync::Arc;
use std::thread;

use super::Pool;
use super::coalescing::Coalescing;
use super::lookup_thread::{Common, LookupThread};
use super::overload::Overload;
use super::thread_ids::ThreadIds;
use crate::engine::Engine;
use crate::os::ballast::BALLAST;
use crate::os::heap;
use crate::os::process::InWorker;
use crate::os::signals;
use crate::worker::Generations;

/// The threads of one process. They are started as they are needed, and stay.
#[derive(Debug)]
pub(super) struct Threads {
    common: Arc<Common>,
    ids: Arc<ThreadIds>,
    pid: u32,
}

impl Threads {
    /// Room for `most` threads. None is started yet.
    pub(super) fn new(proof: InWorker, engine: &'static Engine, most: usize) -> Self {
        Self {
            common: Arc::new(Common {
                engine,
                proof,
                generations: Arc::new(Generations::new(proof, engine, most)),
                coalescing: Arc::new(Coalescing::default()),
                overload: Overload::default(),
            }),
            ids: ThreadIds::new(most),
            pid: process::id(),
        }
    }

    /// Whether there is a thread in this process.
    pub(super) fn is_running(&self) -> bool {
        self.pid == process::id() && self.ids.any()
    }

    /// Starts the first thread, unless there is one.
    pub(super) fn start(&self, pool: &Arc<Pool>) -> io::Result<()> {
        if self.ids.any() {
            return Ok(());
        }
        self.spawn(pool)
    }

    /// Starts one more thread, unless there are enough.
    pub(super) fn spawn(&self, pool: &Arc<Pool>) -> io::Result<()> {
        let Some(id) = self.ids.acquire() else {
            return Ok(());
        };
        // Lookups that are under way need the memory more.
        if BALLAST.is_short() || !heap::has_room(SPARE) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let thread = thread::Builder::new()
            .name(format!("nol-lookup-{}", id.number()))
            .stack_size(STACK);
        let lookups = LookupThread {
            id,
            common: Arc::clone(&self.common),
            pool: Arc::clone(pool),
        };
        // The server's signals are for the server's own thread. If no thread can be started, its id is free again.
        let spawned = signals::while_blocked(|| thread.spawn(move || lookups.work()));
        spawned.map(drop)
    }
}

/// What must be free: a stack, the allocator's share for a new thread, and ballast for its lookup.
const SPARE: usize = 4 * STACK;

/// Bytes of stack: room for a TLS handshake. Only what is used of it costs memory.
const STACK: usize = 512 * 1024;
