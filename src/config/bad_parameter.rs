// SPDX-License-Identifier: GPL-2.0-or-later
//! A parameter that cannot be used.

use std::fmt;

use super::ProfileName;

/// A parameter that cannot be used. Its text is one line for the operator.
#[derive(Debug, PartialEq, Eq)]
pub struct BadParameter {
    name: String,
    line: String,
}

impl BadParameter {
    /// The name of the parameter as it was given: `profile` if a profile has the bad one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For a URL, whose user and password belong into no log.
    pub(crate) fn url(name: &str, url: &str, allowed: &str) -> Self {
        let Some((before, host)) = url.rsplit_once('@') else {
            return Self::new(name, url, allowed);
        };
        let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
        let mark = if scheme.is_empty() { "" } else { "://" };
        Self::new(name, format!("{scheme}{mark}***@{host}"), allowed)
    }

    pub(crate) fn new(name: &str, value: impl fmt::Display, allowed: &str) -> Self {
        let line = format!("parameter {name}: \"{value}\" cannot be used; allowed: {allowed}");
        Self::line(name, &line)
    }

    /// For a name that is not one of `allowed`. Its value is not shown: it may be a secret.
    pub(super) fn unknown(name: &str, why: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Self::line(name, &format!("\"{name}\" {why}; allowed: {allowed}"))
    }

    /// The same, for a key of a profile.
    pub(super) fn unknown_key(key: &str, why: &str, allowed: &[&str]) -> Self {
        let unknown = Self::unknown(key, why, allowed);
        let line = format!("{} (a value with ; in quotes)", unknown.line);
        Self { line, ..unknown }
    }

    /// The same, of a profile.
    #[must_use]
    pub fn in_profile(self, name: &ProfileName) -> Self {
        Self {
            name: "profile".to_owned(),
            line: format!("profile \"{}\": {}", name.as_str(), self.line),
        }
    }

    fn line(name: &str, line: &str) -> Self {
        Self {
            name: name.to_owned(),
            line: line
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect(),
        }
    }
}

impl fmt::Display for BadParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

impl std::error::Error for BadParameter {}
