// SPDX-License-Identifier: GPL-2.0-or-later

//! Answers within the caller's budget.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::peer::{KEY, PATH, Peer, Reply};

const DELAY: Duration = Duration::from_millis(900);

fn slow() -> Peer {
    Peer::start(|config| config.delay = DELAY)
}

fn ask(peer: &Peer, header: Option<&str>, fields: &str) -> (Reply, Duration) {
    let mut headers = vec![("X-API-Key", KEY)];
    headers.extend(header.map(|budget| ("X-SBC-Budget-Ms", budget)));
    let start = Instant::now();
    let reply = peer.ask_with(&headers, &format!(r#"{{"number":"+14155550101"{fields}}}"#));
    (reply, start.elapsed())
}

#[test]
fn a_decision_that_is_not_ready_in_time_is_an_allow() {
    let peer = slow();
    for (header, fields) in [
        (Some("100"), ""),
        (None, r#","budget_ms":100"#),
        (Some("100"), r#","budget_ms":5000"#),
        (Some("5000"), r#","budget_ms":100"#),
    ] {
        let (reply, took) = ask(&peer, header, fields);
        assert!(
            took >= Duration::from_millis(100) && took < DELAY,
            "{took:?}"
        );
        assert_eq!(reply.status, 200);
        let json = &reply.json;
        assert_eq!(
            (&json["decision"], &json["reason"]),
            (&json!("allow"), &json!("latency_budget"))
        );
        assert_eq!(json["sip"]["code"], 503);
        assert_eq!(
            (&json["e164"], &json["valid"]),
            (&json!("+14155550101"), &json!(true))
        );
        assert_eq!(json["advisory"]["dnc_status"], "unknown");
        assert_eq!(json["receipt_id"], Value::Null);
    }
}

#[test]
fn a_decision_within_the_budget_is_the_real_one() {
    let peer = slow();
    for header in [None, Some("4000"), Some("999999999")] {
        let (reply, took) = ask(&peer, header, "");
        assert!(took >= DELAY, "{took:?}");
        assert_eq!(reply.json["reason"], "dnc_listed", "{header:?}");
    }
}

#[test]
fn the_time_a_body_takes_counts() {
    let peer = Peer::start(|_| {});
    let body = r#"{"number":"+14155550101"}"#;
    let length = body.len();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: a\r\nX-API-Key: {KEY}\r\nX-SBC-Budget-Ms: 50\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(peer.address()).expect("a connection");
    stream.write_all(head.as_bytes()).expect("a head");
    thread::sleep(Duration::from_millis(200));
    stream.write_all(body.as_bytes()).expect("a body");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    assert!(reply.contains(r#""reason":"latency_budget""#), "{reply}");
}
