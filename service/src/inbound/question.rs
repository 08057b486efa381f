// SPDX-License-Identifier: GPL-2.0-or-later

//! The body of an inbound lookup request, parsed once.

use std::fmt;

use serde::Serialize;

use crate::fields::Fields;
use crate::malformed::Malformed;
use crate::verstat::{Attestation, Verstat};

/// A well-formed request of `POST /api/v1/inbound/lookup` (PBX guide, API spec).
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The calling number as it was sent, not empty.
    pub number: String,
    /// What the number does.
    pub context: Context,
    /// What the caller's network said about it. `attestation` takes precedence over `verstat`.
    pub verstat: Verstat,
}

impl Question {
    /// Reads a request body. A field that is not known is accepted, one that is null counts as absent.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let fields = Fields::parse(body)?;
        // It binds the receipt to the receiver at numbers.online. Here it must be a string, and is not used.
        fields.text("to")?;
        let verstat = fields.text("verstat")?.map(Verstat::parse);
        let attestation = fields.word("attestation", "\"A\", \"B\" or \"C\"", Attestation::new)?;
        Ok(Self {
            number: fields.number()?.to_owned(),
            context: fields
                .word("context", Context::ALLOWED, Context::new)?
                .unwrap_or_default(),
            verstat: attestation
                .map(Verstat::from)
                .or(verstat)
                .unwrap_or_default(),
        })
    }
}

/// The kind of traffic. It changes nothing of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// A call.
    #[default]
    InboundVoice,
    /// A text message.
    InboundSms,
    /// A `WhatsApp` message, through its business API.
    InboundWaba,
}

impl Context {
    const ALLOWED: &str = "\"inbound_voice\", \"inbound_sms\" or \"inbound_waba\"";

    fn new(name: &str) -> Option<Self> {
        match name {
            "inbound_voice" => Some(Self::InboundVoice),
            "inbound_sms" => Some(Self::InboundSms),
            "inbound_waba" => Some(Self::InboundWaba),
            _ => None,
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Question, String> {
        Question::parse(body.as_bytes()).map_err(|malformed| malformed.to_string())
    }

    #[test]
    fn only_the_number_is_required() {
        let question = Question {
            number: "+14155550123".to_owned(),
            context: Context::InboundVoice,
            verstat: Verstat::Unknown,
        };
        for body in [
            r#"{"number":" +14155550123 "}"#,
            r#"{"number":"+14155550123","context":null,"to":null,"verstat":null,"attestation":null}"#,
        ] {
            assert_eq!(parse(body).as_ref(), Ok(&question), "{body}");
        }
    }

    #[test]
    fn reserved_and_unknown_fields_are_ignored() {
        let body = r#"{"number":"+14155550123","context":"inbound_sms","to":"+442079460123",
            "verstat":"TN-Validation-Passed","destination_number":7,"client_type":[],"client_name":"x",
            "call_id_hash":{},"timestamp":"now","stir_shaken":{"attestation":"A","verstat":7},"later":true}"#;
        let question = Question {
            number: "+14155550123".to_owned(),
            context: Context::InboundSms,
            verstat: Verstat::Verified,
        };
        assert_eq!(parse(body), Ok(question));
        let nested = r#"{"number":"1","stir_shaken":{"verstat":"TN-Validation-Failed"}}"#;
        assert_eq!(
            parse(nested).map(|question| question.verstat),
            Ok(Verstat::Unknown)
        );
    }

    #[test]
    fn attestation_takes_precedence_over_verstat() {
        for (fields, verstat) in [
            (r#""verstat":"TN-Validation-Failed""#, Verstat::Unverified),
            (
                r#""verstat":"TN-Validation-Failed","attestation":"A""#,
                Verstat::Verified,
            ),
            (
                r#""verstat":"TN-Validation-Failed","attestation":"C""#,
                Verstat::Unknown,
            ),
            (
                r#""verstat":"TN-Validation-Passed","attestation":"B""#,
                Verstat::Unknown,
            ),
            (
                r#""verstat":"TN-Validation-Passed","attestation":null"#,
                Verstat::Verified,
            ),
            (r#""attestation":"A""#, Verstat::Verified),
        ] {
            let question = parse(&format!(r#"{{"number":"+14155550123",{fields}}}"#));
            assert_eq!(
                question.map(|question| question.verstat),
                Ok(verstat),
                "{fields}"
            );
        }
    }

    #[test]
    fn every_context_is_read() {
        for context in ["inbound_voice", "inbound_sms", "inbound_waba"] {
            let body = format!(r#"{{"number":"+14155550123","context":"{context}"}}"#);
            let question = parse(&body).expect(context);
            assert_eq!(question.context.to_string(), context);
        }
    }

    #[test]
    fn a_wrong_field_is_named_with_its_value_and_what_is_allowed() {
        for (field, value, allowed) in [
            (
                "context",
                "\"outbound_voice\"",
                "\"inbound_voice\", \"inbound_sms\" or ",
            ),
            ("context", "\"\"", "\"inbound_voice\", "),
            ("context", "1", "\"inbound_voice\", "),
            ("attestation", "\"D\"", "\"A\", \"B\" or \"C\""),
            ("attestation", "\"a\"", "\"A\", \"B\" or \"C\""),
            ("attestation", "true", "\"A\", \"B\" or \"C\""),
            ("verstat", "7", "a string"),
            ("to", "14155550123", "a string"),
        ] {
            let error = parse(&format!(r#"{{"number":"+14155550123","{field}":{value}}}"#))
                .expect_err(field);
            assert!(
                error.starts_with(&format!("{field} is {value}; allowed: {allowed}")),
                "{error}"
            );
        }
        for body in [
            "{}",
            r#"{"number":" "}"#,
            r#"{"number":null,"to":"+14155550123"}"#,
        ] {
            let error = parse(body).expect_err(body);
            assert!(
                error.starts_with("number is missing or empty; allowed: "),
                "{error}"
            );
        }
    }
}
