// SPDX-License-Identifier: GPL-2.0-or-later
//! A real Kamailio as a guard.
mod config;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    Build, Host, Log, Netns, Result, Server, Setup,
    gate::free_port,
    process::Process,
    sip::{self, Transport},
};

/// One installed or unpacked Kamailio, and the directories with our module for it.
#[derive(Clone, Debug)]
pub struct Kamailio {
    /// What the tests call it, e.g. `kamailio` or `kamailio-6.0`.
    pub name: String,
    /// The words that start it: the program, or a loader, its options and the program.
    pub program: Vec<String>,
    /// The words that start its `kamcmd`.
    pub kamcmd: Vec<String>,
    /// Where its own modules are.
    pub modules: PathBuf,
    /// The directory of our module, as users get it.
    pub stage: PathBuf,
    /// The directory of our module with the feature `deliberate-panic`.
    pub stage_panic: PathBuf,
}

impl Kamailio {
    /// The installed one, with our module in `stage/kamailio` and `stage/kamailio-panic`.
    #[must_use]
    pub fn installed(stage: &Path) -> Self {
        let tuples = ["x86_64-linux-gnu", "aarch64-linux-gnu"];
        let modules = tuples
            .map(|tuple| Path::new("/usr/lib").join(tuple).join("kamailio/modules"))
            .into_iter()
            .chain(
                [
                    "/usr/lib64/kamailio/modules",
                    "/usr/local/lib64/kamailio/modules",
                ]
                .map(PathBuf::from),
            )
            .find(|path| path.join("sl.so").exists())
            .unwrap_or_default();
        Self {
            name: "kamailio".to_owned(),
            program: vec!["kamailio".to_owned()],
            kamcmd: vec!["kamcmd".to_owned()],
            modules,
            stage: stage.join("kamailio"),
            stage_panic: stage.join("kamailio-panic"),
        }
    }

    fn directory(&self, build: Build) -> Option<&Path> {
        match build {
            Build::Release => Some(&self.stage),
            Build::Panic => Some(&self.stage_panic),
            Build::StandIn => None,
        }
    }

    fn launch(&self, setup: &Setup) -> Result<Running> {
        let home = tempfile::Builder::new().prefix("nol-kamailio-").tempdir()?;
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let address = SocketAddr::new(ip, free_port(ip)?);
        let module = self
            .directory(setup.build)
            .map(|path| path.join("numbers_online.so"));
        let text = config::text(
            setup,
            address,
            &self.modules,
            module.as_deref(),
            home.path(),
        )?;
        let file = home.path().join("kamailio.cfg");
        fs::write(&file, text)?;

        let mut words = setup.netns.as_deref().map(Netns::wrap).unwrap_or_default();
        words.extend(self.program.iter().cloned());
        let home_text = home.path().display().to_string();
        let file_text = file.display().to_string();
        let options = [
            "-DD", "-E", "-f", &file_text, "-Y", &home_text, "-w", &home_text,
        ];
        words.extend(options.map(str::to_owned));
        let (log, sink) = Log::new(&setup.logs, &setup.name)?;
        let process = Process::start(&words, &setup.env, &sink)?;
        Ok(Running {
            address,
            log,
            process,
            kamcmd: self.kamcmd.clone(),
            home,
        })
    }
}

impl Server for Kamailio {
    fn name(&self) -> &str {
        &self.name
    }

    fn missing(&self, build: Build) -> Option<String> {
        let version = self
            .program
            .split_first()
            .map(|(program, options)| Command::new(program).args(options).arg("-v").output());
        if !matches!(version, Some(Ok(output)) if output.status.success()) {
            return Some(format!("{} (apt-get install kamailio)", self.name));
        }
        if !self.modules.join("sl.so").exists() {
            return Some(format!("the modules of {}", self.name));
        }
        let module = self.directory(build)?.join("numbers_online.so");
        (!module.exists()).then(|| format!("{} (make test)", module.display()))
    }

    fn has(&self, module: &str) -> bool {
        self.modules.join(format!("{module}.so")).exists()
    }

