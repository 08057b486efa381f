// SPDX-License-Identifier: GPL-2.0-or-later
//! The boundary, used as C uses it: through the table of functions, and through the shim that all servers share.

#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::expect_used,
    missing_docs,
    reason = "a test that plays C"
)]

mod asynchronous;

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use numbers_online::ffi::{
    NOL_ABI_VERSION, nol_api, nol_call, nol_engine, nol_host, nol_level, nol_params, nol_rc,
    nol_result, nol_str, nol_text, nol_worker, numbers_online_api,
};

#[link(name = "nol_shim", kind = "static")]
unsafe extern "C" {
    fn nol_start(host: *const nol_host, params: *const nol_params) -> c_int;
    fn nol_stop();
    fn nol_decide(call: *const nol_call, result: *mut nol_result) -> c_int;
}

/// The shim holds one engine for the process, and the log is one for all tests.
static ALONE: Mutex<()> = Mutex::new(());
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LOGS_NOTICES: AtomicBool = AtomicBool::new(true);

pub(crate) static HOST: nol_host = nol_host {
    log: Some(log),
    is_logged: Some(is_logged),
    avp: Some(avp),
};

/// The script has set no AVP.
unsafe extern "C" fn avp(_: nol_str, _: *mut c_char, _: usize) -> usize {
    0
}

unsafe extern "C" fn is_logged(level: nol_level) -> c_int {
    c_int::from(level != nol_level::NOL_NOTICE || LOGS_NOTICES.load(Ordering::Relaxed))
}

unsafe extern "C" fn log(_: nol_level, line: nol_str) {
    let bytes = unsafe { std::slice::from_raw_parts(line.s.cast::<u8>(), line.len) };
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.push(String::from_utf8_lossy(bytes).into_owned());
}

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clear();
    guard
}

fn lines() -> Vec<String> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(crate) fn lend(text: &'static str) -> nol_str {
    nol_str {
        s: text.as_ptr().cast(),
        len: text.len(),
    }
}

pub(crate) fn params() -> nol_params {
    // Port 9 (discard) of this machine is closed, so a lookup fails at once.
    nol_params {
        api_url: lend("http://127.0.0.1:9"),
        api_url_backup: lend(""),
        api_key: lend(concat!(
            "file:",
            env!("CARGO_MANIFEST_DIR"),
            "/tests/vectors/api_key.txt"
        )),
        signing_secret: lend(""),
        timeout: 400,
        allow_code: 404,
        spam_threshold: 80,
        redirect_threshold: 0,
        block_invalid: 1,
        block_reassigned: 0,
        redirect_contact: lend(""),
        mode: lend("redirect"),
        shadow: 0,
        enforce_percent: 100,
        number_source: lend("pai,from"),
        verstat_source: lend("number"),
        ask_withheld: 0,
        anonymous: lend("allow"),
        block_reply: lend(""),
        block_location: lend("RLN"),
        regulation: lend(""),
        reply_reason: 1,
        redress_url: lend(""),
        redress_tel: lend(""),
        redress_email: lend(""),
        emergency: lend("on"),
        emergency_window: 14_400,
        trusted_sources: lend("any"),
        allow_list: lend(""),
        deny_list: lend(""),
        dno_list: lend(""),
        dno_max_age: 7,
        default_country: lend(""),
        local_check: 1,
        cache_ttl: 60,
        cache_size: 1024,
        cache_redis: lend(""),
        log_numbers: 0,
        avps: lend("all"),
        rate_limit: 0,
        breaker_window: 10,
        breaker_errors: 5,
        breaker_retry: 15,
        ca_file: lend(""),
        tls_insecure: 0,
        http_proxy: lend(""),
        async_lookups: 2,
        async_queue: 2,
        profiles: ptr::null(),
        profile_count: 0,
    }
}

pub(crate) fn invite() -> nol_call {
    nol_call {
        method: lend("INVITE"),
        call_id: lend("1@example.com"),
        to_tag: lend(""),
        head: lend("From: <sip:+14155550123@example.com>;tag=a\r\n\r\n"),
        request_uri: lend("sip:+442079460958@example.com"),
        ..unsafe { std::mem::zeroed() }
    }
}

pub(crate) fn table() -> &'static nol_api {
    unsafe { &*numbers_online_api() }
}

pub(crate) fn engine(params: &nol_params) -> Result<*mut nol_engine, nol_rc> {
    let mut engine = ptr::null_mut();
    let new = table().engine_new.expect("in the table");
    match unsafe { new(&raw const HOST, params, &raw mut engine) } {
        nol_rc::NOL_OK => Ok(engine),
        rc => Err(rc),
    }
}

pub(crate) fn worker(engine: *const nol_engine) -> *mut nol_worker {
    let mut worker = ptr::null_mut();
    let new = table().worker_new.expect("in the table");
    assert_eq!(unsafe { new(engine, &raw mut worker) }, nol_rc::NOL_OK);
    worker
}

fn decide(worker: *mut nol_worker, call: *const nol_call) -> (nol_rc, nol_result) {
    // Uninitialized, as on the stack of C.
    let mut result = MaybeUninit::<nol_result>::uninit();
    unsafe { result.as_mut_ptr().write_bytes(0xa5, 1) };
    let decide = table().decide.expect("in the table");
    let rc = unsafe { decide(worker, call, result.as_mut_ptr()) };
    (rc, unsafe { result.assume_init() })
}

pub(crate) fn text(result: &nol_result, part: nol_text) -> String {
    let bytes = result.bytes.iter().map(|byte| byte.to_ne_bytes()[0]);
    let part = bytes.skip(part.at.into()).take(part.len.into()).collect();
    String::from_utf8(part).expect("ASCII")
}

