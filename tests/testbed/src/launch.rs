// SPDX-License-Identifier: GPL-2.0-or-later
//! How a server is started, and how it checks a configuration. All servers have this in common.
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{Host, Log, Netns, Port, Result, Setup, host::Control, process::Process};

/// A server before its start: a directory, a port and the description of the start.
pub(crate) struct Launch<'a> {
    setup: &'a Setup,
    home: TempDir,
    port: Port,
}

impl<'a> Launch<'a> {
    pub(crate) fn new(setup: &'a Setup) -> Result<Self> {
        Self::at(setup, Port::reserve(Ipv4Addr::LOCALHOST.into())?)
    }

    /// The same at a port that was reserved before.
    pub(crate) fn at(setup: &'a Setup, port: Port) -> Result<Self> {
        Ok(Self {
            setup,
            home: directory()?,
            port,
        })
    }

    /// Where the server is to listen, for UDP and TCP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The directory, removed with the server.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The file that its configuration will be in.
    pub(crate) fn configuration(&self) -> PathBuf {
        configuration(self.home())
    }

    /// Starts `words` with that configuration, without waiting. The environment of the description has priority over `env`.
    pub(crate) fn start(
        self,
        words: Vec<String>,
        env: &[(String, String)],
        text: &str,
        control: Box<dyn Control>,
    ) -> Result<Host> {
        fs::write(self.configuration(), text)?;
        let setup = self.setup;
        let mut command = setup.netns.as_deref().map(Netns::wrap).unwrap_or_default();
        command.extend(words);
        command.extend(setup.options.iter().cloned());
        let (log, sink) = Log::new(&setup.logs, &setup.name)?;
        let process = Process::start(&command, &[env, &setup.env].concat(), &sink)?;
        Ok(Host {
            log,
            process,
            control,
            home: self.home,
            port: self.port,
        })
    }
}

/// The configuration in a server's directory.
pub(crate) fn configuration(home: &Path) -> PathBuf {
    home.join("server.cfg")
}

/// A directory of a server's own.
pub(crate) fn directory() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("nol-server-").tempdir()?)
}

/// Runs a command that checks a configuration. Returns its output, as an error if it refuses.
pub(crate) fn check(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(said.into())
}
