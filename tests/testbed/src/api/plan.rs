// SPDX-License-Identifier: GPL-2.0-or-later
//! The part that the server plays.
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
    /// After each request for the health; `None` says that all is well.
    pub health: Option<Vec<Step>>,
    /// After each request about one of these numbers, in place of `replies`.
    pub about: HashMap<String, Vec<Step>>,
}

/// What a client meets before it can ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Greeting {
    /// A server that wants to hear a request, after a TLS handshake where it has a certificate.
    #[default]
    Serve,
    /// Accepts and says nothing, for as long as it may.
    Silence,
    /// Accepts and sends a RST.
    Reset,
    /// Accepts and closes.
    Close,
    /// Speaks first, in clear, whatever the client expects.
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
    /// Sends bytes one by one, so far apart.
    Drip(Vec<u8>, Duration),
    /// Sends the same bytes again and again, so far apart and so often.
    Repeat {
        /// What is sent.
        bytes: Vec<u8>,
        /// The time between.
        every: Duration,
        /// How often.
        times: usize,
    },
    /// Does nothing for a while.
    Wait(Duration),
    /// Does nothing until the client goes.
    Hold,
    /// Closes in an orderly way: over TLS with `close_notify`.
    Close,
    /// Closes with a FIN and no more: over TLS that is a cut.
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

    /// No answer at all, but this.
    #[must_use]
    pub fn greeting(greeting: Greeting) -> Self {
        Self {
            greeting,
            replies: Vec::new(),
            health: None,
            about: HashMap::new(),
        }
    }

    /// The same, but asked for its health it answers like this.
    #[must_use]
    pub fn health(mut self, reply: Vec<Step>) -> Self {
        self.health = Some(reply);
        self
    }

    /// The same, but to requests about these numbers it answers like this.
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
