// SPDX-License-Identifier: GPL-2.0-or-later
//! The second level of the cache: answers shared by several servers through Redis.

use std::time::{Duration, Instant};

use redis::{Commands, Connection, RedisError};

use crate::answer::Answer;
use crate::cache::{Key, Packed};
use crate::config::RedisUrl;
use crate::deadline::Deadline;
use crate::worker::InWorker;

/// One process's connection to Redis. Whatever fails is as if there were no Redis, for a while.
pub struct Redis {
    url: RedisUrl,
    connection: Option<Connection>,
    /// After a failure Redis is left alone until then.
    sulking: Option<Deadline>,
}

/// Redis did not answer in time, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

impl Redis {
    /// Connects on first use.
    #[must_use]
    pub fn new(_: &InWorker, url: RedisUrl) -> Self {
        Self {
            url,
            connection: None,
            sulking: None,
        }
    }

    /// The answer kept under a key.
    pub fn find(&mut self, key: Key, deadline: Deadline) -> Result<Option<Answer>, Unavailable> {
        let bytes: Option<Vec<u8>> = self.with(deadline, |connection| connection.get(name(key)))?;
        Ok(bytes
            .and_then(|bytes| Packed::from_bytes(&bytes))
            .and_then(|packed| packed.answer()))
    }

    /// Keeps an answer.
    pub fn store(
        &mut self,
        key: Key,
        answer: &Answer,
        ttl: Duration,
        deadline: Deadline,
    ) -> Result<(), Unavailable> {
        let Some(packed) = Packed::new(answer) else {
            return Ok(());
        };
        self.with(deadline, |connection| {
            connection.set_ex(name(key), packed.as_bytes(), ttl.as_secs())
        })
    }

    fn with<T>(
        &mut self,
        deadline: Deadline,
        work: impl FnOnce(&mut Connection) -> Result<T, RedisError>,
    ) -> Result<T, Unavailable> {
        let now = Instant::now();
        if self.sulking.is_some_and(|until| !until.is_over(now)) {
            return Err(Unavailable);
        }
        let patience = deadline
            .left(now)
            .map(|left| PATIENCE.min(left / 4))
            .filter(|span| *span >= SHORTEST);
        let outcome = patience.ok_or(Unavailable).and_then(|patience| {
            let mut connection = self
                .connection
                .take()
                .map_or_else(|| self.connect(patience), Ok)?;
            let timeouts = connection
                .set_read_timeout(Some(patience))
                .and_then(|()| connection.set_write_timeout(Some(patience)));
            let value = timeouts
                .and_then(|()| work(&mut connection))
                .map_err(|_| Unavailable)?;
            // Only a connection without a pending answer is kept.
            self.connection = Some(connection);
            Ok(value)
        });
        self.sulking = outcome.as_ref().err().map(|_| Deadline::after(now, SULK));
        outcome
    }

    fn connect(&self, patience: Duration) -> Result<Connection, Unavailable> {
        let client = redis::Client::open(self.url.connection().clone()).map_err(|_| Unavailable)?;
        client
            .get_connection_with_timeout(patience)
            .map_err(|_| Unavailable)
    }
}

fn name(key: Key) -> String {
    format!("nol:{:032x}", u128::from_be_bytes(key.to_bytes()))
}

/// A call waits for Redis no longer than this, nor than a quarter of what is left of its deadline.
const PATIENCE: Duration = Duration::from_millis(10);
const SHORTEST: Duration = Duration::from_millis(1);

/// How long a Redis that failed is left alone.
const SULK: Duration = Duration::from_secs(2);
