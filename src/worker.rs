// SPDX-License-Identifier: GPL-2.0-or-later
//! What one process needs for its lookups.

mod lookup;
mod operator;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::cache::KeyMaker;
use crate::config::{ApiKey, Config};
use crate::deadline::Deadline;
use crate::decision::Decision;
use crate::engine::Engine;
use crate::http::Client;
use crate::log::{Level, Log};
use crate::policy::{Call, Policy, Step};
use crate::redis::Redis;
use crate::tally::Tally;

pub use operator::Refused;

/// Proof that the code runs in the process that will use what it makes: sockets, TLS and random numbers must not exist
/// before fork.
#[derive(Debug)]
pub struct InWorker(());

/// Decides, one call at a time. It belongs to the process that made it.
pub struct Worker<'a> {
    proof: InWorker,
    engine: &'a Engine,
    log: &'a dyn Log,
    config: Arc<Config>,
    /// The reload after which `config` was read.
    generation: u32,
    client: Client,
    keys: KeyMaker,
    redis: Option<Redis>,
}

impl InWorker {
    /// Only whoever makes workers may promise this.
    pub(crate) fn promised() -> Self {
        Self(())
    }
}

impl<'a> Worker<'a> {
    /// Makes the worker of this process. Nothing is connected yet.
    #[must_use]
    pub fn new(proof: InWorker, engine: &'a Engine, log: &'a dyn Log) -> Self {
        let config = engine.config.clone();
        Self {
            engine,
            log,
            generation: 0,
            client: Client::new(&proof, &config, 1),
            keys: key_maker(&config),
            redis: config
                .cache
                .redis
                .clone()
                .map(|url| Redis::new(&proof, url)),
            config,
            proof,
        }
    }

    /// Connects ahead of the first call. What goes wrong here will go wrong, and be told, when a call needs it.
    pub fn warm(&self, started: Instant) {
        if self.config.api_key.value().is_ok() {
            // A worker that waits for a silent API takes no calls meanwhile.
            let _ = self
                .client
                .warm(self.deadline(started).or_after(started, WARM));
        }
    }

    /// Decides about one call, within the configured deadline from `started` on. Whatever fails, the call is allowed.
    #[must_use]
    pub fn decide(&mut self, call: &Call<'_>, started: Instant) -> (Decision, Tally) {
        self.catch_up();
        let mut tally = Tally::default();
        let config = self.config.clone();
        let policy = Policy::new(&config);
        let decision = match policy.begin(call) {
            Step::Answer(decision) => decision,
            Step::Ask(question) => {
                let finding = self.find_out(&question, started, &mut tally);
                policy.resume(&question, finding)
            }
        };
        (decision, tally)
    }

    fn deadline(&self, started: Instant) -> Deadline {
        Deadline::after(started, self.config.timeout.span())
    }

    /// Follows a reload that another process made.
    pub(crate) fn catch_up(&mut self) {
        let generation = self.engine.states.generation();
        if generation == self.generation {
            return;
        }
        // Tried once: a file that cannot be read now will not be there for the next call either.
        self.generation = generation;
        match self.engine.read_again(&self.config) {
            Ok(config) => self.use_config(config),
            Err(why) => {
                let line = format!("reload: {why}; this process keeps what it has");
                self.log.line(Level::Error, &line);
            }
        }
    }

    fn use_config(&mut self, config: Config) {
        // Its connection and the addresses that it knows are as good as before.
        if config.roots != self.config.roots {
            self.client = Client::new(&self.proof, &config, 1);
        }
        self.keys = key_maker(&config);
        self.config = Arc::new(config);
    }
}

/// How long a worker may take to connect before it takes calls.
const WARM: Duration = Duration::from_millis(150);

fn key_maker(config: &Config) -> KeyMaker {
    // Without an API key nothing is asked, and nothing cached.
    let secret = config.api_key.value().map_or("", ApiKey::expose);
    KeyMaker::new(secret.as_bytes(), &config.api_url, &config.wishes)
}
