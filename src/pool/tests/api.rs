// SPDX-License-Identifier: GPL-2.0-or-later
//! An API for the tests of the pool.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Answers after a while, as documented or with a 500. It remembers the numbers it was asked about.
pub(super) struct Api {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Api {
    /// `delay` says how long the answer to a number takes, and whether it is one.
    pub(super) fn new(delay: impl Fn(&str) -> (Duration, bool) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (delay, seen) = (Arc::new(delay), Arc::clone(&asked));
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (delay, seen) = (Arc::clone(&delay), Arc::clone(&seen));
                thread::spawn(move || while serve(&stream, &*delay, &seen).is_some() {});
            }
        });
        Self { url, asked }
    }

    pub(super) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(
    stream: &TcpStream,
    delay: &dyn Fn(&str) -> (Duration, bool),
    asked: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let question: Value = serde_json::from_slice(&body).ok()?;
    let number = question["number"].as_str()?.to_owned();
    asked.lock().ok()?.push(number.clone());
    let (delay, is_good) = delay(&number);
    thread::sleep(delay);
    let mut answer: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/allow.json")).ok()?;
    answer["e164"] = json!(number);
    let body = answer.to_string();
    let status = if is_good { "200 OK" } else { "500 No" };
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    (&mut &*stream).write_all(response.as_bytes()).ok()
}
