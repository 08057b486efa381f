// SPDX-License-Identifier: GPL-2.0-or-later
//! A small SIP client: it sends requests, retransmits on demand, acknowledges, and waits for a bounded time.
mod client;
mod peer;
mod reply;

use std::{
    fmt::Write,
    net::SocketAddr,
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

pub use client::{Client, Transport};
pub use peer::Peer;
pub use reply::Reply;

use crate::Result;

/// A request, as the caller's side writes it.
#[derive(Clone, Debug)]
pub struct Request {
    /// INVITE, ...
    pub method: String,
    /// The Request-URI, and the URI of To if that has none of its own.
    pub uri: String,
    /// The URI of To.
    pub to_uri: Option<String>,
    /// From without its tag: a URI in angle brackets, with or without a display name, or whatever a test sends instead.
    pub from: String,
    /// The tag of From.
    pub from_tag: String,
    /// The tag of To; there is one inside a dialog.
    pub to_tag: Option<String>,
    /// Call-ID.
    pub call_id: String,
    /// The number of `CSeq`.
    pub cseq: u32,
    /// The `branch` of Via.
    pub branch: String,
    /// Max-Forwards.
    pub max_forwards: u8,
    /// Further headers.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// A request of `method` from `from_uri`, outside a dialog and with identifiers of its own.
    #[must_use]
    pub fn new(method: &str, from_uri: &str) -> Self {
        let unique = unique();
        Self {
            method: method.to_owned(),
            uri: "sip:service@127.0.0.1".to_owned(),
            to_uri: None,
            from: format!("<{from_uri}>"),
            from_tag: format!("from-{unique}"),
            to_tag: None,
            call_id: format!("call-{unique}@testbed"),
            cseq: 1,
            branch: format!("z9hG4bK{unique}"),
            max_forwards: 70,
            headers: Vec::new(),
        }
    }

    /// An initial INVITE.
    #[must_use]
    pub fn invite(from_uri: &str) -> Self {
        Self::new("INVITE", from_uri)
    }

    /// The display name of From.
    #[must_use]
    pub fn display(mut self, name: &str) -> Self {
        self.from = format!("\"{name}\" {}", self.from);
        self
    }

    /// The whole of From but its tag.
    #[must_use]
    pub fn from(mut self, value: &str) -> Self {
        value.clone_into(&mut self.from);
        self
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(mut self, value: &str) -> Self {
        value.clone_into(&mut self.call_id);
        self
    }

    /// The Request-URI.
    #[must_use]
    pub fn uri(mut self, uri: &str) -> Self {
        uri.clone_into(&mut self.uri);
        self
    }

    /// Puts the request into a dialog.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Self {
        self.to_tag = Some(tag.to_owned());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The ACK of a final reply other than 2xx: same transaction, with the tag that the reply gave.
    fn ack(&self, reply: &Reply) -> Self {
        let tag = reply.header("To").and_then(|to| to.split(";tag=").nth(1));
        Self {
            method: "ACK".to_owned(),
            to_tag: tag.map(str::to_owned),
            headers: Vec::new(),
            ..self.clone()
        }
    }

    fn text(&self, transport: &str, local: SocketAddr) -> Result<String> {
        let mut text = String::new();
        let Self {
            method,
            uri,
            from,
            from_tag,
            call_id,
            cseq,
            branch,
            max_forwards,
            ..
        } = self;
        let to_uri = self.to_uri.as_ref().unwrap_or(uri);
        write!(
            text,
            "{method} {uri} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {local};branch={branch};rport\r\n\
             From: {from};tag={from_tag}\r\n\
             To: <{to_uri}>"
        )?;
        if let Some(tag) = &self.to_tag {
            write!(text, ";tag={tag}")?;
        }
        write!(
            text,
            "\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\n\
             Max-Forwards: {max_forwards}\r\n\
             Contact: <sip:caller@{local}>\r\n"
        )?;
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n")?;
        }
        text.push_str("Content-Length: 0\r\n\r\n");
        Ok(text)
    }
}

/// An OPTIONS over a connection of its own.
pub fn ping(transport: Transport, server: SocketAddr, within: Duration) -> Result<Reply> {
    Client::connect(transport, server)?.ping(within)
}

/// Letters that are unique among the requests of all runs.
fn unique() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let clock = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    // In letters, so that no identifier can be mistaken for a telephone number in a log.
    format!("{:x}-{clock:x}-{number:x}", process::id())
        .chars()
        .map(|c| {
            c.to_digit(16)
                .and_then(|digit| char::from_digit(digit + 10, 36))
                .unwrap_or(c)
        })
        .collect()
}
