// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of the table for asynchronous decisions. Each is one guarded expression.

use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

use super::abi::{nol_call, nol_engine, nol_pool, nol_rc, nol_result, nol_wake, nol_worker};
use super::entries::{self, fault, fill, log_audit};
use super::guard::guard;
use super::handles::{Process, Server, free, make};
use crate::call_id::CallId;
use crate::decision::Decision;
use crate::failure::Failure;
use crate::os::process::InWorker;
use crate::policy::{Call, LookupOutcome, Policy};
use crate::pool::{Completed, Next, Pool, Ticket, Wake};
use crate::worker::{Asked, Begun};

/// What a `nol_pool` handle points to.
struct Shared {
    pool: Arc<Pool>,
    server: &'static Server,
}

pub(super) unsafe extern "C" fn pool_new(
    engine: *const nol_engine,
    pool: *mut *mut nol_pool,
) -> nol_rc {
    let new = |server: &'static Server| match Pool::new(&server.engine) {
        Ok(pool) => Ok(Shared {
            pool: Arc::new(pool),
            server,
        }),
        Err(error) => {
            let line = format!("no memory for asynchronous lookups: {error}; lower async_queue");
            server.complain(&line);
            Err(nol_rc::NOL_BAD_PARAMETER)
        }
    };
    // SAFETY: the handle came from `engine_new`, and the caller owns the place for the new one.
    unsafe { make(engine, pool, new) }
}

pub(super) unsafe extern "C" fn pool_free(pool: *mut nol_pool) {
    // SAFETY: the handle came from `pool_new`, and the caller gives it up.
    unsafe { free::<Shared, _>(pool) };
}

/// Runs the body of a function that needs only a pool.
///
/// # Safety
/// The handle came from `pool_new`, or is NULL.
unsafe fn with(
    pool: *const nol_pool,
    body: impl FnOnce(&Arc<Pool>, &'static Server) -> Result<(), nol_rc>,
) -> nol_rc {
    // SAFETY: the caller's promise.
    let shared = unsafe { pool.cast::<Shared>().as_ref() };
    guard(shared.map(|shared| shared.server.log), || {
        let shared = shared.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        body(&shared.pool, shared.server)
    })
}

pub(super) unsafe extern "C" fn pool_serve(pool: *mut nol_pool) -> nol_rc {
    let serve = |pool: &Arc<Pool>, server: &'static Server| {
        pool.serve(InWorker::promised(), &server.engine)
            .map_err(|error| {
                server.complain(&format!("no thread for asynchronous lookups: {error}"));
                nol_rc::NOL_NO_THREAD
            })
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, serve) }
}

pub(super) unsafe extern "C" fn pool_heartbeat(pool: *mut nol_pool, wait_ms: u32) -> nol_rc {
    let beat = |pool: &Arc<Pool>, server: &'static Server| {
        pool.flush_log(&server.log, span(wait_ms));
        Ok(())
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, beat) }
}

pub(super) unsafe extern "C" fn pool_next(
    pool: *mut nol_pool,
    wait_ms: u32,
    word: *mut u64,
) -> nol_rc {
    // SAFETY: the caller owns the place for the word.
    let place = unsafe { word.as_mut() };
    let next = |pool: &Arc<Pool>, _: &'static Server| {
        let place = place.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        match pool.next(span(wait_ms)) {
            Next::Answered(word) => {
                *place = word;
                Ok(())
            }
            Next::Nothing => Err(nol_rc::NOL_PENDING),
            Next::Stalled => Err(nol_rc::NOL_STALLED),
        }
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, next) }
}

pub(super) unsafe extern "C" fn pool_server_died(pool: *mut nol_pool) -> nol_rc {
    let died = |pool: &Arc<Pool>, _: &'static Server| {
        pool.server_died();
        Ok(())
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, died) }
}

pub(super) unsafe extern "C" fn begin(
    worker: *mut nol_worker,
    pool: *mut nol_pool,
    call: *const nol_call,
    ticket: *mut u64,
    result: *mut nol_result,
) -> nol_rc {
    // SAFETY: the handle came from `pool_new`.
    let shared = unsafe { pool.cast::<Shared>().as_ref() };
    let begin = |process: &mut Process, call: &Call<'_>, started| {
        let pool = &shared.ok_or(nol_rc::NOL_BAD_ARGUMENT)?.pool;
        // SAFETY: the caller owns the place for the ticket.
        let ticket = unsafe { ticket.as_mut() }.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let lookup = match process.worker.begin(call, started) {
            Begun::Decided(decision, counters) => {
                let engine = &process.server.engine;
                if engine
                    .emergency_window
                    .has_pending(engine.clock.at(started))
                {
                    pool.publish_callers();
                }
                return Ok((decision, counters));
            }
            Begun::Ask(lookup) => lookup,
        };
        if let Some(reserved) = pool.reserve(&lookup, started) {
            *ticket = reserved.to_word();
            return Err(nol_rc::NOL_PENDING);
        }
        let (outcome, counters) = lookup.unanswered(Failure::Shed);
        let decision = decision(process.server, &lookup.asked, &outcome);
        Ok((decision, counters))
    };
    // SAFETY: the handle came from `worker_new` and is used by this thread alone; the caller lends the call and owns the result.
    unsafe { entries::conclude(worker, call, result, begin) }
}

