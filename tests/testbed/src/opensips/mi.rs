// SPDX-License-Identifier: GPL-2.0-or-later
//! The management interface of `OpenSIPS`: JSON-RPC through named pipes.
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{CWD, Mode, OFlags, mkfifoat};
use serde_json::{Value, json};

use crate::{Result, host::Control};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pipes of one server.
#[derive(Debug)]
pub(super) struct Mi {
    fifo: PathBuf,
    replies: PathBuf,
    asked: AtomicU64,
}

impl Mi {
    /// Pipes below `directory`; the server makes the one that it reads.
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self {
            fifo: directory.join("mi"),
            replies: directory.to_owned(),
            asked: AtomicU64::new(0),
        }
    }

    /// What the server reads.
    pub(super) fn fifo(&self) -> &Path {
        &self.fifo
    }

    /// Where a caller's own pipe must be.
    pub(super) fn replies(&self) -> &Path {
        &self.replies
    }

    fn ask(&self, method: &str, params: &Value) -> Result<Value> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let name = format!("reply-{number}");
        let path = self.replies.join(&name);
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR)?;
        let reply = OpenOptions::new()
            .read(true)
            .custom_flags(nonblock())
            .open(&path)?;
        self.send(&name, method, params)?;
        let text = read(reply)?;
        let answer: Value = serde_json::from_str(&text)
            .map_err(|e| format!("the answer to {method} is no JSON ({e}): {text}"))?;
        match (answer.get("result"), answer.get("error")) {
            (Some(result), None) => Ok(result.clone()),
            (_, error) => Err(format!("{method}: {}", fields(error.unwrap_or(&answer))?).into()),
        }
    }

    fn send(&self, reply: &str, method: &str, params: &Value) -> Result<()> {
        let request = json!({ "jsonrpc": "2.0", "id": reply, "method": method, "params": params });
        // If the server has ended its pipe is closed, and this is an error instead of a long wait.
        let mut fifo = OpenOptions::new()
            .write(true)
            .custom_flags(nonblock())
            .open(&self.fifo)?;
        fifo.write_all(format!(":{reply}:{request}\n").as_bytes())?;
        Ok(())
    }
}

impl Control for Mi {
    fn command(&self, name: &str, arguments: &[&str]) -> Result<String> {
        fields(&self.ask(&format!("numbers_online:{name}"), &json!(arguments))?)
    }

    fn statistics(&self) -> Result<BTreeMap<String, i64>> {
        // One parameter, which is a list.
        let answer = self.ask("get_statistics", &json!([["numbers_online:"]]))?;
        let statistic = |(name, value): (&String, &Value)| {
            let name = name.strip_prefix("numbers_online:")?;
            Some((name.to_owned(), value.as_i64()?))
        };
        let found = answer.as_object().ok_or("no statistics")?;
        Ok(found.iter().filter_map(statistic).collect())
    }

    fn version(&self) -> Result<String> {
        fields(&self.ask("version", &json!([]))?)
    }

    fn kill(&self) -> Result<()> {
        // Without a pipe for the answer: the server may end before it answers.
        self.send("", "kill", &json!([]))
    }

    fn reload_routes(&self) -> Result<()> {
        self.ask("reload_routes", &json!([])).map(drop)
    }
}

/// Everything that the server writes until it closes the pipe.
fn read(mut pipe: File) -> Result<String> {
    let end = Instant::now() + PATIENCE;
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while Instant::now() < end {
        match pipe.read(&mut buffer) {
            // Not opened yet, or closed.
            Ok(0) if text.is_empty() => {}
            Ok(0) => return Ok(String::from_utf8_lossy(&text).into_owned()),
            Ok(read) => {
                text.extend_from_slice(&buffer[..read]);
                continue;
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => return Err(e.into()),
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err(format!("no answer within {PATIENCE:?}").into())
}

/// Each field as a line, at any depth.
fn fields(value: &Value) -> Result<String> {
    let mut text = String::new();
    write_fields(&mut text, "", value)?;
    Ok(text)
}

fn write_fields(text: &mut String, name: &str, value: &Value) -> Result<()> {
    match value {
        Value::Object(object) => object
            .iter()
            .try_for_each(|(name, value)| write_fields(text, name, value))?,
        Value::Array(list) => list
            .iter()
            .try_for_each(|value| write_fields(text, name, value))?,
        Value::String(value) => writeln!(text, "{name}: {value}")?,
        other => writeln!(text, "{name}: {other}")?,
    }
    Ok(())
}

fn nonblock() -> i32 {
    // Flags of open(2) are an int in C.
    OFlags::NONBLOCK.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_reads_like_a_list_of_fields() {
        let answer = json!({ "key": "present", "profiles": [{ "reloads": 0 }] });
        assert_eq!(fields(&answer).expect("text"), "key: present\nreloads: 0\n");
    }
}
