// SPDX-License-Identifier: GPL-2.0-or-later

//! One check and its result.

use serde_json::{Map, Value};

use crate::output::clean;
use crate::terminal::{Colour, Terminal};

/// A result in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// Nothing to do.
    Ok,
    /// It works, but should not stay so.
    Warn,
    /// Calls are allowed without a lookup.
    Fail,
}

/// What was checked, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) status: Status,
    finding: String,
    advice: Option<String>,
    /// A number for programs; its name says the unit.
    figure: Option<(&'static str, i64)>,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Ok => Colour::Green,
            Self::Warn => Colour::Yellow,
            Self::Fail => Colour::Red,
        }
    }
}

impl Check {
    pub(super) fn ok(name: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status: Status::Ok,
            finding: finding.into(),
            advice: None,
            figure: None,
        }
    }

    pub(super) fn warn(
        name: impl Into<String>,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Warn,
            advice: Some(advice.into()),
            ..Self::ok(name, finding)
        }
    }

    pub(super) fn fail(
        name: impl Into<String>,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Fail,
            ..Self::warn(name, finding, advice)
        }
    }

    /// Adds the number for programs.
    pub(super) fn with(self, name: &'static str, number: impl TryInto<i64>) -> Self {
        let number = number.try_into().unwrap_or(i64::MAX);
        Self {
            figure: Some((name, number)),
            ..self
        }
    }

    /// One line for people.
    pub(super) fn line(&self, terminal: Terminal) -> String {
        let status = format!("{:<6}", self.status.as_str());
        let advice = self.advice.as_ref();
        let advice = advice.map_or(String::new(), |advice| format!("; {advice}"));
        format!(
            "{}{:<18}{}\n",
            terminal.paint(&status, self.status.colour()),
            self.name,
            clean(&format!("{}{advice}", self.finding))
        )
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        let mut members = Map::new();
        let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
        add("check", self.name.as_str().into());
        add("status", self.status.as_str().into());
        add("finding", self.finding.as_str().into());
        add("advice", self.advice.clone().into());
        if let Some((name, number)) = self.figure {
            add(name, number.into());
        }
        Value::Object(members)
    }
}

/// A number of days, in words.
pub(super) fn days(days: impl Into<i128>) -> String {
    match days.into() {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Status};
    use crate::terminal::Terminal;

    #[test]
    fn a_check_is_one_line_or_one_object() {
        let check = Check::warn("clock", "40 s\nahead", "set the clock").with("skew_s", 40);
        assert_eq!(
            check.line(Terminal::plain()),
            "warn  clock             40 s?ahead; set the clock\n"
        );
        assert_eq!(
            check.json().to_string(),
            r#"{"check":"clock","status":"warn","finding":"40 s\nahead","advice":"set the clock","skew_s":40}"#
        );
        assert!(Status::Ok < Status::Warn && Status::Warn < Status::Fail);
    }
}
