// SPDX-License-Identifier: GPL-2.0-or-later
//! The synchronous functions of the table. Each is one guarded expression.

use std::ffi::c_void;
use std::ptr;
use std::time::{Duration, Instant, SystemTime};

use super::abi::{
    nol_call, nol_command, nol_emit, nol_engine, nol_gauge, nol_host, nol_params, nol_rc,
    nol_result, nol_str, nol_worker,
};
use super::arguments::{given, lent};
use super::guard::guard;
use super::handles::{Process, Server, free, make, with};
use super::host::{AvpValues, Avps, Log};
use crate::audit;
use crate::call_id::CallId;
use crate::counters::Counters;
use crate::decision::{Decision, Source};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log as _};
use crate::os::panics::note_panics;
use crate::policy::Call;
use crate::reply::Reply;
use crate::report::{Report, Value};
use crate::worker::{Refused, Worker};

pub(super) unsafe extern "C" fn engine_new(
    host: *const nol_host,
    params: *const nol_params,
    engine: *mut *mut nol_engine,
) -> nol_rc {
    // SAFETY: the header lends `host` for this function.
    let host = unsafe { host.as_ref() }.copied();
    guard(host.map(Log::new), || {
        let host = host.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let (log, avps) = (Log::new(host), Avps::new(host));
        // SAFETY: the header lends `params` for this function.
        let params = unsafe { params.as_ref() }.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        // SAFETY: the caller owns the place for the handle.
        let place = unsafe { engine.as_mut() }.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        note_panics();
        let given = given(params).inspect_err(|_| {
            log.line(
                Level::Error,
                "a parameter of numbers_online is not UTF-8; allowed: UTF-8",
            );
        })?;
        let engine = Engine::new(given, &log).map_err(|why| {
            log.line(Level::Error, &why.to_string());
            nol_rc::NOL_BAD_PARAMETER
        })?;
        // A server registers the names of AVPs on first use, which must be before fork.
        for (_, profile) in engine.profiles.iter() {
            let _ = avps.read(&profile.config.identity.sources);
        }
        *place = Box::into_raw(Box::new(Server::new(engine, log, avps))).cast();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn engine_free(engine: *mut nol_engine) {
    // SAFETY: the handle came from `engine_new`, and the caller gives it up.
    unsafe { free::<Server, _>(engine) };
}

pub(super) unsafe extern "C" fn worker_new(
    engine: *const nol_engine,
    worker: *mut *mut nol_worker,
) -> nol_rc {
    let new = |server| Ok(Process::new(server));
    // SAFETY: the handle came from `engine_new`, and the caller owns the place for the new one.
    unsafe { make(engine, worker, new) }
}

pub(super) unsafe extern "C" fn worker_warm(worker: *mut nol_worker) -> nol_rc {
    let warm = |process: &mut Process| {
        process.worker.warm(Instant::now());
        Ok(())
    };
    // SAFETY: the handle came from `worker_new` and is used by this thread alone.
    unsafe { with(worker, warm) }
}

pub(super) unsafe extern "C" fn command(
    worker: *mut nol_worker,
    command: nol_command,
    argument: nol_str,
    profile: nol_str,
    emit: nol_emit,
    to: *mut c_void,
) -> nol_rc {
    let carry_out = |process: &mut Process| {
        let worker = &mut process.worker;
        let emit = emit.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        // SAFETY: the header lends the argument for this function.
        let argument = unsafe { argument.text() }.unwrap_or("\u{fffd}");
        // SAFETY: the header lends the name for this function.
        let profile = unsafe { profile.text() }.unwrap_or("\u{fffd}");
        worker.catch_up();
        let outcome = if worker.has_room_for_report() {
            run(worker, command, argument, profile)
        } else {
            Err(Refused("there is no memory for the answer".to_owned()))
        };
        let (report, rc) = match outcome {
            Ok(report) => (report, Ok(())),
            Err(Refused(why)) => (
                Report::default().text(c"error", why),
                Err(nol_rc::NOL_BAD_ARGUMENT),
            ),
        };
        for (name, value) in report.iter() {
            let (text, number) = match value {
                Value::Text(text) => (nol_str::lend(text), 0),
                Value::Number(number) => (
                    nol_str {
                        s: ptr::null(),
                        len: 0,
                    },
                    *number,
                ),
            };
            // SAFETY: the caller promised a function for `to`; name and text outlive the call.
            unsafe { emit(to, name.as_ptr(), text, number) };
        }
        rc
    };
    // SAFETY: the handle came from `worker_new` and is used by this thread alone.
    unsafe { with(worker, carry_out) }
}

fn run(
    worker: &mut Worker<'_>,
    command: nol_command,
    argument: &str,
    profile: &str,
) -> Result<Report, Refused> {
    match command {
        nol_command::NOL_STATUS => Ok(worker.status()),
        nol_command::NOL_CHECK => worker.check(argument, profile),
        nol_command::NOL_PROBE => Ok(worker.probe()),
        nol_command::NOL_CACHE_STATS => Ok(worker.cache_stats()),
        nol_command::NOL_CACHE_PURGE => worker.cache_purge(argument),
        nol_command::NOL_BREAKER => worker.set_breaker(argument),
        nol_command::NOL_RELOAD => worker.reload(),
        _ => Err(Refused("no such command".to_owned())),
    }
}

pub(super) unsafe extern "C" fn gauge(engine: *const nol_engine, gauge: nol_gauge) -> i64 {
    // SAFETY: the handle came from `engine_new`, or is NULL, and the header lends it for this function.
    let server = unsafe { engine.cast::<Server>().as_ref() };
    let mut value = 0;
    guard(server.map(|server| server.log), || {
        let server = server.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        value = match gauge {
            nol_gauge::NOL_GAUGE_dno_age_s => {
                let age = server.engine.lists.dno_age(SystemTime::now());
                age.map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
            }
            nol_gauge::NOL_GAUGE_emergency_callers => {
                let now = server.engine.clock.at(Instant::now());
                let callers = server.engine.emergency_window.count(now);
                i64::try_from(callers).unwrap_or(i64::MAX)
            }
            _ => 0,
        };
        Ok(())
    });
    value
}

pub(super) unsafe extern "C" fn worker_free(worker: *mut nol_worker) {
    // SAFETY: the handle came from `worker_new`, and the caller gives it up.
    unsafe { free::<Process, _>(worker) };
}

pub(super) unsafe extern "C" fn decide(
    worker: *mut nol_worker,
    call: *const nol_call,
    result: *mut nol_result,
) -> nol_rc {
    let decide =
        |process: &mut Process, call: &Call<'_>, started| Ok(process.worker.decide(call, started));
    // SAFETY: the handle came from `worker_new` and is used by this thread alone; the caller lends the call and owns the result.
    unsafe { conclude(worker, call, result, decide) }
}

/// Decides about a call. Always fills the result; after an error, with an allow.
///
/// # Safety
/// The handle came from `worker_new`, or is NULL, and is used by this thread alone; the caller lends the call and owns the result.
pub(super) unsafe fn conclude(
    worker: *mut nol_worker,
    call: *const nol_call,
    result: *mut nol_result,
    decide: impl FnOnce(&mut Process, &Call<'_>, Instant) -> Result<(Decision, Counters), nol_rc>,
) -> nol_rc {
    let started = Instant::now();
    // SAFETY: the caller's promise.
    let Some(result) = (unsafe { result.as_mut() }) else {
        return nol_rc::NOL_BAD_ARGUMENT;
    };
    // SAFETY: the caller's promise.
    let server = unsafe { worker.cast::<Process>().as_ref() }.map(|process| process.server);
    let mut decided = None;
    let mut call_id = CallId::EMPTY;
    let body = |process: &mut Process| {
        // SAFETY: the caller's promise.
        let call = unsafe { call.as_ref() }.ok_or(nol_rc::NOL_BAD_ARGUMENT)?;
        let Server { engine, avps, .. } = process.server;
        let call = lent(call);
        // A reload does not read these parameters again.
        let profile = engine
            .profiles
            .get(engine.profiles.find(call.profile).unwrap_or_default());
        let read = avps.read(&profile.config.identity.sources);
        let avps = read.as_ref().map(AvpValues::all).unwrap_or_default();
        let call = Call {
            avps: &avps,
            ..call
        };
        call_id = CallId::new(call.call_id);
        decided = Some(decide(process, &call, started)?);
        Ok(())
    };
    // SAFETY: the caller's promise.
    let rc = unsafe { with(worker, body) };
    guard(None, || {
        let (decision, counters) = decided.unwrap_or_else(|| fault(server));
        fill(result, server, &decision, counters, started.elapsed());
        log_audit(server, &decision, result.code, &call_id);
        Ok(())
    });
    rc
}

/// The decision after a fault of the module: allow.
pub(super) fn fault(server: Option<&Server>) -> (Decision, Counters) {
    let allow_code = server.map_or(503, |server| server.engine.config.options.allow_code.code());
    let decision = Decision::allow(allow_code, Source::FailOpen, Failure::Internal, None);
    (decision, Counters::default())
}

pub(super) fn fill(
    result: &mut nol_result,
    server: Option<&Server>,
    decision: &Decision,
    counters: Counters,
    took: Duration,
) {
    // A reload does not read these parameters again.
    let profile = server.map(|server| server.engine.profiles.get(decision.profile));
    let reply = profile.map(|profile| Reply::new(decision, &profile.config.replies));
    let reply = reply.unwrap_or(Reply::plain(decision));
    result.fill(decision, &reply, counters, profile, took);
}

/// Logs a call that was blocked or redirected, or would have been.
pub(super) fn log_audit(server: Option<&Server>, decision: &Decision, code: i32, call_id: &CallId) {
    let Some(server) = server.filter(|server| server.log.is_on(Level::Notice)) else {
        return;
    };
    let profile = server.engine.profiles.get(decision.profile).name.as_ref();
    let context = audit::Context {
        code,
        profile: profile.map_or("", |name| name.as_str()),
        call_id,
        log_numbers: server.engine.config.log_numbers,
    };
    if let Some(line) = audit::line(decision, context) {
        server.log.line(Level::Notice, &line);
    }
}
