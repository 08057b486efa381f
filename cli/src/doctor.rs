// SPDX-License-Identifier: GPL-2.0-or-later

//! `doctor`: what keeps the lookups from working, and what to do about it.

mod advice;
mod check;
mod connection;
mod lists;
mod plan;
mod secrets;

use std::time::SystemTime;

use numbers_online::config::{Emergency, Given};
use numbers_online::engine::Engine;
use serde_json::json;

use self::check::{Check, Status};
use crate::arguments::{Argument, Arguments, unknown};
use crate::command::Command;
use crate::exit::Exit;
use crate::log::Silent;
use crate::output::{print, print_json};
use crate::settings::{Settings, engine};
use crate::stop::Stop;
use crate::terminal::Terminal;

pub(crate) const COMMAND: Command = Command {
    name: "doctor",
    summary: "Find out what keeps lookups from working",
    help: HELP,
    run,
};

const HELP: &str = "Usage: numbers-online doctor [OPTION]...

Checks parameters, keys, the way to the API, clock, latency, lists and numbering plan. Each check is one line:
ok, warn or fail, and what to do. One request to /api/health is made. It needs no key and is not billed.

Options:
  --config FILE       Read parameters from FILE
                      (default: /etc/numbers-online/numbers-online.conf if it exists)
  --param NAME=VALUE  Set a parameter, repeatable; replaces that of the file
  --json              Write JSON
  -h, --help          Show this text

Exit codes: 0 all is ok, 1 something warns, 2 something failed, 64 wrong command line.
";

fn run(mut arguments: Arguments) -> Result<Exit, Stop> {
    let (mut settings, mut is_json) = (Settings::default(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::Option(option) if option == "json" => is_json = true,
            Argument::Option(option) => {
                if !settings.take(&option, &mut arguments)? {
                    return Err(unknown(&format!("--{option}")));
                }
            }
            Argument::Value(_) => return Err(Stop::usage("no ARGUMENT is allowed")),
        }
    }
    let checks = examine(&settings);
    let worst = checks.iter().map(|check| check.status).max();
    let worst = worst.unwrap_or(Status::Ok);
    if is_json {
        let checks: Vec<_> = checks.iter().map(Check::json).collect();
        print_json(&json!({ "result": worst.as_str(), "checks": checks }));
    } else {
        let terminal = Terminal::of_output();
        print(
            &checks
                .iter()
                .map(|check| check.line(terminal))
                .collect::<String>(),
        );
    }
    Ok(match worst {
        Status::Ok => Exit::Good,
        Status::Warn => Exit::Doubtful,
        Status::Fail => Exit::Bad,
    })
}

fn examine(settings: &Settings) -> Vec<Check> {
    let now = SystemTime::now();
    let made = settings
        .read()
        .and_then(|given| Ok((given.clone(), engine(given, &Silent)?)));
    let mut checks = match made {
        Err(Stop::Failed(_, lines)) => lines
            .into_iter()
            .map(|line| Check::fail(PARAMETERS, line, "correct it"))
            .collect(),
        Err(Stop::Help) => Vec::new(),
        Ok((given, engine)) => {
            let mut checks = vec![parameters(settings)];
            checks.extend(secrets::checks(&engine));
            checks.extend(risk(&engine));
            checks.extend(connection::checks(&engine, ""));
            checks.extend(backup(given));
            checks.extend(lists::checks(&engine, now));
            checks
        }
    };
    checks.push(plan::check(now));
    checks
}

fn parameters(settings: &Settings) -> Check {
    let finding = match settings.file() {
        Some(path) => path.display().to_string(),
        None => "no configuration file: defaults and --param".to_owned(),
    };
    Check::ok(PARAMETERS, finding)
}

/// Emergency calls that are screened.
fn risk(engine: &Engine) -> Option<Check> {
    let is_screened = engine.config.emergency == Emergency::Screened;
    is_screened.then(|| {
        Check::warn(
            "emergency",
            "emergency calls are screened like any other and may be blocked",
            "set emergency to on",
        )
    })
}

/// The way to `api_url_backup`, if there is one.
fn backup(given: Given) -> Vec<Check> {
    if given.api_url_backup.is_empty() {
        return Vec::new();
    }
    let given = Given {
        api_url: given.api_url_backup,
        api_url_backup: String::new(),
        allow_list: String::new(),
        deny_list: String::new(),
        dno_list: String::new(),
        profile: Vec::new(),
        ..given
    };
    // What was usable as a backup is usable as the first URL.
    engine(given, &Silent).map_or_else(
        |_| Vec::new(),
        |engine| connection::checks(&engine, "backup "),
    )
}

const PARAMETERS: &str = "parameters";
