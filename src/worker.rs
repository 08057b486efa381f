// SPDX-License-Identifier: GPL-2.0-or-later
//! What one process needs for its lookups.

mod lookup;
mod operator;
mod tools;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::answer::Answer;
use crate::deadline::Deadline;
use crate::decision::Decision;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::log::{Level, Log};
use crate::number::Number;
use crate::policy::{Call, Finding, Policy, Step};
use crate::question::{IdempotencyKey, Origin, Question};
use crate::redis::Redis;
use crate::tally::Tally;

use self::tools::Tools;
pub use self::{operator::Refused, tools::Toolbox};

/// Proof that the code runs in the process that will use what it makes: sockets, TLS and random numbers must not exist
/// before fork.
#[derive(Clone, Copy, Debug)]
pub struct InWorker(());

/// Decides, one call at a time. It belongs to the process that made it.
pub struct Worker<'a> {
    engine: &'a Engine,
    log: &'a dyn Log,
    toolbox: Arc<Toolbox>,
    tools: Arc<Tools>,
    redis: Option<Redis>,
}

/// How far a call comes without a wait.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for a moment; a box would cost an allocation a call"
)]
pub enum Begun {
    /// It is decided.
    Decided(Decision, Tally),
    /// An answer has to be waited for: [`Worker::answer`] does that.
    Ask(Inquiry),
}

/// A question that another worker may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The calling number.
    pub number: Number,
    /// The `Idempotency-Key` of the call.
    pub key: IdempotencyKey,
    /// An answer that no longer holds, and stands in where there is no newer one.
    pub earlier: Option<Answer>,
    /// What the look for an answer adds to the statistics, if it ends here.
    pub tally: Tally,
}

impl InWorker {
    /// Only whoever makes workers may promise this.
    pub(crate) fn promised() -> Self {
        Self(())
    }
}

impl Inquiry {
    /// What is known where nobody finds an answer.
    #[must_use]
    pub fn unanswered(&self, failure: Failure) -> (Finding, Tally) {
        (Finding::late(failure, self.earlier), self.tally)
    }
}

impl<'a> Worker<'a> {
    /// Makes the worker of this process. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &'a Engine, log: &'a dyn Log) -> Self {
        let toolbox = Toolbox::new(proof, engine, 1);
        Self::sharing(Arc::new(toolbox), proof, engine, log)
    }

    /// Makes one of several workers of this process that share their tools. It still decides one call at a time.
    #[must_use]
    pub fn sharing(
        toolbox: Arc<Toolbox>,
        proof: InWorker,
        engine: &'a Engine,
        log: &'a dyn Log,
    ) -> Self {
        let url = engine.config.cache.redis.clone();
        Self {
            engine,
            log,
            tools: toolbox.current(),
            toolbox,
            redis: url.map(|url| Redis::new(&proof, url)),
        }
    }

    /// Connects ahead of the first call. What goes wrong here will go wrong, and be told, when a call needs it.
    pub fn warm(&self, started: Instant) {
        if self.tools.config.api_key.value().is_ok() {
            // A worker that waits for a silent API takes no calls meanwhile.
            let _ = self
                .tools
                .client
                .warm(self.deadline(started).or_after(started, WARM));
        }
    }

    /// Decides about one call, within the configured deadline from `started` on. Whatever fails, the call is allowed.
    #[must_use]
    pub fn decide(&mut self, call: &Call<'_>, started: Instant) -> (Decision, Tally) {
        self.catch_up();
        let mut tally = Tally::default();
        let config = Arc::clone(&self.tools.config);
        let policy = Policy::new(&config);
        let decision = match policy.begin(call) {
            Step::Answer(decision) => decision,
            Step::Ask(question) => {
                let finding = self.find_out(&question, started, &mut tally);
                policy.resume(question.number, finding)
            }
        };
        (decision, tally)
    }

    /// Decides about one call if nothing has to be waited for: no connection, no Redis, no other worker.
    #[must_use]
    pub fn begin(&mut self, call: &Call<'_>, started: Instant) -> Begun {
        self.catch_up();
        let mut tally = Tally::default();
        let config = Arc::clone(&self.tools.config);
        let policy = Policy::new(&config);
        let question = match policy.begin(call) {
            Step::Answer(decision) => return Begun::Decided(decision, tally),
            Step::Ask(question) => question,
        };
        match self.at_once(&question.number, started, &mut tally) {
            ControlFlow::Break(finding) => {
                Begun::Decided(policy.resume(question.number, finding), tally)
            }
            ControlFlow::Continue(earlier) => Begun::Ask(Inquiry {
                number: question.number,
                key: question.idempotency_key(),
                earlier,
                tally,
            }),
        }
    }

    /// Finds an answer to what [`Worker::begin`] left open, within the configured deadline from `started` on.
    #[must_use]
    pub fn answer(&mut self, inquiry: &Inquiry, started: Instant) -> (Finding, Tally) {
        self.catch_up();
        let mut tally = Tally::default();
        let config = Arc::clone(&self.tools.config);
        let question = Question {
            number: inquiry.number,
            wishes: &config.wishes,
            origin: Origin::Key(inquiry.key),
        };
        let finding = self.find_out(&question, started, &mut tally);
        (finding, tally)
    }

    fn deadline(&self, started: Instant) -> Deadline {
        Deadline::after(started, self.tools.config.timeout.span())
    }

    /// Follows a reload that another process made.
    pub(crate) fn catch_up(&mut self) {
        let generation = self.engine.states.generation();
        if generation == self.tools.generation {
            return;
        }
        match self.toolbox.at(self.engine, generation) {
            Ok(tools) => self.tools = tools,
            Err(why) => {
                self.tools = self.toolbox.current();
                let line = format!("reload: {why}; this process keeps what it has");
                self.log.line(Level::Error, &line);
            }
        }
    }
}

/// How long a worker may take to connect before it takes calls.
const WARM: Duration = Duration::from_millis(150);

#[cfg(test)]
mod tests;
