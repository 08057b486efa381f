// SPDX-License-Identifier: GPL-2.0-or-later

//! What the operator must repair before a start or a reload can succeed.

use std::fmt;

/// One line for the operator: what is wrong, where, and what is allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct StartError(String);

impl StartError {
    /// An error with this line.
    pub fn new(line: impl Into<String>) -> Self {
        Self(line.into())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}
