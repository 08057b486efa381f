// SPDX-License-Identifier: GPL-2.0-or-later
//! A real Kamailio as a guard.
mod config;
mod kamcmd;
mod unpacked;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use kamcmd::Kamcmd;

use crate::{
    Build, Host, Log, Netns, Product, Result, Server, Setup, gate::free_port, process::Process,
    stage::Stage,
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
    /// What its environment must have.
    pub env: Vec<(String, String)>,
    /// Where its own modules are.
    pub modules: PathBuf,
    /// Our module for it.
    pub stage: Stage,
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
            env: Vec::new(),
            modules,
            stage: Stage::new(stage, "kamailio"),
        }
    }
}

impl Server for Kamailio {
    fn name(&self) -> &str {
        &self.name
    }

    fn product(&self) -> Product {
        Product::Kamailio
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
        self.stage.missing(build)
    }

    fn has(&self, module: &str) -> bool {
        self.modules.join(format!("{module}.so")).exists()
    }

    fn module(&self, build: Build) -> Option<PathBuf> {
        self.stage.module(build)
    }

    fn parse(&self, configuration: &str) -> Result<String> {
        let home = tempfile::Builder::new().prefix("nol-kamailio-").tempdir()?;
        let file = home.path().join("kamailio.cfg");
        fs::write(&file, configuration)?;
        let (program, options) = self.program.split_first().ok_or("no program")?;
        let output = Command::new(program)
            .args(options)
            .args(["-c", "-L", &format!("{}/", self.modules.display())])
            .arg("-f")
            .arg(&file)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(said.into())
    }

    fn launch(&self, setup: &Setup) -> Result<Host> {
        let home = tempfile::Builder::new().prefix("nol-kamailio-").tempdir()?;
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let address = SocketAddr::new(ip, free_port(ip)?);
        let module = self.module(setup.build);
        let socket = home.path().join("ctl.sock");
        let text = config::text(setup, address, &self.modules, module.as_deref(), &socket)?;
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
        words.extend(setup.options.iter().cloned());
        let (log, sink) = Log::new(&setup.logs, &setup.name)?;
        let env = [&self.env[..], &setup.env].concat();
        let process = Process::start(&words, &env, &sink)?;
        let program = self.kamcmd.clone();
        Ok(Host {
            address,
            log,
            process,
            control: Box::new(Kamcmd { program, socket }),
            home,
        })
    }
}
