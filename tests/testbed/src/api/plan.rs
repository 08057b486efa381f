// SPDX-License-Identifier: GPL-2.0-or-later
//! The plan of the server.
use std::{collections::HashMap, time::Duration};

use serde_json::Value;

/// What happens on a connection.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Before the first request.
    pub greeting: Greeting,
    /// After each request, counted over all connections. The last one answers all that follow; without any, a request
    /// gets no answer.
    pub replies: Vec<Vec<Step>>,
    /// After each health request; `None` answers that the API works.
    pub health: Option<Vec<Step>>,
    /// After each request about one of these numbers, in place of `replies`.
    pub about: HashMap<String, Vec<Step>>,
}

/// What the server does before a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Greeting {
    /// Waits for a request, after a TLS handshake if the server has a certificate.
    #[default]
    Serve,
    /// Accepts and sends nothing, as long as possible.
    Silence,
    /// Accepts and sends a RST.
    Reset,
    /// Accepts and closes.
    Close,
    /// Sends bytes first, without TLS.
    Speak(Vec<u8>),
    /// Stops in the middle of its half of the TLS handshake.
    StallInHandshake,
    /// Reads the client's half of the TLS handshake, then sends a RST.
    ResetInHandshake,
    /// Refuses the handshake with a TLS alert.
    Alert,
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Sends bytes at once.
    Send(Vec<u8>),
    /// Sends a 200 with this JSON. An `e164` of [`CALLER`](crate::answer::CALLER) becomes the number that was asked about.
    Ok(Value),
    /// Sends bytes one by one, with this time between them.
    Drip(Vec<u8>, Duration),
    /// Sends the same bytes repeatedly.
    Repeat {
        /// What is sent.
        bytes: Vec<u8>,
        /// The time between.
        every: Duration,
        /// The number of repetitions.
        times: usize,
    },
    /// Does nothing for a while.
    Wait(Duration),
    /// Does nothing until the client closes.
    Hold,
    /// Closes in an orderly way: over TLS with `close_notify`.
    Close,
    /// Closes with a FIN only: over TLS that is a truncation.
    Cut,
    /// Closes with a RST.
    Reset,
}

impl Plan {
    /// The same answer to every request.
    #[must_use]
    pub fn always(reply: Vec<Step>) -> Self {
        Self {
            greeting: Greeting::Serve,
            replies: vec![reply],
            health: None,
            about: HashMap::new(),
        }
    }

    /// One answer after the other; the last one is repeated.
    #[must_use]
    pub fn in_turn(replies: Vec<Vec<Step>>) -> Self {
        Self {
            greeting: Greeting::Serve,
            replies,
            health: None,
            about: HashMap::new(),
        }
    }

    /// Only this greeting, and no answer.
    #[must_use]
    pub fn greeting(greeting: Greeting) -> Self {
        Self {
            greeting,
            replies: Vec::new(),
            health: None,
            about: HashMap::new(),
        }
    }

    /// The same, with this answer to health requests.
    #[must_use]
    pub fn health(mut self, reply: Vec<Step>) -> Self {
        self.health = Some(reply);
        self
    }

    /// The same, with this answer to requests about these numbers.
    #[must_use]
    pub fn about(mut self, numbers: impl IntoIterator<Item = String>, reply: &[Step]) -> Self {
        self.about
            .extend(numbers.into_iter().map(|number| (number, reply.to_vec())));
        self
    }

    /// The answer to a request with this place among all, about a number.
    pub(super) fn reply(&self, number: usize, about: Option<&str>) -> &[Step] {
        if let Some(steps) = about.and_then(|about| self.about.get(about)) {
            return steps;
        }
        self.replies
            .get(number)
            .or(self.replies.last())
            .map_or(&[Step::Hold], Vec::as_slice)
    }
}
