// SPDX-License-Identifier: GPL-2.0-or-later
//! One connection, from its start to its end.
use std::{
    io,
    net::TcpStream,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    Greeting, Request, Shared, Step,
    wire::{Heard, Wire},
};
use serde_json::Value;

use crate::{answer, lock};

/// The longest life of a connection.
const LIMIT: Duration = Duration::from_secs(30);

/// The fatal alert `handshake_failure` in a record of TLS 1.2.
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// What happens to a connection after a step.
enum Next {
    /// It continues with the next step, or the next request.
    On,
    /// It is closed with a RST.
    Reset,
    /// It ends.
    End,
}

/// Follows the plan on one connection.
pub(super) fn serve(stream: Arc<TcpStream>, number: usize, shared: &Shared) {
    let Ok(wire) = Wire::new(stream) else { return };
    let mut connection = Connection {
        wire,
        number,
        shared,
        pending: Vec::new(),
        end: Instant::now() + LIMIT,
    };
    // An error means that the client closed the connection, which is no error of the test.
    if matches!(connection.run(), Ok(Next::Reset)) {
        connection.wire.reset();
    }
}

struct Connection<'a> {
    wire: Wire,
    number: usize,
    shared: &'a Shared,
    pending: Vec<u8>,
    end: Instant,
}

impl Connection<'_> {
    fn run(&mut self) -> io::Result<Next> {
        let greeting = lock(&self.shared.plan).greeting.clone();
        match self.greet(&greeting)? {
            Next::On => {}
            end => return Ok(end),
        }
        while let Some(request) = self.request() {
            let number = request.json()["number"].clone();
            for step in &self.reply(request) {
                match self.play(step, &number)? {
                    Next::On => {}
                    end => return Ok(end),
                }
            }
        }
        Ok(Next::End)
    }

    fn reply(&self, request: Request) -> Vec<Step> {
        if request.path.ends_with("/api/health") {
            lock(&self.shared.health_requests).push(request);
            let health = lock(&self.shared.plan).health.clone();
            return health.unwrap_or_else(answer::healthy);
        }
        let number = request.json()["number"].as_str().map(str::to_owned);
        let mut requests = lock(&self.shared.requests);
        requests.push(request);
        lock(&self.shared.plan)
            .reply(requests.len() - 1, number.as_deref())
            .to_vec()
    }

    fn greet(&mut self, greeting: &Greeting) -> io::Result<Next> {
        match greeting {
            Greeting::Serve | Greeting::StallInHandshake => {}
            Greeting::Silence => self.hold(),
            Greeting::Reset => {
                // Not before the client's connect has succeeded, or the connect would fail.
                self.wait(Duration::from_millis(30));
                return Ok(Next::Reset);
            }
            Greeting::Close => {
                self.wire.cut();
                self.hold();
            }
            Greeting::Speak(bytes) => {
                self.wire.say_in_clear(bytes)?;
                self.hold();
            }
            Greeting::ResetInHandshake => {
                self.hear_once();
                return Ok(Next::Reset);
            }
            Greeting::Alert => {
                self.hear_once();
                self.wire.say_in_clear(&ALERT)?;
                self.wire.cut();
                self.hold();
            }
        }
        if let Some(identity) = &self.shared.identity {
            if *greeting == Greeting::StallInHandshake {
                self.hear_once();
                self.wire.secure(identity)?;
                // Only the record header of the ServerHello.
                self.wire.half_a_handshake(&self.pending, 40)?;
                self.hold();
            } else if *greeting == Greeting::Serve {
                self.wire.secure(identity)?;
            }
        }
        Ok(if *greeting == Greeting::Serve {
            Next::On
        } else {
            Next::End
        })
    }

    fn play(&mut self, step: &Step, number: &Value) -> io::Result<Next> {
        match step {
            Step::Send(bytes) => self.wire.say(bytes)?,
            Step::Ok(body) => {
                let mut body = body.clone();
                if body.get("e164").is_some_and(|e164| e164 == answer::CALLER) {
                    body["e164"].clone_from(number);
                }
                self.wire.say(&answer::response(
                    "200 OK",
                    &[],
                    body.to_string().as_bytes(),
                ))?;
            }
            Step::Drip(bytes, every) => {
                for byte in bytes {
                    self.wire.say(&[*byte])?;
                    if !self.wait(*every) {
                        return Ok(Next::End);
                    }
                }
            }
            Step::Repeat {
                bytes,
                every,
                times,
            } => {
                for _ in 0..*times {
                    self.wire.say(bytes)?;
                    if !self.wait(*every) {
                        return Ok(Next::End);
                    }
                }
            }
            Step::Wait(span) => {
                if !self.wait(*span) {
                    return Ok(Next::End);
                }
            }
            Step::Hold => {
                self.hold();
                return Ok(Next::End);
            }
            Step::Close => {
                self.wire.notify();
                self.wire.cut();
                self.hold();
                return Ok(Next::End);
            }
            Step::Cut => {
                self.wire.cut();
                self.hold();
                return Ok(Next::End);
            }
            Step::Reset => return Ok(Next::Reset),
        }
        Ok(Next::On)
    }

    /// The next request, or `None` if the client has closed or the time is over.
    fn request(&mut self) -> Option<Request> {
        loop {
            if let Some(request) = Request::take(&mut self.pending, self.number) {
                return Some(request);
            }
            if self.over() || matches!(self.wire.hear(&mut self.pending), Heard::End) {
                return None;
            }
        }
    }

    /// Waits for the first bytes.
    fn hear_once(&mut self) {
        while !self.over() && matches!(self.wire.hear(&mut self.pending), Heard::Nothing) {}
    }

    /// Reads and discards until the client closes: unread bytes would turn the FIN into a RST.
    fn hold(&mut self) {
        let mut forgotten = Vec::new();
        while !self.over() && !matches!(self.wire.hear(&mut forgotten), Heard::End) {
            forgotten.clear();
        }
    }

    /// Sleeps in short steps. False if the test is over.
    fn wait(&self, span: Duration) -> bool {
        let end = Instant::now() + span;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if self.over() {
                return false;
            }
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(Duration::from_millis(20)));
        }
    }

    fn over(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed) || Instant::now() > self.end
    }
}
