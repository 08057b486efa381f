// SPDX-License-Identifier: GPL-2.0-or-later
//! A parameter that cannot be used.

use std::fmt;

use super::ProfileName;

/// A parameter that cannot be used. Its text is one line for the operator.
#[derive(Debug, PartialEq, Eq)]
pub struct BadParameter(String);

impl BadParameter {
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
        Self::line(&format!(
            "parameter {name}: \"{value}\" cannot be used; allowed: {allowed}"
        ))
    }

    /// For a key of a profile that is not one of `allowed`. Its value is not shown: it may be a secret.
    pub(super) fn unknown_key(key: &str, why: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Self::line(&format!(
            "\"{key}\" {why}; allowed: {allowed} (a value with ; in quotes)"
        ))
    }

    /// The same, of a profile.
    pub(crate) fn in_profile(self, name: &ProfileName) -> Self {
        Self(format!("profile \"{}\": {}", name.as_str(), self.0))
    }

    fn line(line: &str) -> Self {
        Self(
            line.chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect(),
        )
    }
}

impl fmt::Display for BadParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadParameter {}
