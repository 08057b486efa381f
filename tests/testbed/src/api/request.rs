// SPDX-License-Identifier: GPL-2.0-or-later
//! The requests of clients.
use std::time::Instant;

use serde_json::Value;

use crate::header;

/// One HTTP request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The number of the connection it came on, from 0.
    pub connection: usize,
    /// When its last byte was received.
    pub at: Instant,
    /// GET, POST, ...
    pub method: String,
    /// The request target.
    pub path: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// Removes the first complete request from the buffer; `None` if there is none.
    pub(super) fn take(pending: &mut Vec<u8>, connection: usize) -> Option<Self> {
        let head = pending.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&pending[..head]).into_owned();
        let mut lines = text.split("\r\n");
        let mut words = lines
            .next()
            .unwrap_or_default()
            .split(' ')
            .map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let mut request = Self {
            connection,
            at: Instant::now(),
            method,
            path,
            headers,
            body: Vec::new(),
        };
        let length: usize = request
            .header("Content-Length")
            .and_then(|value| value.parse().ok())
            .unwrap_or(0);
        if pending.len() < head + length {
            return None;
        }
        request.body = pending[head..head + length].to_vec();
        pending.drain(..head + length);
        Some(request)
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
