// SPDX-License-Identifier: GPL-2.0-or-later

//! Limits of number and time for connections.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use numbers_online_service::certificate::SelfSigned;
use numbers_online_service::config::Https;
use numbers_online_service::tls;
use tempfile::TempDir;

use crate::binary::Process;
use crate::peer::{KEY, PATH, Peer, agent, loopback, post};

const BODY: &str = r#"{"number":"+14155550123"}"#;
const PLAIN: [&str; 4] = ["--listen-http", "127.0.0.1:0", "--key-env", "TEST_KEY"];

fn idle(address: &str, count: usize) -> Vec<TcpStream> {
    (0..count)
        .map(|_| TcpStream::connect(address).expect("a connection"))
        .collect()
}

fn assert_answered(address: &str) {
    let reply = post(
        &agent(None),
        &format!("http://{address}{PATH}"),
        &[("X-API-Key", KEY)],
        BODY,
    );
    assert_eq!(reply.expect("a reply").status, 200);
}

/// Sends a request on a connection that stays open, and reads the head of its answer.
fn ask(stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n")?;
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}

/// Waits until the peer closes, and says how long it took.
fn time_to_close(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time limit");
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => start.elapsed(),
    }
}

#[test]
fn idle_connections_beyond_the_limit_of_open_files_do_not_stop_a_good_request() {
    let mut process = Process::start_with_open_files(256, &PLAIN);
    let address = process.listening("http");
    let _idle = idle(&address, 300);
    for _ in 0..5 {
        assert_answered(&address);
    }
    let log = process.log();
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
    assert!(log.contains("connection limit reached"), "{log}");
    assert!(log.contains("limit=224"), "{log}");
}

#[test]
fn the_connections_without_a_request_make_room_before_those_with_one() {
    let peer = Peer::start(|config| {
        config.limits.connections = NonZeroUsize::new(4).expect("not zero");
    });
    let address = peer.address().to_string();
    let mut known = TcpStream::connect(&address).expect("a connection");
    assert!(
        ask(&mut known)
            .expect("a reply")
            .starts_with("HTTP/1.1 200 ")
    );
    let mut idle = idle(&address, 20);
    // The last ones are in the queue of the kernel until the first ones are closed.
    time_to_close(&mut idle[16]);
    assert!(
        ask(&mut known)
            .expect("a reply")
            .starts_with("HTTP/1.1 200 ")
    );
}

#[test]
fn connections_in_use_are_not_closed_for_a_new_one() {
    let peer = Peer::start(|config| {
        config.limits.connections = NonZeroUsize::new(2).expect("not zero");
        config.delay = Duration::from_millis(600);
    });
    thread::scope(|scope| {
        let requests: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| peer.ask(BODY).json["reason"].clone()))
            .collect();
        for request in requests {
            assert_eq!(request.join().expect("a thread"), "no_actionable_signal");
        }
    });
}

#[test]
fn without_a_descriptor_an_idle_connection_is_closed_and_one_line_says_so() {
    let mut process = Process::start(&PLAIN);
    let address = process.listening("http");
    // As many descriptors as it has open now, and four more.
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id()))
        .expect("its descriptors")
        .count();
    let limit = format!("--nofile={0}:{0}", open + 4);
    let lowered = Command::new("prlimit")
        .args(["--pid", &process.id().to_string(), &limit])
        .status();
    assert!(lowered.expect("prlimit").success());
    let _idle = idle(&address, 40);
    for _ in 0..3 {
        assert_answered(&address);
    }
    let log = process.log();
    assert_eq!(
        log.matches("cannot accept a connection").count(),
        1,
        "{log}"
    );
    assert_eq!(log.matches(" WARN ").count(), 1, "{log}");
}

#[test]
fn a_first_request_head_has_its_time_limit() {
    let peer = Peer::start(|config| config.limits.first_head = Duration::from_millis(300));
    let address = peer.address();
    let mut silent = TcpStream::connect(address).expect("a connection");
    let mut half = TcpStream::connect(address).expect("a connection");
    half.write_all(format!("POST {PATH} HTTP/1.1\r\nHost:").as_bytes())
        .expect("half a head");
    let mut good = TcpStream::connect(address).expect("a connection");
    ask(&mut good).expect("a reply");
    assert!(time_to_close(&mut silent) < Duration::from_secs(10));
    time_to_close(&mut half);
    // The limit was for the first head only.
    thread::sleep(Duration::from_millis(400));
    assert!(
        ask(&mut good)
            .expect("a reply")
            .starts_with("HTTP/1.1 200 ")
    );
}

#[test]
fn a_head_that_comes_in_drops_has_no_more_time() {
    let peer = Peer::start(|config| config.limits.first_head = Duration::from_millis(500));
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    let start = Instant::now();
    while stream.write_all(b"G").is_ok() {
        assert!(start.elapsed() < Duration::from_secs(20));
        thread::sleep(Duration::from_millis(20));
    }
    assert!(start.elapsed() >= Duration::from_millis(450));
}

#[test]
fn a_tls_handshake_counts_into_the_time_limit_of_the_first_head() {
    let directory = TempDir::new().expect("a directory");
    let files = SelfSigned::ensure(directory.path(), &[]).expect("certificates");
    let tls = tls::server(&files.certificate, &files.key).expect("a TLS server");
    let peer = Peer::start(|config| {
        config.https = Some(Https {
            address: loopback(),
            tls,
        });
        config.limits.first_head = Duration::from_millis(300);
    });
    let mut silent = TcpStream::connect(peer.address()).expect("a connection");
    // The start of a ClientHello.
    let mut half = TcpStream::connect(peer.address()).expect("a connection");
    half.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")
        .expect("half a hello");
    assert!(time_to_close(&mut silent) < Duration::from_secs(10));
    time_to_close(&mut half);
}

#[test]
fn an_idle_connection_is_closed_after_the_idle_limit() {
    let peer = Peer::start(|config| config.limits.idle = Duration::from_millis(300));
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    ask(&mut stream).expect("a reply");
    let took = time_to_close(&mut stream);
    assert!(took >= Duration::from_millis(250), "{took:?}");
}
