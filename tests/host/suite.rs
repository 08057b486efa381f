// SPDX-License-Identifier: GPL-2.0-or-later
//! State shared by the trials, and how a trial runs.
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Completion, Failed, Trial};
use tempfile::TempDir;
use testbed::{
    Authority, Build, Flaw, Identity, Netns, Product, RedisServer, Result, Server, Sipp, interface,
};

use crate::{
    bench::Bench,
    latency::Latencies,
    names,
    record::Record,
    repetition::{ATTEMPTS, reason},
    stalls::Stalls,
    subject::Subject,
    versions::{self, Absent},
};

/// The deadline of a case that is expected to run into it, in milliseconds.
pub(crate) const SHORT: i64 = 300;

/// The deadline of all other cases: a busy machine must not turn an answer into a timeout.
pub(crate) const LONG: i64 = 2000;

/// The servers, and values that all trials share.
pub(crate) struct Suite {
    servers: Vec<Arc<dyn Server>>,
    absent: Vec<Absent>,
    authority: Authority,
    home: TempDir,
    logs: PathBuf,
    latencies: Latencies,
    parameters: Vec<String>,
    unfinished: AtomicUsize,
    stalls: Stalls,
    record: Record,
    /// Held by the one trial that is being repeated.
    repetitions: Mutex<()>,
}

/// A requirement of a trial.
#[derive(Clone, Copy, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "requirements that have nothing to do with each other"
)]
pub(crate) struct Needs {
    /// A build of the module.
    pub(crate) build: Build,
    /// A network namespace.
    pub(crate) netns: bool,
    /// A Redis.
    pub(crate) redis: bool,
    /// `SIPp`.
    pub(crate) sipp: bool,
    /// A parameter that not every build knows.
    pub(crate) parameter: Option<&'static str>,
    /// A module of the server's own that may not be installed.
    pub(crate) module: Option<&'static str>,
    /// Every module of the server's own that the project's configurations load.
    pub(crate) shipped: bool,
}

impl Needs {
    /// What the project's configurations need.
    pub(crate) fn shipped() -> Self {
        Self {
            shipped: true,
            ..Self::default()
        }
    }
}

