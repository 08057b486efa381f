// SPDX-License-Identifier: GPL-2.0-or-later
//! `SIPp`, which plays a scenario against a server.
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    time::Duration,
};

use crate::{Log, Port, Result, process::Process, sip::Transport};

/// How long the program may take to end.
const GRACE: Duration = Duration::from_secs(15);

/// The program.
#[derive(Clone, Copy, Debug)]
pub struct Sipp;

impl Sipp {
    /// What is missing on this machine to run it, and how to get it.
    #[must_use]
    pub fn missing() -> Option<String> {
        Command::new("sipp")
            .arg("-v")
            .output()
            .err()
            .map(|_| "sipp (apt-get install sip-tester)".to_owned())
    }

    /// Plays a scenario once, over UDP or TCP, for `limit` at most. An error, with what `SIPp` said, if a message is not as the scenario wants it. The
    /// output is kept in a log called `name`.
    pub fn play(
        scenario: &Path,
        transport: Transport,
        server: SocketAddr,
        logs: &Path,
        name: &str,
        limit: Duration,
    ) -> Result<()> {
        let port = Port::reserve(Ipv4Addr::LOCALHOST.into())?;
        let (log, sink) = Log::new(logs, &format!("{name}-sipp"))?;
        let local = port.address();
        let mode = match transport {
            Transport::Udp => "u1",
            Transport::Tcp => "t1",
        };
        let words = [
            "sipp",
            &server.to_string(),
            "-sf",
            &scenario.display().to_string(),
            "-t",
            mode,
            "-i",
            &local.ip().to_string(),
            "-p",
            &local.port().to_string(),
            // One call.
            "-m",
            "1",
            "-timeout",
            &format!("{}s", limit.as_secs()),
            "-timeout_error",
            "-nostdin",
            "-nd",
        ]
        .map(str::to_owned);
        let mut process = Process::start(&words, &[], &sink)?;
        match process.wait(limit + GRACE) {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("sipp: {status}\n{}", log.tail()).into()),
            None => Err(format!("sipp does not end\n{}", log.tail()).into()),
        }
    }
}
