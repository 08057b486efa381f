// SPDX-License-Identifier: GPL-2.0-or-later
//! Kamailio's lookup process, a child of one of Kamailio's processes.
use std::{
    fs,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use testbed::{Host, Result};

use crate::calls::SOON;

/// A lookup process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Helper(u32);

impl Helper {
    /// The current one. Waits for it to start.
    pub(super) fn of(host: &Host) -> Result<Self> {
        Self::wait(host, None)
    }

    /// The one that comes after it.
    pub(super) fn successor(self, host: &Host) -> Result<Self> {
        Self::wait(host, Some(self.0))
    }

    pub(super) fn pid(self) -> u32 {
        self.0
    }

    pub(super) fn kill(self) -> Result<()> {
        self.signal("KILL")
    }

    /// Stops it, and waits until each of its threads stands still: until then one of them may still make a lookup.
    pub(super) fn stop(self) -> Result<()> {
        self.signal("STOP")?;
        let end = Instant::now() + SOON;
        while !self.stands_still()? {
            if Instant::now() > end {
                return Err("it does not stop".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn stands_still(self) -> Result<bool> {
        for task in fs::read_dir(format!("/proc/{}/task", self.0))? {
            // A thread that has just ended has no state.
            let stat = fs::read_to_string(task?.path().join("stat")).unwrap_or_default();
            if !stat.is_empty() && !stat.contains(") T ") {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Continues it after [`Helper::stop`].
    pub(super) fn resume(self) -> Result<()> {
        self.signal("CONT")
    }

    /// Whether it has ended by then.
    pub(super) fn is_gone(self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while Instant::now() < end {
            // A zombie has ended too.
            let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn signal(self, name: &str) -> Result<()> {
        let (option, pid) = (format!("-{name}"), self.0.to_string());
        let done = Command::new("kill").args([option, pid]).status()?;
        done.success()
            .then_some(())
            .ok_or_else(|| format!("cannot send {name} to {}", self.0).into())
    }

    /// A start that follows a death too soon waits for two seconds, and one that stands still is noticed after five.
    fn wait(host: &Host, other_than: Option<u32>) -> Result<Self> {
        let end = Instant::now() + 2 * SOON;
        loop {
            let found = host.pids()?.into_iter().flat_map(children).find(|pid| {
                let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                name.trim() == "nol-lookups" && Some(*pid) != other_than
            });
            match found {
                Some(pid) => return Ok(Self(pid)),
                None if Instant::now() > end => return Err("no process makes lookups".into()),
                None => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

fn children(pid: u32) -> Vec<u32> {
    let path = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
    let children = fs::read_to_string(path).unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}