/// An allow with this failure.
fn assert_allowed(result: &nol_result, code: i32, failure: &str) {
    assert_eq!((result.rc, result.code, result.enforced), (1, code, 1));
    assert_eq!(text(result, result.decision), "allow");
    assert_eq!(text(result, result.failure), failure);
    assert_eq!(
        (result.valid, result.spam_score, result.balance_low),
        (-1, -1, -1)
    );
    assert_eq!(text(result, result.contact), "");
}

/// Runs `body` in a child process. Returns its result.
fn in_child(body: impl FnOnce() -> bool) -> bool {
    let mut status = 0;
    unsafe {
        let pid = libc::fork();
        if pid == 0 {
            libc::_exit(c_int::from(!body()));
        }
        libc::waitpid(pid, &raw mut status, 0);
    }
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

#[test]
fn the_table_is_of_this_version_and_complete() {
    let table = table();
    assert_eq!(table.abi_version, NOL_ABI_VERSION);
    assert!(table.engine_free.is_some() && table.worker_free.is_some());
}

#[test]
fn a_null_is_an_argument_error_and_never_a_crash() {
    let _alone = alone();
    let table = table();
    let (engine_new, worker_new) = (
        table.engine_new.expect("there"),
        table.worker_new.expect("there"),
    );
    let (mut engine, mut worker) = (ptr::null_mut(), ptr::null_mut());
    unsafe {
        let bad = nol_rc::NOL_BAD_ARGUMENT;
        assert_eq!(engine_new(ptr::null(), &params(), &raw mut engine), bad);
        assert_eq!(
            engine_new(&raw const HOST, ptr::null(), &raw mut engine),
            bad
        );
        assert_eq!(engine_new(&raw const HOST, &params(), ptr::null_mut()), bad);
        assert_eq!(worker_new(ptr::null(), &raw mut worker), bad);
        table.engine_free.expect("there")(ptr::null_mut());
        table.worker_free.expect("there")(ptr::null_mut());
    }
    let (rc, result) = decide(ptr::null_mut(), &invite());
    assert_eq!(rc, nol_rc::NOL_BAD_ARGUMENT);
    assert_allowed(&result, 503, "internal");
}

#[test]
fn a_bad_parameter_is_one_line_in_the_log() {
    let _alone = alone();
    let refused = engine(&nol_params {
        timeout: 0,
        ..params()
    });
    assert_eq!(refused, Err(nol_rc::NOL_BAD_PARAMETER));
    assert_eq!(
        lines(),
        ["parameter timeout: \"0\" cannot be used; allowed: 20..5000 milliseconds"]
    );
}

#[test]
fn a_block_is_audited_while_the_log_has_notices() {
    let _alone = alone();
    let engine = engine(&nol_params {
        anonymous: lend("block"),
        ..params()
    });
    let engine = engine.expect("usable parameters");
    let worker = worker(engine);
    let withheld = nol_call {
        head: lend("From: <sip:anonymous@anonymous.invalid>;tag=a\r\n\r\n"),
        ..invite()
    };
    for (has_notices, expected) in [(true, 1), (false, 0), (true, 1)] {
        LOGS_NOTICES.store(has_notices, Ordering::Relaxed);
        let before = lines().len();
        assert_eq!(decide(worker, &raw const withheld).1.rc, -1);
        let new = lines().split_off(before);
        let audited = new.iter().filter(|line| line.starts_with("audit ")).count();
        assert_eq!(audited, expected, "{new:?}");
    }
    unsafe {
        table().worker_free.expect("there")(worker);
        table().engine_free.expect("there")(engine);
    }
}

#[test]
fn a_lookup_that_fails_allows_and_says_why() {
    let _alone = alone();
    let engine = engine(&params()).expect("usable parameters");
    let worker = worker(engine);
    let (rc, result) = decide(worker, &invite());
    assert_eq!(rc, nol_rc::NOL_OK);
    assert_allowed(&result, 404, "connect");
    assert_eq!(text(&result, result.source), "failopen");
    assert_eq!(text(&result, result.phrase), "Not Found");
    assert_eq!(text(&result, result.e164), "+14155550123");
    let (rc, result) = decide(worker, ptr::null());
    assert_eq!(rc, nol_rc::NOL_BAD_ARGUMENT);
    assert_allowed(&result, 404, "internal");
    unsafe { table().worker_free.expect("there")(worker) };
    unsafe { table().engine_free.expect("there")(engine) };
}

#[test]
fn a_child_refuses_its_parents_worker() {
    let _alone = alone();
    let engine = engine(&params()).expect("usable parameters");
    let parents = worker(engine);
    assert!(in_child(|| {
        let (rc, result) = decide(parents, &invite());
        rc == nol_rc::NOL_FORKED && result.rc == 1
    }));
    let (rc, _) = decide(parents, &invite());
    assert_eq!(rc, nol_rc::NOL_OK);
}

#[test]
fn the_shim_gives_each_process_a_worker_of_its_own() {
    let _alone = alone();
    assert_eq!(unsafe { nol_start(&raw const HOST, &params()) }, 0);
    let failure = || {
        let (_, mut result) = decide(ptr::null_mut(), ptr::null());
        let rc = unsafe { nol_decide(&invite(), &raw mut result) };
        (rc, text(&result, result.failure))
    };
    let connect = (1, "connect".to_owned());
    assert_eq!(failure(), connect);
    assert!(in_child(|| failure() == connect && failure() == connect));
    assert_eq!(failure(), connect);
    unsafe { nol_stop() };
    unsafe { nol_stop() };
}
