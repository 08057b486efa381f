// SPDX-License-Identifier: GPL-2.0-or-later
//! The values that handles point to, and access to them.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use super::abi::{nol_engine, nol_rc, nol_worker};
use super::guard::guard;
use super::host::{Avps, Log};
use crate::engine::Engine;
use crate::log::{Level, Log as _};
use crate::os::fork_guard::ForkGuard;
use crate::os::process::InWorker;
use crate::worker::Worker;

/// What a `nol_engine` handle points to.
pub(super) struct Server {
    pub(super) engine: Engine,
    pub(super) log: Log,
    pub(super) avps: Avps,
    /// Whether the reason for the lack of asynchronous lookups has been logged.
    complained: AtomicBool,
}

impl Server {
    pub(super) fn new(engine: Engine, log: Log, avps: Avps) -> Self {
        Self {
            engine,
            log,
            avps,
            complained: AtomicBool::new(false),
        }
    }

    /// Logs once in each process why asynchronous lookups are impossible. They are tried again and again.
    pub(super) fn complain(&self, line: &str) {
        if !self.complained.swap(true, Relaxed) {
            self.log.line(Level::Error, line);
        }
    }
}

/// What a `nol_worker` handle points to.
pub(super) struct Process {
    pub(super) worker: Worker<'static>,
    pub(super) server: &'static Server,
    fork_guard: ForkGuard,
}

impl Process {
    pub(super) fn new(server: &'static Server) -> Self {
        Self {
            worker: Worker::new(InWorker::promised(), &server.engine, &server.log),
            server,
            fork_guard: ForkGuard::new(),
        }
    }
}

/// Makes a handle that refers to an engine.
///
/// # Safety
/// The engine came from `engine_new`, or is NULL, and by the header it outlives the handle; the caller owns the place for it.
pub(super) unsafe fn make<Behind, Handle>(
    engine: *const nol_engine,
    place: *mut *mut Handle,
    new: impl FnOnce(&'static Server) -> Result<Behind, nol_rc>,
) -> nol_rc {
    // SAFETY: the caller's promise.
    let server: Option<&'static Server> = unsafe { engine.cast::<Server>().as_ref() };
    guard(server.map(|server| server.log), || {
        let server = server.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        // SAFETY: the caller's promise.
        let place = unsafe { place.as_mut() }.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        *place = Box::into_raw(Box::new(new(server)?)).cast();
        Ok(())
    })
}

/// Frees a handle.
///
/// # Safety
/// It points to a boxed `Behind`, and the caller gives it up; or it is NULL.
pub(super) unsafe fn free<Behind, Handle>(handle: *mut Handle) {
    guard(None, || {
        if !handle.is_null() {
            // SAFETY: the caller's promise.
            drop(unsafe { Box::from_raw(handle.cast::<Behind>()) });
        }
        Ok(())
    });
}

/// Runs the body of a function that needs a worker, if the worker belongs to this process.
///
/// # Safety
/// The handle came from `worker_new`, or is NULL, and is used by this thread alone.
pub(super) unsafe fn with(
    worker: *mut nol_worker,
    body: impl FnOnce(&mut Process) -> Result<(), nol_rc>,
) -> nol_rc {
    // SAFETY: the caller's promise.
    let process = unsafe { worker.cast::<Process>().as_mut() };
    guard(process.as_ref().map(|process| process.server.log), || {
        let process = process.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        if !process.fork_guard.is_ours() {
            return Err(nol_rc::NOL_FORKED);
        }
        body(process)
    })
}