impl Suite {
    /// Looks for servers and makes a certificate authority.
    pub(crate) fn new() -> Result<Self> {
        let stage = env::var_os("NOL_STAGE").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/stage"),
            PathBuf::from,
        );
        let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host-logs");
        // Logs of an earlier run would be taken for those of this one.
        let _ = fs::remove_dir_all(&logs);
        fs::create_dir_all(&logs)?;
        let home = tempfile::Builder::new().prefix("nol-host-").tempdir()?;
        let authority = Authority::new()?;
        authority.write(&home.path().join("ca.pem"))?;
        let (servers, absent) = versions::find(&stage);
        Ok(Self {
            servers,
            absent,
            authority,
            home,
            logs,
            latencies: Latencies::default(),
            parameters: interface::parameters()?,
            unfinished: AtomicUsize::new(0),
            stalls: Stalls::new(),
            record: Record::default(),
            repetitions: Mutex::default(),
        })
    }

    /// Versions that are not unpacked.
    pub(crate) fn absent(&self) -> &[Absent] {
        &self.absent
    }

    /// Every other server that the trials are for, there or not.
    pub(crate) fn servers(&self) -> &[Arc<dyn Server>] {
        &self.servers
    }

    /// One line for each server that is not there.
    pub(crate) fn say_what_is_missing(&self) {
        for absent in &self.absent {
            say(&format!("{absent}\n"));
        }
        for server in &self.servers {
            if let Some(what) = server.missing(Build::Release) {
                say(&format!("{}: skipped, needs {what}\n", server.name()));
            }
        }
        if let Some(what) = Netns::missing() {
            say(&format!("network namespaces: skipped, need {what}\n"));
        }
        if let Some(what) = RedisServer::missing() {
            say(&format!("Redis: skipped, needs {what}\n"));
        }
        if let Some(what) = Sipp::missing() {
            say(&format!("SBCs: skipped, need {what}\n"));
        }
    }

    /// What is said at the end of a run.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Detects stalls of the machine.
    pub(crate) fn stalls(&self) -> &Stalls {
        &self.stalls
    }

    /// The time that each call took.
    pub(crate) fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// Where the servers' logs are.
    pub(crate) fn logs(&self) -> &Path {
        &self.logs
    }

    /// A file of the suite's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Who issues the certificates.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A certificate for the names by which the API is called.
    pub(crate) fn identity(&self, flaw: Flaw) -> Result<Identity> {
        self.authority
            .identity(&["localhost", "127.0.0.1", "::1", names::HOST], flaw)
    }

    /// Waits until every other trial is over.
    pub(crate) fn wait_for_the_others(&self) {
        while self.unfinished.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether this build of the module has a parameter.
    pub(crate) fn knows(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|name| name == parameter)
    }

    fn lacks(&self, server: &dyn Server, needs: Needs) -> Option<String> {
        if let Some(what) = server.missing(needs.build) {
            return Some(what);
        }
        if let Some(what) = needs.netns.then(Netns::missing).flatten() {
            return Some(format!("{what}, for a network namespace"));
        }
        if let Some(what) = needs.redis.then(RedisServer::missing).flatten() {
            return Some(what);
        }
        if let Some(what) = needs.sipp.then(Sipp::missing).flatten() {
            return Some(what);
        }
        if let Some(module) = needs.module.filter(|module| !server.has(module)) {
            return Some(format!("{module}.so of {}", server.name()));
        }
        if let Some(what) = needs.shipped.then(|| lacks_shipped(server)).flatten() {
            return Some(what);
        }
        let parameter = needs.parameter?;
        (!self.knows(parameter)).then(|| format!("the parameter {parameter}"))
    }

    /// A trial on `subject`, called `subject/name`.
    pub(crate) fn trial(
        self: &Arc<Self>,
        subject: &Subject,
        name: &str,
        needs: Needs,
        body: impl Fn(&Bench) -> Result<()> + Send + Sync + 'static,
    ) -> Trial {
        let name = format!("{}/{name}", subject.name());
        let bench = Bench {
            suite: Arc::clone(self),
            server: Arc::clone(&subject.server),
            form: subject.form,
            name: name.clone(),
            netns: None,
        };
        let ticket = Ticket::new(self);
        Trial::ignorable_test(name, move || {
            let _ticket = ticket;
            let suite = Arc::clone(&bench.suite);
            if let Some(what) = suite.lacks(&*bench.server, needs) {
                return Ok(Completion::ignored_with(format!("needs {what}")));
            }
            let start = Instant::now();
            let outcome = suite.attempt(&bench.name, || {
                if needs.netns {
                    bench.inside(&body)
                } else {
                    body(&bench)
                }
            });
            suite.record.took(&bench.name, start.elapsed());
            outcome
                .map(|()| Completion::Completed)
                .map_err(Failed::from)
        })
    }
}

impl Suite {
    /// Runs a trial, and again if its failure proves nothing about the module: see [`reason`].
    fn attempt(&self, name: &str, trial: impl Fn() -> Result<()>) -> Result<()> {
        let mut turn = None;
        for _ in 1..ATTEMPTS {
            let start = Instant::now();
            let failure = match trial() {
                Ok(()) => return Ok(()),
                Err(trouble) => trouble.to_string(),
            };
            let Some(reason) = reason(&failure, || self.stalls.stalled_since(start)) else {
                return Err(failure.into());
            };
            self.record.repeated(name, reason, &failure);
            // Together, repeated trials would stall each other again.
            turn.get_or_insert_with(|| {
                let repetitions = self.repetitions.lock();
                repetitions.unwrap_or_else(PoisonError::into_inner)
            });
            self.stalls.wait_for_calm();
        }
        trial()
    }
}

/// The modules of its own that a server has not, of those that the project's configurations load.
fn lacks_shipped(server: &dyn Server) -> Option<String> {
    let directory = match server.product() {
        Product::Kamailio => "kamailio-cfg",
        Product::OpenSips => "opensips-cfg",
    };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    // The trial reports a file that cannot be read.
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let text: String = files
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .collect();
    let mut loaded: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("loadmodule \"")?
                .strip_suffix(".so\"")
        })
        .filter(|name| *name != OURS)
        .collect();
    loaded.sort_unstable();
    loaded.dedup();
    let absent = server.absent(&mut loaded.into_iter());
    (!absent.is_empty()).then(|| format!("{}.so of {}", absent.join(".so, "), server.name()))
}

/// This module, which is not part of a server.
const OURS: &str = "numbers_online";

/// Counts a trial as over when it goes: after its run, even if it panics, and also if it is filtered out.
struct Ticket(Arc<Suite>);

impl Ticket {
    fn new(suite: &Arc<Suite>) -> Self {
        suite.unfinished.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(suite))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.unfinished.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Writes to the terminal, in addition to the report of the harness.
pub(crate) fn say(text: &str) {
    // A closed terminal is no reason to fail.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
