// SPDX-License-Identifier: GPL-2.0-or-later

//! `decide`: a real decision about a number, as a SIP server makes it for a call.

mod table;

use numbers_online::decision::Source;
use numbers_online::report::{Report, Value};
use numbers_online::worker::{Refused, Worker};

use crate::arguments::{Argument, Arguments, keep_only, unicode, unknown};
use crate::command::Command;
use crate::exit::Exit;
use crate::log::StandardError;
use crate::output::{json, print, print_json};
use crate::settings::{Settings, engine};
use crate::stop::Stop;
use crate::terminal::Terminal;

pub(crate) const COMMAND: Command = Command {
    name: "decide",
    summary: "Decide about a calling number, as for a call from it",
    help: HELP,
    run,
};

const HELP: &str = "Usage: numbers-online decide [OPTION]... NUMBER

Decides about a calling number, as a SIP server does for a call from it. The API bills it like a call.
NUMBER is global, such as +12025550123, or in a form of the parameter default_country.

Options:
  --config FILE       Read parameters from FILE
                      (default: /etc/numbers-online/numbers-online.conf if it exists)
  --param NAME=VALUE  Set a parameter, repeatable; replaces that of the file
  --profile NAME      Decide by this profile
  --json              Write JSON
  -h, --help          Show this text

Exit codes: 0 decided, 1 allowed because the lookup failed, 64 wrong command line,
65 no number or no such profile, 66 FILE cannot be read, 78 a parameter cannot be used.
";

fn run(mut arguments: Arguments) -> Result<Exit, Stop> {
    let mut settings = Settings::default();
    let (mut number, mut profile, mut is_json) = (None, String::new(), false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::Option(option) => match option.as_str() {
                "profile" => profile = arguments.text()?,
                "json" => is_json = true,
                _ if settings.take(&option, &mut arguments)? => {}
                _ => return Err(unknown(&format!("--{option}"))),
            },
            Argument::Value(value) => keep_only(&mut number, value, "NUMBER")?,
        }
    }
    let number = number.ok_or_else(|| Stop::usage("no NUMBER"))?;
    let number = unicode(&number, "NUMBER")?;
    let engine = engine(settings.read()?, &StandardError)?;
    let mut worker = Worker::of_program(&engine, &StandardError);
    let report = worker.check(number, &profile);
    let report = report.map_err(|Refused(why)| {
        let is_known = engine.profiles.find(profile.as_bytes()).is_some();
        let what = if is_known { "NUMBER" } else { "--profile" };
        Stop::new(Exit::Data, format!("{what}: {why}"))
    })?;
    if is_json {
        print_json(&json(&report));
    } else {
        print(&table::of(&report, Terminal::of_output()));
    }
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    let is_source =
        |value: &Value| matches!(value, Value::Text(text) if text == Source::FailOpen.as_str());
    let failed_open = report
        .iter()
        .any(|(name, value)| name == c"source" && is_source(value));
    if failed_open {
        Exit::Doubtful
    } else {
        Exit::Good
    }
}

#[cfg(test)]
mod tests {
    use numbers_online::report::Report;

    use super::exit;
    use crate::exit::Exit;

    #[test]
    fn only_a_failed_lookup_has_an_exit_code_of_its_own() {
        for (source, expected) in [
            ("api", Exit::Good),
            ("list", Exit::Good),
            ("local", Exit::Good),
            ("failopen", Exit::Doubtful),
        ] {
            let report = Report::default().text(c"source", source);
            assert_eq!(exit(&report), expected, "{source}");
        }
    }
}
