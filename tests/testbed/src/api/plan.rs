// SPDX-License-Identifier: GPL-2.0-or-later
//! The part that the server plays.
use std::time::Duration;

/// What happens on a connection.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Before the first request.
    pub greeting: Greeting,
    /// After each request, counted over all connections. The last one answers all that follow; without any, a request
    /// gets no answer.
    pub replies: Vec<Vec<Step>>,
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
        }
    }

    /// One answer after the other; the last one is repeated.
    #[must_use]
    pub fn in_turn(replies: Vec<Vec<Step>>) -> Self {
        Self {
            greeting: Greeting::Serve,
            replies,
        }
    }

    /// No answer at all, but this.
    #[must_use]
    pub fn greeting(greeting: Greeting) -> Self {
        Self {
            greeting,
            replies: Vec::new(),
        }
    }

    pub(super) fn reply(&self, number: usize) -> &[Step] {
        self.replies
            .get(number)
            .or(self.replies.last())
            .map_or(&[Step::Hold], Vec::as_slice)
    }
}
