// SPDX-License-Identifier: GPL-2.0-or-later
//! A third of the forms of `tests/vectors/callers.txt`, which describes itself, as calls. The library's own tests read all of them.
use std::{collections::BTreeMap, sync::Arc};

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Result, Setup,
    sip::{Request, Transport},
};

use super::{TRUSTED, blocking, from_stranger, last};
use crate::{
    bench::Bench,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

const TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/vectors/callers.txt"
));

/// A line of the table.
struct Form {
    line: &'static str,
    /// `sources`, `verstat` and `country`: what the server is started with.
    params: String,
    is_trusted: bool,
    avp: String,
    request: Request,
    /// Number, place, `withheld`, verification, attestation.
    expected: Vec<&'static str>,
}

/// The trials of this file.
pub(super) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let forms = TABLE.lines().filter_map(Form::read).step_by(3);
    let mut groups: BTreeMap<String, Vec<Form>> = BTreeMap::new();
    for form in forms {
        groups.entry(form.params.clone()).or_default().push(form);
    }
    groups
        .into_iter()
        .map(|(params, forms)| {
            let name = format!("identity/forms {params}");
            let needs = Needs::default();
            suite.trial(subject, name.trim_end(), needs, move |bench| {
                check(bench, &params, &forms)
            })
        })
        .collect()
}

impl Form {
    /// `None` for a comment, an empty line, and a form that a server may refuse.
    fn read(line: &'static str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (left, expected) = line.split_once(" => ")?;
        let (options, headers) = match left.strip_prefix('{') {
            Some(rest) => rest.split_once("} ")?,
            None => ("", left),
        };
        let options: Vec<_> = options.split_whitespace().collect();
        if options.contains(&"raw") {
            return None;
        }
        let params: Vec<_> = options
            .iter()
            .filter(|option| {
                let name = option.split('=').next().unwrap_or_default();
                ["sources", "verstat", "country"].contains(&name)
            })
            .copied()
            .collect();
        let avp = options
            .iter()
            .find_map(|option| option.strip_prefix("avp="));
        let mut request = Request::invite("sip:nobody@carrier.example");
        for header in headers.split(" || ") {
            let header = header.replace("\\r\\n", "\r\n").replace("\\t", "\t");
            let (name, body) = header.split_once(':')?;
            request = if name == "From" {
                request.from(body.trim_start_matches(' ').trim_end_matches(";tag=1"))
            } else {
                request.header(name, body.trim_start_matches(' '))
            };
        }
        Some(Self {
            line,
            params: params.join(" "),
            is_trusted: !options.contains(&"untrusted"),
            avp: avp.unwrap_or_default().to_owned(),
            request,
            expected: expected.split_whitespace().collect(),
        })
    }

    /// What the reply must be.
    fn reply(&self) -> Expected {
        let is_withheld = self.expected.contains(&"withheld");
        let number = self.expected[0];
        let place = self.expected.get(1).filter(|_| number != "-");
        let attestation = self.expected.last().filter(|word| word.len() == 1);
        let expected = match (is_withheld, number) {
            (true, _) => Expected::bypass("anonymous"),
            (false, "-") => Expected::bypass("no_number"),
            (false, number) => Expected::block().and("e164", number),
        };
        expected
            .and("number_from", place.copied().unwrap_or_default())
            .and(
                "attestation",
                attestation
                    .filter(|word| **word != "-")
                    .copied()
                    .unwrap_or_default(),
            )
    }

    /// What the API must be told of the verification.
    fn verstat(&self) -> Value {
        for (word, verstat) in [
            ("passed", "TN-Validation-Passed"),
            ("failed", "TN-Validation-Failed"),
            ("unvalidated", "No-TN-Validation"),
        ] {
            if self.expected.contains(&word) {
                return json!(verstat);
            }
        }
        Value::Null
    }

    fn is_asked_about(&self) -> bool {
        self.expected[0] != "-" && !self.expected.contains(&"withheld")
    }
}

fn check(bench: &Bench, params: &str, forms: &[Form]) -> Result<()> {
    let api = blocking()?;
    let mut setup = Setup {
        // A value with a comma is not one value of a header for every server.
        prelude: "$avp(x) = $hdr(X-Caller);".to_owned(),
        ..bench.setup(&api.url()).param("trusted_sources", TRUSTED)
    };
    for param in params.split_whitespace() {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        let name = match name {
            "sources" => "number_source",
            "verstat" => "verstat_source",
            "country" => "default_country",
            name => name,
        };
        setup = setup.param(name, value);
    }
    let server = bench.start(&setup)?;
    let mut count = 0;
    for form in forms {
        let fail = |trouble: &dyn std::fmt::Display| format!("{}\n{trouble}", form.line);
        let request = form.request.clone().header("X-Caller", &form.avp);
        let reply = if form.is_trusted {
            server.call(Transport::Udp, &request)
        } else {
            from_stranger(&server, &request)
        };
        let reply = reply.map_err(|error| fail(&error))?;
        form.reply().check(&reply).map_err(|error| fail(&error))?;
        if form.is_asked_about() {
            count += 1;
            same("number", last(&api, "number"), json!(form.expected[0]))
                .and_then(|()| same("verstat", last(&api, "verstat"), form.verstat()))
                .map_err(|error| fail(&error))?;
        }
    }
    same("requests", api.requests().len(), count)?;
    server.finish()
}
