// SPDX-License-Identifier: GPL-2.0-or-later
//! A real Redis as a guard, and enough of its protocol to read its data.
use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{Log, Port, Result, process::Process};

/// How long its start, or one answer, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A Redis that stores nothing on disk. It ends with its guard. Fields are dropped in order: the process before its directory and port.
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    _home: TempDir,
    port: Port,
}

/// An answer of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisReply {
    /// A string, or a status.
    Text(Vec<u8>),
    /// A number.
    Number(i64),
    /// No value.
    Nothing,
    /// Several answers.
    List(Vec<RedisReply>),
}

impl RedisServer {
    /// What is missing on this machine to run it, and how to get it.
    #[must_use]
    pub fn missing() -> Option<String> {
        Command::new("redis-server")
            .arg("--version")
            .output()
            .err()
            .map(|_| "redis-server (apt-get install redis-server)".to_owned())
    }

    /// Starts it on a loopback port, and waits until it answers. Its log is called `name`.
    pub fn start(logs: &Path, name: &str) -> Result<Self> {
        Self::at(Port::reserve(Ipv4Addr::LOCALHOST.into())?, logs, name)
    }

    /// The same on a given port.
    pub fn at(port: Port, logs: &Path, name: &str) -> Result<Self> {
        let address = port.address();
        let home = tempfile::Builder::new().prefix("nol-redis-").tempdir()?;
        let (log, sink) = Log::new(logs, &format!("{name}-redis"))?;
        let words = [
            // In production it has its own host, and the module waits only 10 ms for it. Without the privilege, `nice` starts it
            // with the normal priority.
            "nice",
            "-n",
            "-5",
            "redis-server",
            "--bind",
            &address.ip().to_string(),
            "--port",
            &address.port().to_string(),
            "--dir",
            &home.path().display().to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ]
        .map(str::to_owned);
        let mut redis = Self {
            process: Process::start(&words, &[], &sink)?,
            _home: home,
            port,
        };
        let end = Instant::now() + PATIENCE;
        while redis.ask(&["PING"]).is_err() {
            if let Some(status) = redis.process.exited() {
                return Err(format!("Redis did not start: {status}\n{}", log.tail()).into());
            }
            if Instant::now() > end {
                return Err(format!("Redis does not answer\n{}", log.tail()).into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(redis)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Ends it. Returns its port, which stays reserved.
    #[must_use]
    pub fn stop(self) -> Port {
        // The process and its directory go with the rest of it.
        self.port
    }

    /// `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Runs one command.
    pub fn ask(&self, words: &[&str]) -> Result<RedisReply> {
        let mut stream = TcpStream::connect_timeout(&self.address(), PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command.extend([&format!("${}\r\n", word.len()), *word, "\r\n"]);
        }
        stream.write_all(command.as_bytes())?;
        read(&mut BufReader::new(stream))
    }

    /// All keys.
    pub fn keys(&self) -> Result<Vec<String>> {
        match self.ask(&["KEYS", "*"])? {
            RedisReply::List(keys) => keys.into_iter().map(RedisReply::text).collect(),
            other => Err(format!("KEYS: {other:?}").into()),
        }
    }
}

impl RedisReply {
    /// The text, if it is one.
    pub fn text(self) -> Result<String> {
        match self {
            Self::Text(bytes) => Ok(String::from_utf8(bytes)?),
            other => Err(format!("no text: {other:?}").into()),
        }
    }

    /// The number, if it is one.
    pub fn number(self) -> Result<i64> {
        match self {
            Self::Number(number) => Ok(number),
            other => Err(format!("no number: {other:?}").into()),
        }
    }
}

/// Reads one answer (RESP2).
fn read(from: &mut impl BufRead) -> Result<RedisReply> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).ok_or("no answer")?;
    Ok(match kind {
        "+" => RedisReply::Text(rest.as_bytes().to_vec()),
        ":" => RedisReply::Number(rest.parse()?),
        "$" | "*" if rest == "-1" => RedisReply::Nothing,
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>()? + 2];
            from.read_exact(&mut bytes)?;
            bytes.truncate(bytes.len() - 2);
            RedisReply::Text(bytes)
        }
        "*" => RedisReply::List(
            (0..rest.parse::<usize>()?)
                .map(|_| read(from))
                .collect::<Result<_>>()?,
        ),
        _ => return Err(line.to_owned().into()),
    })
}
