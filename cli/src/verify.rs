// SPDX-License-Identifier: GPL-2.0-or-later

//! `verify`: the signature of an answer to `POST /api/v1/inbound/lookup`.

mod input;
mod key;

use std::path::PathBuf;

use numbers_online::response_signature::{Unverified, Verified, check};
use serde_json::json;

use self::key::Source;
use crate::arguments::{Argument, Arguments, keep_only, unknown};
use crate::command::Command;
use crate::exit::Exit;
use crate::output::{clean, print, print_json};
use crate::settings::Settings;
use crate::stop::Stop;
use crate::terminal::{Colour, Terminal};

pub(crate) const COMMAND: Command = Command {
    name: "verify",
    summary: "Verify the signature of an inbound answer",
    help: HELP,
    run,
};

const HELP: &str = "Usage: numbers-online verify [OPTION]... [FILE]

Verifies the Ed25519 signature of an answer of POST /api/v1/inbound/lookup: the whole body, as it was
received. Without FILE, or if it is -, the answer is read from standard input.

Options:
  --key FILE          Read the public key from FILE: PEM, or the JSON of /api/v1/publickey
  --key-url URL       Fetch the public key from URL, such as https://numbers.online/api/v1/publickey
                      (default: from api_url; the time limit is the parameter timeout, here 5000 ms by default)
  --config FILE       Read parameters from FILE
                      (default: /etc/numbers-online/numbers-online.conf if it exists)
  --param NAME=VALUE  Set a parameter, repeatable; replaces that of the file
  --json              Write JSON
  -h, --help          Show this text

Exit codes: 0 verified, 1 not verified, 2 not signed, 64 wrong command line, 65 no public key,
66 FILE cannot be read, 69 the key cannot be fetched, 78 a parameter cannot be used.
";

fn run(mut arguments: Arguments) -> Result<Exit, Stop> {
    let mut settings = Settings::default();
    let (mut answer, mut source, mut is_json) = (None, None, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Argument::Option(option) => match option.as_str() {
                "key" => choose(&mut source, Source::File(arguments.path()?))?,
                "key-url" => choose(&mut source, Source::Url(arguments.text()?))?,
                "json" => is_json = true,
                _ if settings.take(&option, &mut arguments)? => {}
                _ => return Err(unknown(&format!("--{option}"))),
            },
            Argument::Value(value) => keep_only(&mut answer, value, "FILE")?,
        }
    }
    let answer = answer
        .map(PathBuf::from)
        .filter(|path| path.as_os_str() != "-");
    let key = source.unwrap_or(Source::Api).key(settings)?;
    let checked = check(&input::read(answer.as_deref())?, &key);
    if is_json {
        let why = checked.err().map(|why| why.to_string());
        print_json(&json!({ "verified": Verified::from(checked).as_str(), "why": why }));
    } else {
        print(&line(checked, Terminal::of_output()));
    }
    Ok(match checked {
        Ok(()) => Exit::Good,
        Err(Unverified::Unsigned) => Exit::Bad,
        Err(_) => Exit::Doubtful,
    })
}

fn choose(place: &mut Option<Source>, source: Source) -> Result<(), Stop> {
    if place.is_some() {
        return Err(Stop::usage("more than one of --key and --key-url"));
    }
    *place = Some(source);
    Ok(())
}

fn line(checked: Result<(), Unverified>, terminal: Terminal) -> String {
    let (result, colour, why) = match checked {
        Ok(()) => (
            "verified",
            Colour::Green,
            "the signature is right".to_owned(),
        ),
        Err(why @ Unverified::Unsigned) => ("not signed", Colour::Yellow, why.to_string()),
        Err(why) => ("not verified", Colour::Red, why.to_string()),
    };
    format!("{}: {}\n", terminal.paint(result, colour), clean(&why))
}
