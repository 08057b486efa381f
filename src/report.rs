// SPDX-License-Identifier: GPL-2.0-or-later
//! The report of an operator's command.

use std::ffi::CStr;

/// Named values, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Vec<(&'static CStr, Value)>);

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text for people.
    Text(String),
    /// A number; the name says its unit.
    Number(i64),
}

impl Report {
    /// Adds text.
    #[must_use]
    pub fn text(mut self, name: &'static CStr, text: impl Into<String>) -> Self {
        self.0.push((name, Value::Text(text.into())));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: &'static CStr, number: impl TryInto<i64>) -> Self {
        self.0
            .push((name, Value::Number(number.try_into().unwrap_or(i64::MAX))));
        self
    }

    /// Adds a number if there is one.
    #[must_use]
    pub fn maybe(self, name: &'static CStr, number: Option<impl TryInto<i64>>) -> Self {
        match number {
            Some(number) => self.number(name, number),
            None => self,
        }
    }

    /// The values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static CStr, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }
}
