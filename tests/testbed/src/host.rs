// SPDX-License-Identifier: GPL-2.0-or-later
//! The interface of the tests to a SIP server, Kamailio or `OpenSIPS`.
use std::{
    collections::BTreeMap,
    fmt, fs,
    net::SocketAddr,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Build, Kamailio, Log, Port, Result, Setup, Stage, launch,
    process::{Process, Resource},
    sip::{self, Transport},
};

/// One server of one version, and the module built for it.
pub trait Server: Send + Sync {
    /// The name in the names of tests, e.g. `kamailio`.
    fn name(&self) -> &str;

    /// The kind of server.
    fn product(&self) -> Product;

    /// What is missing on this machine to run it, and how to get it.
    fn missing(&self, build: Build) -> Option<String>;

    /// Whether it has this module of its own.
    fn has(&self, module: &str) -> bool;

    /// Where our module for it is.
    fn stage(&self) -> &Stage;

    /// This server, if it is a Kamailio.
    fn as_kamailio(&self) -> Option<&Kamailio> {
        None
    }

    /// Those of `modules` that are not installed.
    fn absent<'a>(&self, modules: &mut dyn Iterator<Item = &'a str>) -> Vec<&'a str> {
        modules.filter(|name| !self.has(name)).collect()
    }

    /// The file of our module that it loads.
    fn module(&self, build: Build) -> Option<PathBuf> {
        self.stage().module(build)
    }

    /// Lets the server check a configuration without running it. Returns its output, as an error if it refuses.
    fn parse(&self, configuration: &str) -> Result<String>;

    /// Starts the server without waiting for it.
    fn launch(&self, setup: &Setup) -> Result<Host>;

    /// Starts the server and waits until it answers.
    fn start(&self, setup: &Setup) -> Result<Host> {
        self.launch(setup)?.started(setup.patience)
    }

    /// Starts the server with a configuration that it must refuse, and returns its log. An error if it runs.
    fn refuse(&self, setup: &Setup) -> Result<Log> {
        let mut host = self.launch(setup)?;
        match host.process.wait(setup.patience) {
            Some(status) if !status.success() => Ok(host.log.clone()),
            Some(_) => {
                Err(format!("the server ended without an error\n{}", host.log.tail()).into())
            }
            None => Err(format!("the server runs with it\n{}", host.log.tail()).into()),
        }
    }
}

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Kamailio.
    Kamailio,
    /// `OpenSIPS`.
    OpenSips,
}

/// The control interface of a running server: RPC or MI.
pub(crate) trait Control: fmt::Debug + Send + Sync {
    /// See [`Host::command`].
    fn command(&self, name: &str, arguments: &[&str]) -> Result<String>;

    /// See [`Host::statistics`].
    fn statistics(&self) -> Result<BTreeMap<String, i64>>;

    /// See [`Host::version`].
    fn version(&self) -> Result<String>;

    /// See [`Host::kill`].
    fn kill(&self) -> Result<()>;

    /// See [`Host::reload_routes`].
    fn reload_routes(&self) -> Result<()>;
}

/// The beginning of the error if a server could not end because of a fault of its own. Kamailio kills its processes at any point, and
/// then takes the timers' lock. It waits for ever if a killed process had that lock. All other processes have ended by then.
pub const LOCKED_UP: &str = "the server waits for a lock that one of its processes died with";

/// A running server. It ends when this is dropped. Fields are dropped in order: the process before its directory and its port.
#[derive(Debug)]
pub struct Host {
    pub(crate) log: Log,
    pub(crate) process: Process,
    pub(crate) control: Box<dyn Control>,
    pub(crate) home: TempDir,
    pub(crate) port: Port,
}

impl Host {
    /// Where it listens, for UDP and TCP alike.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Runs a command of our module, e.g. `status`, and gives the fields of its answer, each as a line with `name: value`.
    pub fn command(&self, name: &str, arguments: &[&str]) -> Result<String> {
        self.control.command(name, arguments)
    }

