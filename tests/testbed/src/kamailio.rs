// SPDX-License-Identifier: GPL-2.0-or-later
//! A real Kamailio as a guard.
mod config;
mod in_tree;
mod kamcmd;
mod named;
mod unpacked;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use kamcmd::Kamcmd;

use crate::{
    Build, Host, Port, Product, Result, Server, Setup,
    launch::{self, Launch},
    stage::Stage,
};

/// One Kamailio, installed, unpacked or in its source tree, and the directories with our module for it.
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

impl Kamailio {
    /// Starts the server with a configuration that is not the testbed's, and waits until it answers. The file says that it listens at
    /// `port`, and that the module ctl listens at `socket`.
    pub fn run(&self, setup: &Setup, port: Port, file: &Path, socket: &Path) -> Result<Host> {
        let launch = Launch::at(setup, port)?;
        let words = self.words(launch.home(), file);
        let host = launch.start(words, &self.env, "", Box::new(self.control(socket)))?;
        host.started(setup.patience)
    }

    /// The command line that runs it in the foreground.
    fn words(&self, home: &Path, file: &Path) -> Vec<String> {
        let home = home.display().to_string();
        let file = file.display().to_string();
        let options = ["-DD", "-E", "-f", &file, "-Y", &home, "-w", &home];
        [&self.program[..], &options.map(str::to_owned)].concat()
    }

    fn control(&self, socket: &Path) -> Kamcmd {
        Kamcmd {
            program: self.kamcmd.clone(),
            socket: socket.to_owned(),
        }
    }
}

impl Server for Kamailio {
    fn as_kamailio(&self) -> Option<&Kamailio> {
        Some(self)
    }

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
        // Kamailio's own build leaves it out.
        let kamcmd = self.kamcmd.last().map(Path::new);
        if let Some(kamcmd) = kamcmd.filter(|path| path.is_absolute() && !path.exists()) {
            return Some(format!("{} (make -C utils/kamcmd)", kamcmd.display()));
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
        // In a source tree each module has a directory. Kamailio looks there too.
        let file = format!("{module}.so");
        self.modules.join(&file).exists() || self.modules.join(module).join(file).exists()
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
        let words = self.words(launch.home(), &launch.configuration());
        let control = self.control(&socket);
        launch.start(words, &self.env, &text, Box::new(control))
    }
}
