// SPDX-License-Identifier: GPL-2.0-or-later
//! `redress_url`, `redress_tel` and `redress_email`: where a blocked caller may complain.

use super::super::{BadParameter, Given};
use crate::redress_value::{is_email, is_tel, is_url};

/// The contacts of a 603+, as its `text` has them: `url=...;tel=...;email=...`. At least one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redress(String);

impl Redress {
    /// Parses the three parameters. `None` if all of them are empty.
    pub(super) fn new(given: &Given) -> Result<Option<Self>, BadParameter> {
        let Given {
            redress_url: url,
            redress_tel: tel,
            redress_email: email,
            ..
        } = given;
        if !url.is_empty() && !is_url(url) {
            return Err(BadParameter::url("redress_url", url, URL));
        }
        if !tel.is_empty() && !is_tel(tel) {
            return Err(BadParameter::new("redress_tel", tel, TEL));
        }
        if !email.is_empty() && !is_email(email) {
            return Err(BadParameter::new("redress_email", email, EMAIL));
        }
        let fields: Vec<String> = [("url", url), ("tel", tel), ("email", email)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Ok((!fields.is_empty()).then(|| Self(fields.join(";"))))
    }

    /// The contacts in the order of a 603+.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const URL: &str = "an https:// URL of at most 255 visible ASCII characters without user, \", \\, ;, < and >, or empty";
const TEL: &str = "a global number: + and 7..15 digits, or empty";
const EMAIL: &str = "an e-mail address such as redress@example.com of at most 254 characters, without \", \\ and ;, or empty";
