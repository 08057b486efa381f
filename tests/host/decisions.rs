// SPDX-License-Identifier: GPL-2.0-or-later
//! Each decision of the API becomes the right SIP reply, over UDP and TCP.
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use testbed::{
    Api, Plan, Result, answer,
    sip::{Request, Transport},
};

use crate::{
    bench::Bench,
    callers,
    expect::{Expected, same},
    subject::Subject,
    suite::{Needs, Suite},
};

const CONTACT: &str = "sip:ivr@192.0.2.10:5060;transport=tcp";

/// An answer of the API, the operator's parameters, and the expected reply.
struct Case {
    name: &'static str,
    params: Vec<(&'static str, testbed::Value)>,
    answer: Value,
    expected: Expected,
    phrase: &'static str,
    contact: &'static str,
}

impl Case {
    /// A plain answer of the API, which is followed.
    fn new(name: &'static str, decision: &str, code: u16) -> Self {
        let (ret, phrase) = match (decision, code) {
            ("block", _) => (-1, "Decline"),
            ("redirect", _) => (3, "Moved Temporarily"),
            ("flag", 503) => (2, "Service Unavailable"),
            ("flag", _) => (2, "Not Found"),
            (_, 503) => (1, "Service Unavailable"),
            _ => (1, "Not Found"),
        };
        let expected = Expected::api(code, ret, decision);
        let answer = answer::decision(decision, code);
        Self {
            name,
            params: Vec::new(),
            answer,
            expected,
            phrase,
            contact: "",
        }
    }

    /// A redirect without a contact, allowed with this code.
    fn stranded(name: &'static str, code: u16, phrase: &'static str) -> Self {
        let expected = Expected::api(code, 1, "allow")
            .and("failure", "no_contact")
            .and("would", "redirect");
        Self {
            expected,
            phrase,
            ..Self::new(name, "redirect", 302)
        }
    }

    /// The operator sets a parameter.
    fn set(mut self, name: &'static str, value: impl Into<testbed::Value>) -> Self {
        self.params.push((name, value.into()));
        self
    }

    /// The operator sets `redirect_contact`.
    fn redirected_to(self, contact: &'static str) -> Self {
        Self { contact, ..self }.set("redirect_contact", contact)
    }

    /// The API's answer has another value in a field.
    fn says(mut self, field: &str, value: Value) -> Self {
        self.answer[field] = value;
        self
    }

    /// The script gets this value.
    fn shows(self, avp: &str, value: &str) -> Self {
        Self {
            expected: self.expected.and(avp, value),
            ..self
        }
    }

    /// The reply has this phrase.
    fn phrase(self, phrase: &'static str) -> Self {
        Self { phrase, ..self }.shows("phrase", phrase)
    }
}

/// The trials of this file.
pub(crate) fn trials(suite: &Arc<Suite>, subject: &Subject) -> Vec<Trial> {
    let mut trials = Vec::new();
    for transport in Transport::ALL {
        for case in followed().into_iter().chain(advised()) {
            let name = format!(
                "decisions/{}/{}",
                transport.token().to_lowercase(),
                case.name
            );
            trials.push(suite.trial(subject, &name, Needs::default(), move |bench| {
                run(bench, transport, &case)
            }));
        }
    }
    trials
}

fn followed() -> Vec<Case> {
    vec![
        Case::new("allow", "allow", 503),
        Case::new("allow with 404", "allow", 404).set("allow_code", 404),
        Case::new("flag", "flag", 503),
        Case::new("flag with 404", "flag", 404).set("allow_code", 404),
        Case::new("redirect", "redirect", 302)
            .set("redirect_threshold", 90)
            .redirected_to(CONTACT),
        Case::stranded(
            "redirect without a contact is an allow",
            503,
            "Service Unavailable",
        ),
        Case::stranded(
            "redirect without a contact is an allow with 404",
            404,
            "Not Found",
        )
        .set("allow_code", 404),
        Case::new("the API never supplies the contact", "redirect", 302)
            .says("redirect_target", json!("sip:x@evil.example"))
            .redirected_to(CONTACT),
        Case::new("block", "block", 603),
        Case::new("block of an invalid number", "block", 603)
            .says("e164", Value::Null)
            .says("valid", json!(false))
            .says("receipt_id", Value::Null)
            .shows("valid", "0")
            .shows("receipt", ""),
        Case::new("the code of the answer is authoritative", "allow", 404),
        Case::new("the phrase of the answer is used", "block", 603)
            .says("sip", json!({ "code": 603, "reason": "Unwanted Call" }))
            .phrase("Unwanted Call"),
        Case::new("a phrase cannot add a header", "block", 603)
            .says(
                "sip",
                json!({ "code": 603, "reason": "No\r\nX-Injected: yes" }),
            )
            .phrase("Decline"),
    ]
}

fn advised() -> Vec<Case> {
    let advisory = json!({
        "spam_score": 87, "risk": { "score": 87, "level": "high", "model": null }, "confidence": "low",
        "line_type": "voip", "verstat": "verified", "dnc_status": "listed", "reassigned_status": "yes"
    });
    let unknown = json!({
        "spam_score": null, "confidence": "low", "line_type": null, "verstat": "unknown",
        "dnc_status": "unknown", "reassigned_status": "unknown"
    });
    vec![
        Case::new("all advice is passed on", "allow", 503)
            .says("advisory", advisory)
            .shows("spam_score", "87")
            .shows("risk_level", "high")
            .shows("line_type", "voip")
            .shows("verstat", "verified")
            .shows("dnc", "listed")
            .shows("reassigned", "yes")
            .shows("valid", "1")
            .shows("e164", callers::CALLER)
            .shows("reason", "no_actionable_signal")
            .shows("receipt", answer::RECEIPT)
            .shows("balance_low", "0")
            .shows("enforced", "1"),
        Case::new("absent advice reads as absent", "allow", 503)
            .says("advisory", unknown)
            .shows("spam_score", "-1")
            .shows("risk_level", "")
            .shows("line_type", "")
            .shows("dnc", "unknown"),
        Case::new("a low balance still decides", "allow", 503)
            .says("insufficient_balance", json!(true))
            .shows("balance_low", "1"),
    ]
}

fn run(bench: &Bench, transport: Transport, case: &Case) -> Result<()> {
    let api = Api::http(Plan::always(answer::ok(&case.answer)))?;
    let mut setup = bench.setup(&api.url());
    for (name, value) in &case.params {
        setup = setup.param(name, value.clone());
    }
    let server = bench.start(&setup)?;
    let reply = server.call(transport, &Request::invite(&callers::sip(callers::CALLER)))?;
    case.expected.check(&reply)?;
    same("phrase", reply.phrase.as_str(), case.phrase)?;
    same("an injected header", reply.header("X-Injected"), None)?;
    same("nol_contact", reply.avp("contact"), case.contact)?;
    same("requests", api.requests().len(), 1)?;
    server.finish()
}