    fn module(&self, build: Build) -> Option<PathBuf> {
        Some(self.directory(build)?.join("numbers_online.so"))
    }

    fn parse(&self, configuration: &str) -> Result<String> {
        let home = tempfile::Builder::new().prefix("nol-kamailio-").tempdir()?;
        let file = home.path().join("kamailio.cfg");
        fs::write(&file, configuration)?;
        let (program, options) = self.program.split_first().ok_or("no program")?;
        let output = Command::new(program)
            .args(options)
            .args(["-c", "-f", &file.display().to_string()])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(said.into())
    }

    fn start(&self, setup: &Setup) -> Result<Box<dyn Host>> {
        for _ in 0..3 {
            let mut running = self.launch(setup)?;
            match running.wait_until_it_answers(setup.patience) {
                Ok(()) => return Ok(Box::new(running)),
                // Somebody else was quicker with the port.
                Err(_) if running.log.text().contains("Address already in use") => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Err("three free ports were taken by others".into())
    }

    fn refuse(&self, setup: &Setup) -> Result<Log> {
        let mut running = self.launch(setup)?;
        match running.process.wait(setup.patience) {
            Some(status) if !status.success() => Ok(running.log.clone()),
            Some(_) => {
                Err(format!("the server ended without an error\n{}", running.log.tail()).into())
            }
            None => Err(format!("the server runs with it\n{}", running.log.tail()).into()),
        }
    }
}

/// A Kamailio that runs. Fields are dropped in order: the process before its directory.
#[derive(Debug)]
struct Running {
    address: SocketAddr,
    log: Log,
    process: Process,
    kamcmd: Vec<String>,
    home: TempDir,
}

impl Running {
    fn wait_until_it_answers(&mut self, patience: Duration) -> Result<()> {
        let end = Instant::now() + patience;
        loop {
            if let Some(status) = self.process.exited() {
                return Err(
                    format!("the server did not start: {status}\n{}", self.log.tail()).into(),
                );
            }
            // Kamailio forks for UDP first and for TCP last. A child that has not come to its loop yet would miss a SIGTERM.
            let answers = Transport::ALL.iter().all(|transport| {
                sip::ping(*transport, self.address, Duration::from_millis(50)).is_ok()
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

    /// A worker that was killed by a signal takes the server with it, but not at once.
    fn died(&self) -> Option<String> {
        let text = self.log.text();
        let line = text
            .lines()
            .find(|line| line.contains("exited by a signal"))?;
        Some(line.to_owned())
    }
}

impl Host for Running {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn control(&self, words: &[&str]) -> Result<String> {
        let socket = format!("unix:{}", self.home.path().join("ctl.sock").display());
        let (program, options) = self.kamcmd.split_first().ok_or("no kamcmd")?;
        let output = Command::new(program)
            .args(options)
            .args(["-s", &socket])
            .args(words)
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!(
            "kamcmd {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&output.stderr)
        )
        .into())
    }

    fn threads(&self) -> Result<usize> {
        self.process.threads()
    }

    fn starved(&self) -> Result<Duration> {
        self.process.starved()
    }

    fn check(&mut self) -> Result<()> {
        if let Some(status) = self.process.exited() {
            return Err(format!("the server died: {status}\n{}", self.log.tail()).into());
        }
        if let Some(line) = self.died() {
            return Err(format!("a worker died: {line}\n{}", self.log.tail()).into());
        }
        match sip::ping(Transport::Udp, self.address, Duration::from_secs(2)) {
            Ok(_) => Ok(()),
            Err(e) => Err(format!("the server no longer answers: {e}\n{}", self.log.tail()).into()),
        }
    }

    fn stop(mut self: Box<Self>) -> Result<()> {
        match self.process.stop() {
            Some(status) if status.success() && self.died().is_none() => Ok(()),
            Some(status) => {
                Err(format!("the server ended badly: {status}\n{}", self.log.tail()).into())
            }
            None => Err(format!("the server had to be killed\n{}", self.log.tail()).into()),
        }
    }
}
