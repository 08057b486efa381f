// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests ask of a SIP server, whichever it is: one description, two servers.
use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{Log, Result};

/// One product: Kamailio or `OpenSIPS`, of one version, with our module built for it.
pub trait Server: Send + Sync {
    /// What the tests are named after, e.g. `kamailio`.
    fn name(&self) -> &str;

    /// What is missing on this machine to run it, and how to get it.
    fn missing(&self, build: Build) -> Option<String>;

    /// Whether it has this module of its own.
    fn has(&self, module: &str) -> bool;

    /// The file of our module that it loads.
    fn module(&self, build: Build) -> Option<PathBuf>;

    /// Lets the server check a configuration without running it. What it says, as an error if it refuses.
    fn parse(&self, configuration: &str) -> Result<String>;

    /// Starts the server and waits until it answers.
    fn start(&self, setup: &Setup) -> Result<Box<dyn Host>>;

    /// Starts the server with a configuration that it must refuse, and gives its log. An error if it runs all the same.
    fn refuse(&self, setup: &Setup) -> Result<Log>;
}

/// A running server. It goes with its guard.
pub trait Host {
    /// Where it listens, for UDP and TCP alike.
    fn address(&self) -> SocketAddr;

    /// What it wrote to its log.
    fn log(&self) -> &Log;

    /// Runs a command of its control interface (RPC or MI) and gives the answer as text.
    fn control(&self, words: &[&str]) -> Result<String>;

    /// How many threads its processes have, all together.
    fn threads(&self) -> Result<usize>;

    /// How long one of its processes was ready to run and had no CPU: no deadline can be kept meanwhile.
    fn starved(&self) -> Result<Duration>;

    /// An error with the end of the log if the server died, or if one of its workers did.
    fn check(&mut self) -> Result<()>;

    /// Ends the server and checks that it ended well.
    fn stop(self: Box<Self>) -> Result<()>;
}

/// Which build of the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// The one that users get.
    #[default]
    Release,
    /// With the feature `deliberate-panic`.
    Panic,
    /// None: [`Setup::decide`] says what the script does instead.
    StandIn,
}

/// The value of a module parameter, in the two types that both servers know.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// How a server is to be started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Names the log file.
    pub name: String,
    /// Where the log file is kept.
    pub logs: PathBuf,
    /// Our module's parameters.
    pub params: Vec<(String, Value)>,
    /// Added to the environment.
    pub env: Vec<(String, String)>,
    /// The build of our module to load.
    pub build: Build,
    /// SIP workers per transport.
    pub children: usize,
    /// Other modules of the server to load, before ours.
    pub modules: Vec<String>,
    /// Parameters of other modules: module, parameter, value.
    pub foreign: Vec<(String, String, Value)>,
    /// The script statements that make the decision; what they returned last counts as the function's result.
    pub decide: String,
    /// The routes in place of the testbed's own, which answers each request with the AVPs in headers.
    pub routes: Option<String>,
    /// The network namespace to run in.
    pub netns: Option<String>,
    /// How long the start may take.
    pub patience: Duration,
}

impl Setup {
    /// The module with its defaults and two workers per transport.
    pub fn new(name: impl Into<String>, logs: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            logs: logs.into(),
            params: Vec::new(),
            env: Vec::new(),
            build: Build::Release,
            children: 2,
            modules: Vec::new(),
            foreign: Vec::new(),
            decide: "numbers_online_decide();".to_owned(),
            routes: None,
            netns: None,
            patience: Duration::from_secs(10),
        }
    }

    /// Gives one parameter of our module, in place of what was given for it before.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.retain(|(given, _)| given != name);
        self.params.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a variable of the server's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }
}
