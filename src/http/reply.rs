// SPDX-License-Identifier: GPL-2.0-or-later
//! The answer to a request.

use std::io::Read;
use std::time::{Duration, SystemTime};

use ureq::http::{HeaderMap, HeaderName, Response, header};
use ureq::{Body, Error};

use super::{MAX_BYTES, headers};

/// A complete response.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// At most 64 KiB.
    pub body: Vec<u8>,
    /// The time of the server's clock.
    pub date: Option<SystemTime>,
    /// How long the API asks to wait before the next request.
    pub retry_after: Option<Duration>,
    /// For how many seconds the server keeps an idle connection, if it says so.
    pub(super) keep_alive: Option<u64>,
}

impl Reply {
    /// Reads the answer to its end.
    pub(super) fn read(mut response: Response<Body>) -> Result<Self, Error> {
        let headers = response.headers();
        let mut reply = Self {
            status: response.status().as_u16(),
            body: Vec::with_capacity(USUAL_BYTES),
            date: text(headers, &header::DATE).and_then(headers::date),
            retry_after: text(headers, &header::RETRY_AFTER)
                .and_then(|value| headers::retry_after(value, SystemTime::now())),
            keep_alive: text(headers, &KEEP_ALIVE).and_then(headers::keep_alive),
        };
        // A body of exactly the limit is accepted.
        let mut body = response
            .body_mut()
            .with_config()
            .limit(MAX_BYTES as u64 + 1)
            .reader();
        match body.read_to_end(&mut reply.body) {
            // The status is sufficient if it is not 200. The body only adds details.
            Err(error) if reply.status == 200 => Err(error.into()),
            _ => Ok(reply),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// The initial capacity: enough for nearly every body, and small for malloc.
const USUAL_BYTES: usize = 1024;