    /// The statistics of our module, as the server's own framework has them.
    pub fn statistics(&self) -> Result<BTreeMap<String, i64>> {
        self.control.statistics()
    }

    /// The version that the server itself reports.
    pub fn version(&self) -> Result<String> {
        self.control.version()
    }

    /// Tells it to end, by its control interface.
    pub fn kill(&self) -> Result<()> {
        self.control.kill()
    }

    /// Changes a part of its routing script and lets it read the script again. Then every process has the new one. An error for
    /// servers that cannot reload a script.
    pub fn reload_routes(&self, from: &str, to: &str) -> Result<()> {
        let file = launch::configuration(self.home.path());
        let script = fs::read_to_string(&file)?;
        fs::write(&file, script.replace(from, to))?;
        self.control.reload_routes()
    }

    /// Its processes.
    pub fn pids(&self) -> Result<Vec<u32>> {
        self.process.pids()
    }

    /// Limits a resource of each of its processes to the current use.
    pub fn limit(&self, resource: Resource) -> Result<()> {
        self.process.limit(resource)
    }

    /// How many threads its processes have, all together.
    pub fn threads(&self) -> Result<usize> {
        self.process.threads()
    }

    /// The longest time since its first answer that one of its processes waited for a CPU. No deadline can be met meanwhile.
    pub fn starved(&self) -> Result<Duration> {
        self.process.starved()
    }

    /// An error with the end of the log if the server died, or if one of its workers did.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.process.exited() {
            return Err(format!("the server died: {status}\n{}", self.log.tail()).into());
        }
        if let Some(line) = self.died() {
            return Err(format!("a worker died: {line}\n{}", self.log.tail()).into());
        }
        match sip::ping(Transport::Udp, self.address(), Duration::from_secs(2)) {
            Ok(_) => Ok(()),
            Err(e) => Err(format!("the server no longer answers: {e}\n{}", self.log.tail()).into()),
        }
    }

    /// Ends the server and checks that it ended without an error.
    pub fn stop(mut self) -> Result<()> {
        // See LOCKED_UP. A worker that has just replied sets the timer of its transaction.
        let end = Instant::now() + Duration::from_millis(500);
        while !self.process.idle()? && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        if self.process.ask_to_end().is_none() && self.process.is_locked_up()? {
            return Err(format!("{LOCKED_UP}\n{}", self.log.tail()).into());
        }
        match self.process.stop() {
            Some(status) if status.success() && self.died().is_none() => Ok(()),
            Some(status) => {
                Err(format!("the server ended badly: {status}\n{}", self.log.tail()).into())
            }
            None => Err(format!("the server had to be killed\n{}", self.log.tail()).into()),
        }
    }

    /// Waits until it answers.
    pub(crate) fn started(mut self, patience: Duration) -> Result<Self> {
        self.wait_until_it_answers(patience)?;
        self.process.has_started()?;
        Ok(self)
    }

    fn wait_until_it_answers(&mut self, patience: Duration) -> Result<()> {
        let end = Instant::now() + patience;
        loop {
            if let Some(status) = self.process.exited() {
                return Err(
                    format!("the server did not start: {status}\n{}", self.log.tail()).into(),
                );
            }
            // Both servers fork for UDP first and for TCP last. A child that is not in its loop yet would miss a SIGTERM.
            let answers = Transport::ALL.iter().all(|transport| {
                sip::ping(*transport, self.address(), Duration::from_millis(50)).is_ok()
            });
            if answers && self.process.idle()? {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(2));
            if Instant::now() > end {
                return Err(format!("the server does not answer\n{}", self.log.tail()).into());
            }
        }
    }

    /// After the death of a worker by a signal the server ends, but not at once. Both servers log the same text.
    fn died(&self) -> Option<String> {
        let text = self.log.text();
        let line = text
            .lines()
            .find(|line| line.contains("exited by a signal"))?;
        Some(line.to_owned())
    }
}
