// SPDX-License-Identifier: GPL-2.0-or-later
//! The second level of the cache: answers shared by several servers through Redis.

mod connection;
mod health;

use std::time::{Duration, Instant};

use redis::{FromRedisValue, Pipeline, Value};

use self::connection::Connection;
pub use self::health::RedisHealth;
use crate::answer::Answer;
use crate::cache::{Key, Packed};
use crate::config::RedisUrl;
use crate::deadline::Deadline;
use crate::os::process::InWorker;
use crate::resolver::Resolver;

/// The connection of one process to Redis. After a failure the process does without Redis for a while.
pub struct Redis {
    url: RedisUrl,
    resolver: Resolver,
    connection: Option<Connection>,
    /// The last request failed then.
    failed_at: Option<Instant>,
}

/// Why there is no answer of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// It was not asked: it failed a moment ago, or the call has no time left for it.
    NotAsked,
    /// It did not answer in time, or not at all.
    Silent,
}

impl Redis {
    /// Connects on first use.
    #[must_use]
    pub fn new(_: &InWorker, url: RedisUrl) -> Self {
        Self {
            url,
            resolver: Resolver::default(),
            connection: None,
            failed_at: None,
        }
    }

    /// Deletes the addresses of the server's name. The connection stays.
    pub fn forget_names(&self) {
        self.resolver.forget_names();
    }

    /// The answer stored under a key, and its remaining TTL.
    pub fn find(
        &mut self,
        key: Key,
        deadline: Deadline,
    ) -> Result<Option<(Answer, Duration)>, Unavailable> {
        let name = name(key);
        let mut commands = redis::pipe();
        commands.cmd("GET").arg(&name).cmd("PTTL").arg(&name);
        let values = self.ask(&commands, deadline, PAUSE)?;
        let Ok((bytes, left)) = <(Vec<u8>, i64)>::from_redis_value(Value::Array(values)) else {
            return Ok(None);
        };
        let answer = Packed::from_bytes(&bytes).and_then(|packed| packed.answer());
        // Others may write to Redis too.
        let answer = answer.filter(|answer| answer.treatment.may_reply(answer.reply.code));
        // Negative: the key has just expired, or was not written by this module, whose keys all have an expiry.
        Ok(answer.zip(u64::try_from(left).ok().map(Duration::from_millis)))
    }

    /// Stores an answer.
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
        let mut commands = redis::pipe();
        commands
            .cmd("SETEX")
            .arg(name(key))
            .arg(ttl.as_secs())
            .arg(packed.as_bytes());
        self.ask(&commands, deadline, PAUSE).map(drop)
    }

    /// Stores that numbers called an emergency number, and for how long that is remembered.
    pub fn store_callers(
        &mut self,
        callers: impl IntoIterator<Item = (Key, Duration)>,
        deadline: Deadline,
    ) -> Result<(), Unavailable> {
        let mut commands = redis::pipe();
        for (key, left) in callers {
            commands
                .cmd("SETEX")
                .arg(name(key))
                .arg(left.as_secs().max(1))
                .arg("1");
        }
        self.ask(&commands, deadline, Duration::ZERO).map(drop)
    }

    /// How long it will be remembered that each of these numbers called an emergency number. `None` if it did not.
    pub fn emergency_calls(
        &mut self,
        keys: impl IntoIterator<Item = Key>,
        deadline: Deadline,
    ) -> Result<Vec<Option<Duration>>, Unavailable> {
        let mut commands = redis::pipe();
        for key in keys {
            commands.cmd("PTTL").arg(name(key));
        }
        let values = self.ask(&commands, deadline, SHORT_PAUSE)?;
        let left = |value: &Value| match value {
            // The key does not exist (-2).
            Value::Int(..=-2) => None,
            Value::Int(left) => Some(Duration::from_millis(u64::try_from(*left).unwrap_or(0))),
            _ => None,
        };
        Ok(values.iter().map(left).collect())
    }

    /// Asks, unless the last request failed less than `pause` ago.
    fn ask(
        &mut self,
        commands: &Pipeline,
        deadline: Deadline,
        pause: Duration,
    ) -> Result<Vec<Value>, Unavailable> {
        let now = Instant::now();
        let is_recent = |failed_at| now.saturating_duration_since(failed_at) < pause;
        if self.failed_at.is_some_and(is_recent) {
            return Err(Unavailable::NotAsked);
        }
        let patience = deadline.left(now).map(|left| PATIENCE.min(left / 4));
        // With so little time left, a timeout is no sign that Redis fails.
        let patience = patience
            .filter(|span| *span >= SHORTEST)
            .ok_or(Unavailable::NotAsked)?;
        let until = Deadline::after(now, patience);
        // An idle connection may have been closed by Redis. Then a new one is tried.
        let kept = self.connection.take().filter(Connection::is_quiet);
        let outcome = kept
            .ok_or(Unavailable::Silent)
            .and_then(|connection| self.exchange(connection, commands, until))
            .or_else(|_| {
                let connection = Connection::connect(&self.url, &self.resolver, until)?;
                self.exchange(connection, commands, until)
            });
        self.failed_at = outcome.is_err().then_some(now);
        outcome
    }

    fn exchange(
        &mut self,
        mut connection: Connection,
        commands: &Pipeline,
        until: Deadline,
    ) -> Result<Vec<Value>, Unavailable> {
        let values = connection.ask(commands, until)?;
        // Only a connection without a pending answer is kept.
        self.connection = Some(connection);
        Ok(values)
    }
}

fn name(key: Key) -> String {
    format!("nol:{:032x}", u128::from_be_bytes(key.to_bytes()))
}

/// The longest wait of a call for Redis. A quarter of the time to its deadline is the other limit.
const PATIENCE: Duration = Duration::from_millis(10);
const SHORTEST: Duration = Duration::from_millis(1);

/// How long Redis is not asked for answers after a failure.
const PAUSE: Duration = Duration::from_secs(2);

/// How long it is not asked about emergency callers: more depends on that, and few calls wait for it.
pub(crate) const SHORT_PAUSE: Duration = Duration::from_millis(200);
