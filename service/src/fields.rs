// SPDX-License-Identifier: GPL-2.0-or-later

//! The fields of a request body.

use serde_json::{Map, Value};

use crate::malformed::Malformed;

/// The fields of a JSON object. A field that nobody asks for is accepted, one that is null counts as absent.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a request body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(json) => Err(Malformed::new("body", &json, "a JSON object")),
            Err(error) => Err(Malformed::not_json(&error)),
        }
    }

    /// The calling number as it was sent, not empty. Every request must have one.
    pub(crate) fn number(&self) -> Result<&str, Malformed> {
        let number = self.get(NUMBER, NUMBER_ALLOWED, Value::as_str)?;
        number
            .map(str::trim)
            .filter(|number| !number.is_empty())
            .ok_or_else(|| Malformed::missing(NUMBER, NUMBER_ALLOWED))
    }

    /// The error that the calling number is no telephone number.
    pub(crate) fn no_number(number: &str) -> Malformed {
        Malformed::new(NUMBER, &Value::from(number), NUMBER_ALLOWED)
    }

    /// A string.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Malformed> {
        self.get(name, "a string", Value::as_str)
    }

    /// A string of a closed set, as `read` defines it.
    pub(crate) fn word<T>(
        &self,
        name: &str,
        allowed: &str,
        read: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        self.get(name, allowed, |value| value.as_str().and_then(read))
    }

    /// A boolean.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Malformed> {
        self.get(name, "true or false", Value::as_bool)
    }

    /// A whole number that `read` accepts.
    pub(crate) fn whole<T>(
        &self,
        name: &str,
        allowed: &str,
        read: fn(u64) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        self.get(name, allowed, |value| value.as_u64().and_then(read))
    }

    fn get<'a, T>(
        &'a self,
        name: &str,
        allowed: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| Malformed::new(name, value, allowed)),
        }
    }
}

const NUMBER: &str = "number";
const NUMBER_ALLOWED: &str =
    "a string with the calling number, best in E.164 such as \"+14155550123\"";
