// SPDX-License-Identifier: GPL-2.0-or-later
//! A child process that does not outlive its guard.
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::{Result, lock};

/// How long a server may take to end on request.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a process may run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Descriptors: open ones stay open, and no further one can be opened.
    Descriptors,
    /// Address space, which threads need for their stacks too. So many bytes are left.
    AddressSpace(u64),
}

/// A server's main process, leader of its own process group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// How long each process had waited for a CPU when the time of the tests began, in nanoseconds.
    waited: BTreeMap<PathBuf, u64>,
}

impl Process {
    /// Starts `words` with everything it prints going to `log`.
    pub(crate) fn start(words: &[String], env: &[(String, String)], log: &File) -> Result<Self> {
        // If this program dies without unwinding (Ctrl-C), the kernel tells the child.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).args(words);
        // Cargo sets it to the directory of a debug build. That library would have priority over the one beside the module.
        command.env_remove("LD_LIBRARY_PATH");
        command.envs(env.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?);
        command.process_group(0);
        let child = spawn(command).map_err(|e| format!("cannot start {}: {e}", words.join(" ")))?;
        Ok(Self {
            child,
            waited: BTreeMap::new(),
        })
    }

    /// The exit status, if the process is gone already.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.exited() {
                return Some(status);
            }
            if Instant::now() > end {
                return None;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether only the main process is left, and waits for a lock.
    pub(crate) fn is_locked_up(&self) -> Result<bool> {
        let pid = self.child.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let sleeps_in = fs::read_to_string(format!("/proc/{pid}/wchan"))?;
        let is_alone = children.trim().is_empty() && self.members()?.len() == 1;
        Ok(is_alone && sleeps_in.contains("futex"))
    }

    /// Asks the process to end, and waits for that. `None`: it did not.
    pub(crate) fn ask_to_end(&mut self) -> Option<ExitStatus> {
        if self.exited().is_none() {
            // An error means that it has ended, which the wait detects.
            let _ = kill_process(self.pid(), Signal::TERM);
        }
        self.wait(FAREWELL)
    }

    /// The same, then kills it. `None`: it had to be killed.
    pub(crate) fn stop(&mut self) -> Option<ExitStatus> {
        let status = self.ask_to_end();
        // Also after an orderly end: a worker may have been left behind by a dead main process.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        if status.is_none() {
            let _ = self.child.wait();
        }
        status
    }

    /// The ids of the process group.
    pub(crate) fn pids(&self) -> Result<Vec<u32>> {
        let pid = |(path, _): &(PathBuf, char)| path.file_name()?.to_str()?.parse().ok();
        Ok(self.members()?.iter().filter_map(pid).collect())
    }

    /// Limits a resource of each process of the group to the current use.
    pub(crate) fn limit(&self, resource: Resource) -> Result<()> {
        for pid in self.pids()? {
            let (name, most) = match resource {
                Resource::Descriptors => ("nofile", 3),
                Resource::AddressSpace(left) => {
                    let pages = fs::read_to_string(format!("/proc/{pid}/statm"))?;
                    let pages = pages.split_whitespace().next().unwrap_or_default();
                    let bytes = pages.parse::<u64>()? * rustix::param::page_size() as u64;
                    ("as", bytes + left)
                }
            };
            let status = Command::new("prlimit")
                .arg(format!("--pid={pid}"))
                .arg(format!("--{name}={most}:{most}"))
                .status()?;
            if !status.success() {
                return Err(format!("prlimit of {name} failed for process {pid}").into());
            }
        }
        Ok(())
    }

    /// How many threads the process group has.
    pub(crate) fn threads(&self) -> Result<usize> {
        let tasks = |(path, _): &(PathBuf, char)| {
            fs::read_dir(path.join("task")).map_or(0, Iterator::count)
        };
        Ok(self.members()?.iter().map(tasks).sum())
    }

    /// Ends the start: [`Process::starved`] counts from here.
    pub(crate) fn has_started(&mut self) -> Result<()> {
        self.waited = self.waiting()?;
        Ok(())
    }

    /// The longest time that a process of the group waited for a CPU since the end of the start.
    pub(crate) fn starved(&self) -> Result<Duration> {
        let since = |(path, now): (PathBuf, u64)| {
            let before = self.waited.get(&path).copied().unwrap_or(0);
            now.saturating_sub(before)
        };
        let longest = self.waiting()?.into_iter().map(since).max();
        Ok(Duration::from_nanos(longest.unwrap_or(0)))
    }

    fn waiting(&self) -> Result<BTreeMap<PathBuf, u64>> {
        let waited = |(path, _): (PathBuf, char)| {
            let stat = fs::read_to_string(path.join("schedstat")).ok()?;
            // Nanoseconds on a CPU, nanoseconds waiting for one, number of turns.
            let waited = stat.split_whitespace().nth(1)?.parse().ok()?;
            Some((path, waited))
        };
        Ok(self.members()?.into_iter().filter_map(waited).collect())
    }

    /// Whether all processes of the group wait for something.
    pub(crate) fn idle(&self) -> Result<bool> {
        Ok(self.members()?.iter().all(|(_, state)| *state == 'S'))
    }

    /// The processes of the group: directory in /proc, and state.
    fn members(&self) -> Result<Vec<(PathBuf, char)>> {
        let group = self.child.id().to_string();
        let member = |path: PathBuf| {
            // A process that ended meanwhile has no file.
            let stat = fs::read_to_string(path.join("stat")).ok()?;
            // "pid (name) state parent group ...", where the name may hold anything.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?.chars().next()?;
            (fields.nth(1)? == group).then_some((path, state))
        };
        Ok(fs::read_dir("/proc")?
            .flatten()
            .filter_map(|entry| member(entry.path()))
            .collect())
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Starts a command from a thread that lives as long as this program, because `PR_SET_PDEATHSIG` watches the thread that
/// forked and not the process.
fn spawn(command: Command) -> io::Result<Child> {
    type Order = (Command, mpsc::Sender<io::Result<Child>>);
    static FORGE: OnceLock<Mutex<mpsc::Sender<Order>>> = OnceLock::new();
    let forge = FORGE.get_or_init(|| {
        let (orders, inbox) = mpsc::channel::<Order>();
        thread::spawn(move || {
            for (mut command, customer) in inbox {
                // If the receiver were gone the child would be dropped, not killed. That cannot happen, because it waits below.
                let _ = customer.send(command.spawn());
            }
        });
        Mutex::new(orders)
    });
    let (customer, delivery) = mpsc::channel();
    lock(forge)
        .send((command, customer))
        .map_err(io::Error::other)?;
    delivery.recv().map_err(io::Error::other)?
}
