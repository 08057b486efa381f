// SPDX-License-Identifier: GPL-2.0-or-later
//! `mode`.

use super::BadParameter;

/// Which calls `numbers_online_reply()` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of them: the server is a redirect server for an SBC.
    Redirect,
    /// Those that are blocked or redirected: the server routes the others itself.
    Inline,
}

impl Mode {
    /// Parses `mode`.
    pub fn new(name: &str) -> Result<Self, BadParameter> {
        match name {
            "redirect" => Ok(Self::Redirect),
            "inline" => Ok(Self::Inline),
            _ => Err(BadParameter::new("mode", name, "redirect or inline")),
        }
    }
}
