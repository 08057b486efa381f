// SPDX-License-Identifier: GPL-2.0-or-later

//! The body of a decision request, parsed once.

use crate::budget::Budget;
use crate::fields::Fields;
use crate::malformed::Malformed;
use crate::policy::{AllowCode, Policy, Threshold};
use crate::risk::Score;
use crate::verstat::Verstat;

/// A well-formed request of `POST /api/v1/sbc/redirect` (SBC guide 2, API spec).
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The calling number as it was sent, not empty.
    pub number: String,
    /// What the caller's network said about it.
    pub verstat: Verstat,
    /// What the operator wants done with which signal.
    pub policy: Policy,
    /// The budget of the body.
    pub budget: Option<Budget>,
}

impl Question {
    /// Reads a request body. A field that is not known is accepted, one that is null counts as absent.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let fields = Fields::parse(body)?;
        let number = fields.number()?;
        // Reserved by the interface: it must be a string, and is not used.
        fields.text("called_number")?;
        let defaults = Policy::default();
        Ok(Self {
            number: number.to_owned(),
            verstat: fields
                .text("verstat")?
                .map(Verstat::parse)
                .unwrap_or_default(),
            policy: Policy {
                allow_code: fields
                    .whole("allow_code", "503 or 404", AllowCode::new)?
                    .unwrap_or(defaults.allow_code),
                spam_threshold: fields
                    .whole("spam_threshold", Score::ALLOWED, Threshold::new)?
                    .unwrap_or(defaults.spam_threshold),
                redirect_threshold: fields.whole(
                    "redirect_threshold",
                    Score::ALLOWED,
                    Threshold::new,
                )?,
                block_reassigned: fields
                    .flag("block_reassigned")?
                    .unwrap_or(defaults.block_reassigned),
                block_invalid: fields
                    .flag("block_invalid")?
                    .unwrap_or(defaults.block_invalid),
            },
            budget: fields.whole("budget_ms", Budget::ALLOWED, Budget::from_millis)?,
        })
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
            verstat: Verstat::Unknown,
            policy: Policy::default(),
            budget: None,
        };
        assert_eq!(parse(r#"{"number":"+14155550123"}"#), Ok(question));
    }

    #[test]
    fn every_field_is_read_and_unknown_ones_are_accepted() {
        let body = r#"{"number":" +14155550123 ","called_number":"+442079460000","verstat":"TN-Validation-Passed",
            "allow_code":404,"spam_threshold":1,"redirect_threshold":99,"block_reassigned":true,
            "block_invalid":false,"budget_ms":250,"later":{"field":[1]}}"#;
        let question = Question {
            number: "+14155550123".to_owned(),
            verstat: Verstat::Verified,
            policy: Policy {
                allow_code: AllowCode::NotFound,
                spam_threshold: Threshold::new(1).expect("in range"),
                redirect_threshold: Threshold::new(99),
                block_reassigned: true,
                block_invalid: false,
            },
            budget: Budget::from_millis(250),
        };
        assert_eq!(parse(body), Ok(question));
    }

    #[test]
    fn null_counts_as_absent() {
        let body = r#"{"number":"1","verstat":null,"redirect_threshold":null,"block_invalid":null,"budget_ms":null}"#;
        assert_eq!(parse(body), parse(r#"{"number":"1"}"#));
    }

    #[test]
    fn a_wrong_field_is_named_with_its_value_and_what_is_allowed() {
        let range = "; allowed: a whole number from 1 to 99";
        for (field, value, allowed) in [
            ("spam_threshold", "0", range),
            ("spam_threshold", "100", range),
            ("spam_threshold", "-1", range),
            ("spam_threshold", "80.5", range),
            ("spam_threshold", "\"80\"", range),
            ("redirect_threshold", "100", range),
            ("redirect_threshold", "true", range),
            ("allow_code", "500", "; allowed: 503 or 404"),
            ("allow_code", "\"503\"", "; allowed: 503 or 404"),
            ("block_invalid", "1", "; allowed: true or false"),
            ("block_reassigned", "\"yes\"", "; allowed: true or false"),
            ("verstat", "7", "; allowed: a string"),
            ("called_number", "7", "; allowed: a string"),
            (
                "budget_ms",
                "0",
                "; allowed: a whole number of milliseconds",
            ),
            (
                "budget_ms",
                "-5",
                "; allowed: a whole number of milliseconds",
            ),
        ] {
            let error = parse(&format!(r#"{{"number":"+14155550123","{field}":{value}}}"#))
                .expect_err(field);
            assert!(
                error.starts_with(&format!("{field} is {value}{allowed}")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_body_without_a_number_is_malformed() {
        for (body, message) in [
            ("{}", "number is missing or empty; allowed: a string"),
            (
                r#"{"number":""}"#,
                "number is missing or empty; allowed: a string",
            ),
            (
                r#"{"number":" \t"}"#,
                "number is missing or empty; allowed: a string",
            ),
            (
                r#"{"number":null}"#,
                "number is missing or empty; allowed: a string",
            ),
            (
                r#"{"number":14155550123}"#,
                "number is 14155550123; allowed: a string",
            ),
            (
                r#"{"number":["+1"]}"#,
                "number is an array; allowed: a string",
            ),
            ("[]", "body is an array; allowed: a JSON object"),
            ("7", "body is 7; allowed: a JSON object"),
            ("", "body is not JSON (EOF"),
            ("number=1", "body is not JSON (expected"),
            ("{\"number\":\"+14155550123\"", "body is not JSON (EOF"),
        ] {
            let error = parse(body).expect_err(body);
            assert!(error.starts_with(message), "{body}: {error}");
        }
    }

    #[test]
    fn a_long_value_is_cut_in_the_message() {
        let error = parse(&format!(
            r#"{{"number":"1","allow_code":"{}"}}"#,
            "\u{e9}".repeat(1000)
        ))
        .expect_err("wrong type");
        assert!(error.chars().count() < 100, "{error}");
    }
}
