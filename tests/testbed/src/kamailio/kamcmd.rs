// SPDX-License-Identifier: GPL-2.0-or-later
//! Kamailio's RPC, by its own command.
use std::{collections::BTreeMap, path::PathBuf, process::Command};

use crate::{Result, host::Control};

/// One `kamcmd` for one server.
#[derive(Debug)]
pub(super) struct Kamcmd {
    /// The command that starts it.
    pub(super) program: Vec<String>,
    /// Where the server's module ctl listens.
    pub(super) socket: PathBuf,
}

impl Kamcmd {
    fn ask(&self, words: &[&str]) -> Result<String> {
        let socket = format!("unix:{}", self.socket.display());
        let (program, options) = self.program.split_first().ok_or("no kamcmd")?;
        let output = Command::new(program)
            .args(options)
            .args(["-s", &socket])
            .args(words)
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("kamcmd {}: {said}", words.join(" ")).into())
    }
}

impl Control for Kamcmd {
    fn command(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let name = format!("numbers_online.{name}");
        // Without the prefix it would parse a telephone number as an integer.
        let typed = arguments.iter().map(|argument| {
            if argument.starts_with('+') {
                format!("s:{argument}")
            } else {
                (*argument).to_owned()
            }
        });
        let words: Vec<String> = [name].into_iter().chain(typed).collect();
        self.ask(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn statistics(&self) -> Result<BTreeMap<String, i64>> {
        let answer = self.ask(&["stats.get_statistics", "numbers_online:"])?;
        let statistic = |line: &str| {
            let (name, value) = line.strip_prefix("numbers_online:")?.split_once(" = ")?;
            Some((name.to_owned(), value.trim().parse().ok()?))
        };
        Ok(answer.lines().filter_map(statistic).collect())
    }

    fn version(&self) -> Result<String> {
        self.ask(&["core.version"])
    }

    fn kill(&self) -> Result<()> {
        self.ask(&["core.kill"]).map(drop)
    }

    fn reload_routes(&self) -> Result<()> {
        Err("Kamailio reads its routes only once".into())
    }
}
