// SPDX-License-Identifier: GPL-2.0-or-later
//! Asynchronous decisions, with the calls that the two servers make.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online::ffi::{
    nol_call, nol_host, nol_params, nol_pool, nol_rc, nol_result, nol_str, nol_wake,
};

use super::{HOST, alone, engine, in_child, invite, lend, lines, params, table, text, worker};

#[link(name = "nol_shim", kind = "static")]
unsafe extern "C" {
    fn nol_start(host: *const nol_host, params: *const nol_params) -> c_int;
    fn nol_stop();
    fn nol_make_pool() -> c_int;
    fn nol_serve() -> c_int;
    fn nol_serve_here() -> c_int;
    fn nol_begin(call: *const nol_call, ticket: *mut u64, result: *mut nol_result) -> c_int;
    fn nol_submit(ticket: u64, wake: nol_wake) -> c_int;
    fn nol_finish(ticket: u64, may_wait: c_int, result: *mut nol_result) -> c_int;
    fn nol_shed(ticket: u64, result: *mut nol_result) -> c_int;
    fn nol_cancel(ticket: u64);
    fn nol_next(wait_ms: u32, word: *mut u64) -> nol_rc;
    fn nol_heartbeat(wait_ms: u32);
    fn nol_server_died();
}

const POLL: nol_wake = nol_wake {
    fd: -1,
    stays_open: 0,
    word: 42,
};
const LONG_MS: u32 = 10_000;

/// Filled by `fill`, with not one byte set before.
fn result(fill: impl FnOnce(*mut nol_result) -> c_int) -> (c_int, nol_result) {
    let mut result = MaybeUninit::<nol_result>::uninit();
    unsafe { result.as_mut_ptr().write_bytes(0xa5, 1) };
    let rc = fill(result.as_mut_ptr());
    (rc, unsafe { result.assume_init() })
}

fn begin(call: &nol_call) -> (c_int, u64, nol_result) {
    let mut ticket = 0;
    let (rc, result) = result(|result| unsafe { nol_begin(call, &raw mut ticket, result) });
    (rc, ticket, result)
}

fn finish(ticket: u64) -> (c_int, String) {
    let (rc, result) = result(|result| unsafe { nol_finish(ticket, 1, result) });
    (rc, text(&result, result.failure))
}

fn next() -> (nol_rc, u64) {
    let mut word = 0;
    (unsafe { nol_next(LONG_MS, &raw mut word) }, word)
}

/// A process that makes lookups until it is killed.
fn lookup_process() -> libc::pid_t {
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        if unsafe { nol_serve() } == 0 {
            loop {
                unsafe { nol_heartbeat(100) };
            }
        }
        unsafe { libc::_exit(1) };
    }
    pid
}

fn kill(pid: libc::pid_t) {
    unsafe { libc::kill(pid, libc::SIGKILL) };
    unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
}

fn start(params: &nol_params) {
    assert_eq!(unsafe { nol_start(&raw const HOST, params) }, 0);
    assert_eq!(unsafe { nol_make_pool() }, 0);
}

#[test]
fn another_process_makes_the_lookups_and_may_die() {
    let _alone = alone();
    // It takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    start(&nol_params {
        api_url: nol_str {
            s: url.as_ptr().cast(),
            len: url.len(),
        },
        timeout: 5000,
        breaker_errors: 0,
        async_lookups: 1,
        async_queue: 1,
        ..params()
    });
    let first = lookup_process();
    let (rc, taken, _) = begin(&invite());
    assert_eq!(rc, 0);
    assert_eq!(unsafe { nol_submit(taken, POLL) }, 0);
    // It is looked up as soon as the API sees a connection.
    let _connection = silent.accept().expect("a connection");
    kill(first);
    unsafe { nol_server_died() };
    assert_eq!(next(), (nol_rc::NOL_OK, 42));
    assert_eq!(finish(taken), (1, "internal".to_owned()));
    assert_eq!(
        finish(taken),
        (1, "internal".to_owned()),
        "it is off the queue"
    );
    // The next process takes the waiting calls.
    drop(silent);
    let (_, queued, _) = begin(&invite());
    assert_eq!(unsafe { nol_submit(queued, POLL) }, 0);
    let second = lookup_process();
    assert_eq!(next(), (nol_rc::NOL_OK, 42));
    let (rc, failure) = finish(queued);
    assert!(
        rc == 1 && ["connect", "reset"].contains(&failure.as_str()),
        "{failure}"
    );
    // Without a next process calls wait only for a short time, and later calls not at all.
    kill(second);
    unsafe { nol_server_died() };
    let start = Instant::now();
    let (_, waiting, _) = begin(&invite());
    assert_eq!(unsafe { nol_submit(waiting, POLL) }, 0);
    assert_eq!(next(), (nol_rc::NOL_OK, 42));
    assert_eq!(finish(waiting), (1, "shed".to_owned()));
    let (rc, _, shed) = begin(&invite());
    assert_eq!((rc, text(&shed, shed.failure).as_str()), (1, "shed"));
    assert!(start.elapsed() < Duration::from_secs(5), "the timeout");
    unsafe { nol_stop() };
}

