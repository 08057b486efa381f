// SPDX-License-Identifier: GPL-2.0-or-later

//! The parameters: a configuration file, and options that replace its values.

mod file;
mod setting;

use std::path::{Path, PathBuf};

use numbers_online::config::Given;
use numbers_online::engine::{Engine, NoEngine};
use numbers_online::log::Log;

use self::setting::Setting;
use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::stop::Stop;

/// What the command line says about parameters.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    config: Option<PathBuf>,
    /// Used where neither the file nor an option has a value.
    defaults: Vec<Setting>,
    options: Vec<Setting>,
}

impl Settings {
    /// Reads an option if it is one of the two that all subcommands have: `config` and `param`. Says whether it is.
    pub(crate) fn take(&mut self, option: &str, arguments: &mut Arguments) -> Result<bool, Stop> {
        match option {
            "config" => self.config = Some(arguments.path()?),
            "param" => {
                let text = arguments.text()?;
                // What was given is not repeated: it may be a key.
                let (name, value) = text
                    .split_once('=')
                    .ok_or_else(|| Stop::usage("--param: allowed: NAME=VALUE"))?;
                self.set(name.trim(), value.trim(), "--param");
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Sets a parameter for an option.
    pub(crate) fn set(&mut self, name: &str, value: &str, option: &str) {
        self.options.push(Setting::new(name, value, option));
    }

    /// Sets a parameter that is set nowhere else.
    pub(crate) fn set_default(&mut self, name: &str, value: &str) {
        self.defaults.push(Setting::new(name, value, "default"));
    }

    /// The file that is read. The usual one need not exist.
    pub(crate) fn file(&self) -> Option<&Path> {
        let usual = Path::new(USUAL_FILE);
        // One that cannot be looked at is not absent: its api_url would be replaced by the public one.
        let is_absent = matches!(usual.try_exists(), Ok(false));
        let usual = (!is_absent).then_some(usual);
        self.config.as_deref().or(usual)
    }

    /// All parameters. What cannot be used is said in one line each, with the place where it was set.
    pub(crate) fn read(&self) -> Result<Given, Stop> {
        let (mut settings, mut lines) = (self.defaults.clone(), Vec::new());
        if let Some(path) = self.file() {
            let read = file::read(path)?;
            settings.extend(read.settings);
            lines.extend(read.bad);
        }
        settings.extend_from_slice(&self.options);
        let (given, bad) = setting::apply(settings);
        lines.extend(bad);
        if lines.is_empty() {
            Ok(given)
        } else {
            Err(Stop::Failed(Exit::Config, lines))
        }
    }
}

/// Makes the engine that decides.
pub(crate) fn engine(given: Given, log: &dyn Log) -> Result<Engine, Stop> {
    let refused = |why: NoEngine| Stop::new(Exit::Config, why.to_string());
    Engine::new(given, log).map_err(refused)
}

const USUAL_FILE: &str = "/etc/numbers-online/numbers-online.conf";