pub(super) unsafe extern "C" fn submit(
    pool: *mut nol_pool,
    ticket: u64,
    wake: *const nol_wake,
) -> nol_rc {
    // SAFETY: the header lends `wake` for this function.
    let wake = unsafe { wake.as_ref() };
    let submit = |pool: &Arc<Pool>, _: &'static Server| {
        let nol_wake {
            fd,
            stays_open,
            word,
        } = *wake.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let wake = if fd < 0 {
            Wake::Poll(word)
        } else {
            Wake::Descriptor {
                fd,
                stays_open: stays_open != 0,
                word,
            }
        };
        let submitted = pool.submit(Ticket::from_word(ticket), wake);
        submitted.then_some(()).ok_or(nol_rc::NOL_BAD_ARGUMENT)
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, submit) }
}

pub(super) unsafe extern "C" fn finish(
    pool: *mut nol_pool,
    ticket: u64,
    may_wait: c_int,
    result: *mut nol_result,
) -> nol_rc {
    // SAFETY: the caller owns the result.
    let Some(result) = (unsafe { result.as_mut() }) else {
        return nol_rc::NOL_BAD_ARGUMENT;
    };
    let collect = |pool: &Arc<Pool>, server: &'static Server| {
        if pool.is_served() {
            pool.flush_log(&server.log, Duration::ZERO);
        }
        pool.collect(Ticket::from_word(ticket), may_wait != 0)
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { conclude(pool, result, collect) }
}

pub(super) unsafe extern "C" fn shed(
    pool: *mut nol_pool,
    ticket: u64,
    result: *mut nol_result,
) -> nol_rc {
    // SAFETY: the caller owns the result.
    let Some(result) = (unsafe { result.as_mut() }) else {
        return nol_rc::NOL_BAD_ARGUMENT;
    };
    let shed = |pool: &Arc<Pool>, _: &'static Server| pool.shed(Ticket::from_word(ticket));
    // SAFETY: the handle came from `pool_new`.
    unsafe { conclude(pool, result, shed) }
}

/// Fills the result of a question that `end` removes from the queue.
///
/// # Safety
/// The handle came from `pool_new`, or is NULL.
unsafe fn conclude(
    pool: *const nol_pool,
    result: &mut nol_result,
    end: impl FnOnce(&Arc<Pool>, &'static Server) -> Option<Completed>,
) -> nol_rc {
    let mut found = None;
    let mut owner = None;
    let body = |pool: &Arc<Pool>, server: &'static Server| {
        owner = Some(server);
        found = end(pool, server);
        found.map(|_| ()).ok_or(nol_rc::NOL_BAD_ARGUMENT)
    };
    // SAFETY: the caller's promise.
    let rc = unsafe { with(pool, body) };
    guard(None, || {
        let (decision, counters, took) = if let (Some(outcome), Some(server)) = (found, owner) {
            let decision = decision(server, &outcome.asked, &outcome.outcome);
            (decision, outcome.counters, outcome.took)
        } else {
            let (decision, counters) = fault(owner);
            (decision, counters, Duration::ZERO)
        };
        fill(result, owner, &decision, counters, took);
        let call_id = found.map_or(CallId::EMPTY, |outcome| outcome.asked.record.call_id);
        log_audit(owner, &decision, result.code, &call_id);
        Ok(())
    });
    rc
}

/// Makes the decision of a profile from the outcome of a lookup.
fn decision(server: &Server, asked: &Asked, outcome: &LookupOutcome) -> Decision {
    // A reload does not read what a policy needs again.
    let config = &server.engine.profiles.get(asked.profile).config;
    let policy = Policy::new(config);
    let decision = policy.resume(&asked.caller, asked.record, *outcome);
    policy.address(decision, asked.called).by(asked.profile)
}

pub(super) unsafe extern "C" fn cancel(pool: *mut nol_pool, ticket: u64) {
    let cancel = |pool: &Arc<Pool>, _: &'static Server| {
        pool.abandon(Ticket::from_word(ticket));
        Ok(())
    };
    // SAFETY: the handle came from `pool_new`.
    unsafe { with(pool, cancel) };
}

fn span(milliseconds: u32) -> Duration {
    Duration::from_millis(milliseconds.into())
}
