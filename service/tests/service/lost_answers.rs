// SPDX-License-Identifier: GPL-2.0-or-later

//! An answer reaches a client that is still sending.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::peer::{KEY, PATH, Peer};

fn head(path: &str, key: &str, fields: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n{fields}\r\n\r\n").into_bytes()
}

fn chunks(count: usize) -> Vec<u8> {
    let chunk = format!("4000\r\n{}\r\n", "x".repeat(0x4000));
    chunk.repeat(count).into_bytes()
}

/// Sends all bytes, then reads to the end.
fn exchange(peer: &Peer, bytes: &[u8], shut: bool) -> String {
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    stream.write_all(bytes).expect("a request");
    if shut {
        stream.shutdown(Shutdown::Write).expect("an end");
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a reply");
    text
}

#[test]
fn a_refused_body_of_32_kib_in_one_write_gets_its_answer_every_time() {
    let peer = Peer::start(|_| {});
    for (fields, end) in [
        ("Transfer-Encoding: chunked", &b"0\r\n\r\n"[..]),
        (
            "Transfer-Encoding: chunked\r\nConnection: close",
            b"0\r\n\r\n",
        ),
        // The body does not end.
        ("Transfer-Encoding: chunked", b""),
        ("Content-Length: 32780", b""),
    ] {
        for round in 0..200 {
            let bytes = [&head(PATH, KEY, fields)[..], &chunks(2), end].concat();
            let reply = exchange(&peer, &bytes, round % 2 == 0);
            assert!(
                reply.starts_with("HTTP/1.1 413 "),
                "{fields} {round}: {reply}"
            );
        }
    }
}

#[test]
fn every_early_refusal_reaches_a_client_that_still_sends() {
    let peer = Peer::start(|_| {});
    let chunked = "Transfer-Encoding: chunked";
    let large = chunks(40);
    let long = format!("X: {}", "x".repeat(600_000));
    for (status, head, body) in [
        (413, head(PATH, KEY, "Content-Length: 900000"), &large),
        (413, head(PATH, KEY, chunked), &large),
        (401, head(PATH, "nol_wrong", chunked), &large),
        (404, head("/other", KEY, chunked), &large),
        (405, head("/api/health", KEY, chunked), &large),
        (400, head(PATH, KEY, "Content-Length: x"), &large),
        (431, head(PATH, KEY, &long), &large),
        (
            400,
            [&head(PATH, KEY, chunked)[..], b"no size\r\n"].concat(),
            &large,
        ),
    ] {
        let shown = String::from_utf8_lossy(&head[..60]);
        let mut stream = TcpStream::connect(peer.address()).expect("a connection");
        stream.write_all(&head).expect(&shown);
        // The service has answered before the client goes on. A reset would make the next but one write fail.
        for part in body.chunks(body.len() / 4) {
            thread::sleep(Duration::from_millis(50));
            stream.write_all(part).expect(&shown);
        }
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect(&shown);
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown} {reply}"
        );
    }
}

#[test]
fn a_client_that_closes_its_sending_half_gets_its_answer() {
    let peer = Peer::start(|config| config.delay = Duration::from_millis(200));
    let body = r#"{"number":"+14155550101"}"#;
    let request = [
        &head(PATH, KEY, &format!("Content-Length: {}", body.len()))[..],
        body.as_bytes(),
    ]
    .concat();
    let reply = exchange(&peer, &request, true);
    assert!(reply.contains("dnc_listed"), "{reply}");
}

#[test]
fn a_client_that_sends_for_ever_is_closed() {
    let peer = Peer::start(|_| {});
    for pause in [Duration::ZERO, Duration::from_millis(20)] {
        let mut stream = TcpStream::connect(peer.address()).expect("a connection");
        stream
            .write_all(&head(PATH, "nol_wrong", "Transfer-Encoding: chunked"))
            .expect("a head");
        let start = Instant::now();
        while stream.write_all(&chunks(1)).is_ok() {
            assert!(start.elapsed() < Duration::from_secs(20));
            thread::sleep(pause);
        }
    }
}
