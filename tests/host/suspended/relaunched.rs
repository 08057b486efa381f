// SPDX-License-Identifier: GPL-2.0-or-later
//! A Kamailio that is started once more in another way than the testbed starts its servers: without standard error, for instance.
use std::{
    fs,
    net::SocketAddr,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use testbed::{
    Result,
    sip::{self, Transport},
};

use crate::{
    bench::{Bench, Running},
    calls::SOON,
};

/// The option that sends the log to standard error. Without it the configuration does not send it there either.
pub(super) const TO_STDERR: &str = "-E";

/// It ends with this.
pub(super) struct Relaunched {
    pub(super) child: Child,
    address: SocketAddr,
}

impl Relaunched {
    /// Ends a server and starts it again, where it was, with other words before and without some of its options.
    pub(super) fn start(
        bench: &Bench,
        server: Running,
        before: &[&str],
        without: &[&str],
        stderr: Stdio,
    ) -> Result<Self> {
        let address = server.host.address();
        let main = server.host.pids()?.into_iter().min().ok_or("no process")?;
        let words = of_process(main, "cmdline")?;
        let variables = of_process(main, "environ")?;
        // Its directory goes with it.
        let home = value_of(&words, "-w")?;
        let file = value_of(&words, "-f")?;
        let new_home = bench.suite.file(&format!("relaunched-{}", address.port()));
        fs::create_dir_all(&new_home)?;
        let new_home = new_home.display().to_string();
        let moved = |text: &str| text.replace(home.as_str(), &new_home);
        let mut text = moved(&fs::read_to_string(&file)?);
        if without.contains(&TO_STDERR) {
            text = text.replace("log_stderror=yes", "log_stderror=no");
        }
        fs::write(moved(&file), text)?;
        server.finish()?;

        let mut all: Vec<String> = before.iter().map(|word| (*word).to_owned()).collect();
        all.extend(
            words
                .iter()
                .filter(|word| !without.contains(&word.as_str()))
                .map(|word| moved(word)),
        );
        let (program, options) = all.split_first().ok_or("no program")?;
        let mut command = Command::new(program);
        command.args(options).env_clear();
        command.envs(variables.iter().filter_map(|line| line.split_once('=')));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr);
        command.process_group(0);
        let relaunched = Self {
            child: command.spawn()?,
            address,
        };
        relaunched.wait()?;
        Ok(relaunched)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait(&self) -> Result<()> {
        let end = Instant::now() + 2 * SOON;
        while sip::ping(Transport::Udp, self.address, Duration::from_millis(200)).is_err() {
            if Instant::now() > end {
                return Err("the server does not come back".into());
            }
        }
        Ok(())
    }
}

impl Drop for Relaunched {
    fn drop(&mut self) {
        // The whole group: what fails is gone.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

fn of_process(pid: u32, file: &str) -> Result<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/{file}"))?;
    let text = String::from_utf8(bytes)?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

fn value_of(words: &[String], option: &str) -> Result<String> {
    let place = words.iter().position(|word| word == option);
    let value = place.and_then(|place| words.get(place + 1));
    Ok(value.ok_or("no such option")?.clone())
}