#[test]
fn what_needs_no_lookup_is_decided_at_once_and_what_is_too_much_is_shed() {
    let _alone = alone();
    start(&nol_params {
        async_lookups: 1,
        async_queue: 1,
        ..params()
    });
    let bye = nol_call {
        method: lend("BYE"),
        ..invite()
    };
    let (rc, _, bypass) = begin(&bye);
    assert_eq!((rc, text(&bypass, bypass.source).as_str()), (1, "bypass"));
    let (first, second) = (begin(&invite()), begin(&invite()));
    assert_eq!((first.0, second.0), (0, 0));
    let (rc, _, shed) = begin(&invite());
    assert_eq!((rc, text(&shed, shed.failure).as_str()), (1, "shed"));
    assert_eq!(
        (shed.code, text(&shed, shed.e164).as_str()),
        (404, "+14155550123")
    );
    let (rc, also_shed) = result(|result| unsafe { nol_shed(second.1, result) });
    assert_eq!(
        (rc, text(&also_shed, also_shed.failure).as_str()),
        (1, "shed")
    );
    let (rc, gone) = result(|result| unsafe { nol_shed(second.1, result) });
    assert_eq!((rc, text(&gone, gone.failure).as_str()), (1, "internal"));
    unsafe { nol_cancel(first.1) };
    for _ in 0..2 {
        assert_eq!(begin(&invite()).0, 0, "there is room again");
    }
    unsafe { nol_stop() };
}

#[test]
fn a_descriptor_wakes_and_the_threads_get_no_signals() {
    let _alone = alone();
    let engine = engine(&params()).expect("usable parameters");
    let worker = worker(engine);
    let table = table();
    let mut pool: *mut nol_pool = ptr::null_mut();
    let (mut ticket, mut filled) = (0, MaybeUninit::<nol_result>::uninit());
    let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
    let wake = nol_wake {
        fd,
        stays_open: 0,
        word: 1,
    };
    unsafe {
        let ok = nol_rc::NOL_OK;
        assert_eq!(table.pool_new.expect("there")(engine, &raw mut pool), ok);
        let begin = table.begin.expect("there");
        let rc = begin(
            worker,
            pool,
            &invite(),
            &raw mut ticket,
            filled.as_mut_ptr(),
        );
        assert_eq!(rc, nol_rc::NOL_PENDING);
        assert_eq!(
            table.submit.expect("there")(pool, ticket, &raw const wake),
            ok
        );
        assert_eq!(table.pool_serve.expect("there")(pool), ok);
        assert_eq!(table.pool_serve.expect("there")(pool), ok);
        let mut entry = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        assert_eq!(libc::poll(&raw mut entry, 1, 10_000), 1);
        assert_eq!(
            table.finish.expect("there")(pool, ticket, 1, filled.as_mut_ptr()),
            ok
        );
        let result = filled.assume_init();
        assert_eq!(
            (result.rc, text(&result, result.failure).as_str()),
            (1, "connect")
        );
        libc::close(fd);
    }
}

/// Whether this process can start more threads.
fn allow_threads(may: bool) {
    unsafe {
        let mut limit = MaybeUninit::<libc::rlimit>::uninit();
        libc::getrlimit(libc::RLIMIT_NPROC, limit.as_mut_ptr());
        let mut limit = limit.assume_init();
        limit.rlim_cur = if may { limit.rlim_max } else { 0 };
        assert_eq!(libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit), 0);
    }
}

#[test]
fn a_process_that_can_have_no_thread_tries_again() {
    let _alone = alone();
    assert_eq!(unsafe { nol_start(&raw const HOST, &params()) }, 0);
    let body = || {
        // The limit does not apply to root.
        unsafe { libc::setuid(65534) };
        allow_threads(false);
        let refused = (0..100).all(|_| unsafe { nol_serve_here() } == -1);
        let logged = lines().len();
        let end = Instant::now() + Duration::from_millis(1200);
        while Instant::now() < end {
            unsafe { nol_serve_here() };
            thread::sleep(Duration::from_millis(50));
        }
        let silent = lines().len() == logged;
        allow_threads(true);
        thread::sleep(Duration::from_millis(1100));
        let serves = unsafe { nol_serve_here() } == 0;
        refused && logged == 1 && silent && serves
    };
    assert!(in_child(body));
    unsafe { nol_stop() };
}

#[test]
fn a_null_is_an_argument_error_here_too() {
    let _alone = alone();
    let table = table();
    let bad = nol_rc::NOL_BAD_ARGUMENT;
    let (mut ticket, none) = (0, ptr::null_mut());
    let mut filled = MaybeUninit::<nol_result>::uninit();
    unsafe {
        assert_eq!(
            table.pool_new.expect("there")(ptr::null(), ptr::null_mut()),
            bad
        );
        assert_eq!(table.pool_serve.expect("there")(none), bad);
        assert_eq!(table.pool_heartbeat.expect("there")(none, 0), bad);
        assert_eq!(
            table.pool_next.expect("there")(none, 0, ptr::null_mut()),
            bad
        );
        assert_eq!(table.pool_server_died.expect("there")(none), bad);
        assert_eq!(table.submit.expect("there")(none, 0, ptr::null()), bad);
        let begin = table.begin.expect("there");
        assert_eq!(
            begin(
                ptr::null_mut(),
                none,
                &invite(),
                &raw mut ticket,
                filled.as_mut_ptr()
            ),
            bad
        );
        assert_eq!(filled.assume_init_ref().rc, 1);
        assert_eq!(
            table.finish.expect("there")(none, 0, 1, filled.as_mut_ptr()),
            bad
        );
        assert_eq!(filled.assume_init_ref().rc, 1);
        assert_eq!(
            table.shed.expect("there")(none, 0, filled.as_mut_ptr()),
            bad
        );
        assert_eq!(filled.assume_init_ref().rc, 1);
        table.cancel.expect("there")(none, 0);
        table.pool_free.expect("there")(none);
    }
}
