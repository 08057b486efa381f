// SPDX-License-Identifier: GPL-2.0-or-later

//! Requests that break the interface.

use std::fmt;

use serde_json::Value;

/// A request that breaks the interface; its text names field, value and what is allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed(String);

impl Malformed {
    /// The value of `field` is not allowed.
    #[must_use]
    pub fn new(field: &str, value: &Value, allowed: &str) -> Self {
        let mut value = match value {
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
            value => value.to_string(),
        };
        if let Some((end, _)) = value.char_indices().nth(LONGEST_QUOTE) {
            value.truncate(end);
            value.push_str("...");
        }
        Self(format!("{field} is {value}; allowed: {allowed}"))
    }

    pub(crate) fn missing(field: &str, allowed: &str) -> Self {
        Self(format!("{field} is missing or empty; allowed: {allowed}"))
    }

    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        Self(format!(
            "body is not JSON ({error}); allowed: a JSON object"
        ))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In characters: enough to recognise a value in an error message.
const LONGEST_QUOTE: usize = 40;
