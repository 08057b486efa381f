// SPDX-License-Identifier: GPL-2.0-or-later
//! The description of a server's start, for Kamailio and `OpenSIPS`.
use std::{path::PathBuf, time::Duration};

/// Which build of the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Build {
    /// The one that users get.
    #[default]
    Release,
    /// With the feature `deliberate-panic`.
    Panic,
    /// None: the script uses the values of [`Setup::stand_in`] as the decision.
    StandIn,
}

/// How the script calls the module's function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The worker waits for the decision.
    #[default]
    Sync,
    /// The worker handles other requests, and another route is resumed with the decision.
    Async,
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
    /// The values of our module's parameter `profile`.
    pub profiles: Vec<String>,
    /// The profile that the script names, a constant or with variables.
    pub profile: Option<String>,
    /// Added to the environment.
    pub env: Vec<(String, String)>,
    /// The build of our module to load.
    pub build: Build,
    /// SIP workers per transport.
    pub children: usize,
    /// What the configuration begins with, in the server's own language.
    pub globals: String,
    /// Other modules of the server to load, before ours.
    pub modules: Vec<String>,
    /// Other modules of the server to load, after ours.
    pub later: Vec<String>,
    /// Parameters of other modules: module, parameter, value.
    pub foreign: Vec<(String, String, Value)>,
    /// How our function is called.
    pub form: Form,
    /// The AVPs of a script without the module, names without the prefix. `rc` is the return code of its decision.
    pub stand_in: Vec<(String, Value)>,
    /// Statements in which the script begins with each call, in words that both servers know.
    pub prelude: String,
    /// Whether the script replies by `numbers_online_reply()`. If that sends nothing the script replies 200 with `X-NOL-sent`.
    pub replies: bool,
    /// Whether the script logs each change of state, as `state is NAME, call is nol_rc`.
    pub hears_state: bool,
    /// The routes in the server's own language, in place of the testbed's, which answers each request with the AVPs in headers.
    pub routes: Option<String>,
    /// Further words of the server's command line, such as `-m 10`; of two options of one name the later one counts.
    pub options: Vec<String>,
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
            profiles: Vec::new(),
            profile: None,
            env: Vec::new(),
            build: Build::Release,
            children: 2,
            globals: String::new(),
            modules: Vec::new(),
            later: Vec::new(),
            foreign: Vec::new(),
            form: Form::Sync,
            stand_in: Vec::new(),
            prelude: String::new(),
            replies: false,
            hears_state: false,
            routes: None,
            options: Vec::new(),
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

    /// Gives a profile.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profiles.push(profile.into());
        self
    }

    /// Sets a variable of the server's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Does not load the module. The script decides by itself, with this AVP.
    #[must_use]
    pub fn stand_in(mut self, avp: &str, value: impl Into<Value>) -> Self {
        self.build = Build::StandIn;
        self.stand_in.push((avp.to_owned(), value.into()));
        self
    }
}
