// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of `tests/vectors/callers.txt`, which describes itself.

use numbers_online_number::Country;

use super::{Headers, Identity, Request, Sources};
use crate::identity::Verstat;

/// A line of the table.
pub(super) struct Form {
    options: Vec<(String, String)>,
    section: String,
    pub(super) expected: String,
}

impl Form {
    /// `None` for a comment or an empty line.
    pub(super) fn read(line: &str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (left, expected) = line.split_once(" => ").expect("an arrow");
        let (options, headers) = match left.strip_prefix('{') {
            Some(rest) => rest.split_once("} ").expect("a closing brace"),
            None => ("", left),
        };
        let options = options.split_whitespace().map(|option| {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            (name.to_owned(), value.to_owned())
        });
        let mut section = String::new();
        for header in headers.split(" || ") {
            section.push_str(&header.replace("\\r\\n", "\r\n").replace("\\t", "\t"));
            section.push_str("\r\n");
        }
        Some(Self {
            options: options.collect(),
            section,
            expected: expected.to_owned(),
        })
    }

    fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// What is read from it, as the table writes it.
    pub(super) fn identify(&self) -> String {
        let sources = Sources::new(
            self.option("sources").unwrap_or("pai,from"),
            self.option("verstat").unwrap_or("number"),
        );
        let headers = Headers::read(self.section.as_bytes());
        let request = Request {
            headers: &headers,
            is_trusted: self.option("untrusted").is_none(),
            avps: &[self.option("avp").unwrap_or_default().as_bytes()],
            home: self
                .option("country")
                .map(|code| Country::new(code).expect("a country")),
        };
        let identity = Identity::read(&request, &sources.expect("usable"));
        let mut words = Vec::new();
        match &identity.caller {
            Some(caller) => words.extend([caller.number.as_str(), caller.from.as_str()]),
            None => words.push("-"),
        }
        if identity.is_withheld {
            words.push("withheld");
        }
        words.extend(identity.verification.verstat.map(|verstat| match verstat {
            Verstat::Passed => "passed",
            Verstat::Failed => "failed",
            Verstat::NotValidated => "unvalidated",
        }));
        let attestation = identity.verification.attestation;
        words.extend(attestation.map(crate::identity::Attestation::as_str));
        words.join(" ")
    }
}
