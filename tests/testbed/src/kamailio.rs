// SPDX-License-Identifier: GPL-2.0-or-later
//! A real Kamailio as a guard.
mod config;
mod kamcmd;
mod named;
mod unpacked;

use std::{fs, path::PathBuf, process::Command};

use kamcmd::Kamcmd;

use crate::{
    Build, Host, Product, Result, Server, Setup,
    launch::{self, Launch},
    stage::Stage,
};

/// One installed or unpacked Kamailio, and the directories with our module for it.
#[derive(Clone, Debug)]
pub struct Kamailio {
    /// Its name in the names of tests, e.g. `kamailio` or `kamailio-6.0`.
    pub name: String,
    /// The command that starts it: the program, or a loader, its options and the program.
    pub program: Vec<String>,
    /// The command that starts its `kamcmd`.
    pub kamcmd: Vec<String>,
    /// Variables of its environment.
    pub env: Vec<(String, String)>,
    /// Where its own modules are.
    pub modules: PathBuf,
    /// Our module for it.
    pub stage: Stage,
}

impl Server for Kamailio {
    fn name(&self) -> &str {
        &self.name
    }

    fn product(&self) -> Product {
        Product::Kamailio
    }

    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn missing(&self, build: Build) -> Option<String> {
        let version = self
            .program
            .split_first()
            .map(|(program, options)| Command::new(program).args(options).arg("-v").output());
        if !matches!(version, Some(Ok(output)) if output.status.success()) {
            return Some(format!(
                "{} (apt-get install kamailio, or see KAMAILIO_MODULES in CONTRIBUTING.md)",
                self.program.join(" ")
            ));
        }
        let absent = self.absent(&mut config::MODULES.into_iter());
        if !absent.is_empty() {
            return Some(format!(
                "its modules {} in {}",
                absent.join(", "),
                self.modules.display()
            ));
        }
        self.stage.missing(build)
    }

    fn has(&self, module: &str) -> bool {
        self.modules.join(format!("{module}.so")).exists()
    }

    fn parse(&self, configuration: &str) -> Result<String> {
        let home = launch::directory()?;
        let file = launch::configuration(home.path());
        fs::write(&file, configuration)?;
        let (program, options) = self.program.split_first().ok_or("no program")?;
        launch::check(
            Command::new(program)
                .args(options)
                .args(["-c", "-L", &format!("{}/", self.modules.display())])
                .arg("-f")
                .arg(&file),
        )
    }

    fn launch(&self, setup: &Setup) -> Result<Host> {
        let launch = Launch::new(setup)?;
        let module = self.module(setup.build);
        let socket = launch.home().join("ctl.sock");
        let text = config::text(
            setup,
            launch.address(),
            &self.modules,
            module.as_deref(),
            &socket,
        )?;
        let home = launch.home().display().to_string();
        let file = launch.configuration().display().to_string();
        let options = ["-DD", "-E", "-f", &file, "-Y", &home, "-w", &home];
        let words = [&self.program[..], &options.map(str::to_owned)].concat();
        let program = self.kamcmd.clone();
        launch.start(
            words,
            &self.env,
            &text,
            Box::new(Kamcmd { program, socket }),
        )
    }
}
