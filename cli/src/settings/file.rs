// SPDX-License-Identifier: GPL-2.0-or-later

//! The configuration file: lines of `name = value`, and comments behind `#` at the start of a line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::setting::Setting;
use crate::stop::Stop;

/// A file that was read.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) settings: Vec<Setting>,
    /// One line for each that cannot be used.
    pub(super) bad: Vec<String>,
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Contents, Stop> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    let read = read.map_err(|error| Stop::unreadable(path, error))?;
    if read as u64 > MAX_BYTES {
        return Err(Stop::unreadable(path, "longer than 1 MiB"));
    }
    Ok(parse(&bytes, path))
}

fn parse(bytes: &[u8], path: &Path) -> Contents {
    let mut contents = Contents::default();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let origin = format!("{}:{number}", path.display());
        match setting(line, &origin) {
            Ok(None) => {}
            Ok(Some(setting)) => {
                let twice = contents
                    .settings
                    .iter()
                    .find(|known| known.replaces(&setting));
                match twice {
                    None => contents.settings.push(setting),
                    Some(first) => contents.bad.push(format!(
                        "{origin}: {} is set already in {}; allowed: each name once, but for profile",
                        first.name, first.origin
                    )),
                }
            }
            Err(allowed) => contents.bad.push(format!("{origin}: {allowed}")),
        }
    }
    contents
}

/// The setting in a line, if there is one. A line that cannot be read is not repeated: it may have a key.
fn setting(line: &[u8], origin: &str) -> Result<Option<Setting>, &'static str> {
    let line = str::from_utf8(line).map_err(|_| "not UTF-8; allowed: UTF-8")?;
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(ALLOWED)?;
    let name = name.trim_end();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase());
    if !is_name {
        return Err(ALLOWED);
    }
    Ok(Some(Setting::new(name, value.trim_start(), origin)))
}

const ALLOWED: &str = "not a parameter; allowed: NAME = VALUE, or a comment behind #";

const MAX_BYTES: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    #[test]
    fn lines_are_names_and_values_or_comments() {
        let text = b"# comment\r\n\r\napi_url = https://localhost:8443\r\n  timeout=250  \nredirect_contact =\n\
            profile = a=>timeout=100\nprofile=b=>x=\"#;\"\n";
        let contents = parse(text, Path::new("x.conf"));
        assert!(contents.bad.is_empty(), "{:?}", contents.bad);
        let settings = contents.settings.iter();
        let settings: Vec<_> = settings
            .map(|setting| (&*setting.name, &*setting.value, &*setting.origin))
            .collect();
        assert_eq!(
            settings,
            [
                ("api_url", "https://localhost:8443", "x.conf:3"),
                ("timeout", "250", "x.conf:4"),
                ("redirect_contact", "", "x.conf:5"),
                ("profile", "a=>timeout=100", "x.conf:6"),
                ("profile", "b=>x=\"#;\"", "x.conf:7"),
            ]
        );
    }

    #[test]
    fn every_bad_line_is_named_and_not_repeated() {
        let text = b"nol_0123456789abcdef\n= x\nTimeout = 1\napi key = nol_0123\n\xff = 1\ntimeout = 1\ntimeout = 2\n";
        let contents = parse(text, Path::new("x.conf"));
        let starts = [
            "x.conf:1: not a parameter; allowed: NAME = VALUE",
            "x.conf:2: not a parameter",
            "x.conf:3: not a parameter",
            "x.conf:4: not a parameter",
            "x.conf:5: not UTF-8",
            "x.conf:7: timeout is set already in x.conf:6",
        ];
        assert_eq!(contents.bad.len(), starts.len(), "{:?}", contents.bad);
        for (bad, start) in contents.bad.iter().zip(starts) {
            assert!(bad.starts_with(start) && !bad.contains("nol_0"), "{bad}");
        }
    }
}
