// SPDX-License-Identifier: GPL-2.0-or-later
//! A parameter that cannot be used.

use std::fmt;

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
        let line = format!("parameter {name}: \"{value}\" cannot be used; allowed: {allowed}");
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
