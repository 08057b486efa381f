// SPDX-License-Identifier: GPL-2.0-or-later
//! `redirect_contact`.

use std::fmt;

use super::BadParameter;
use crate::called::Called;

/// The operator's Contact of a 302: a SIP, SIPS or tel URI, as it will stand between `<` and `>`. `{called}` in it stands for the
/// called user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactUri {
    /// The URI, or what stands before `{called}`.
    before: String,
    /// What stands behind `{called}`, if it is there.
    behind: Option<String>,
}

impl ContactUri {
    /// Parses `redirect_contact`. Empty means that there is none.
    pub fn new(uri: &str) -> Result<Option<Self>, BadParameter> {
        if uri.is_empty() {
            return Ok(None);
        }
        let inner = uri
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix('>'))
            .unwrap_or(uri);
        let parts = inner.split_once(CALLED);
        let (before, behind) =
            parts.map_or((inner, None), |(before, behind)| (before, Some(behind)));
        let is_literal = [before, behind.unwrap_or_default()]
            .into_iter()
            .all(is_clean);
        // With a user that has one character it must be a URI too.
        let shortest = format!(
            "{before}{}{}",
            if behind.is_some() { "x" } else { "" },
            behind.unwrap_or_default()
        );
        if is_literal && is_uri(&shortest) && inner.len() <= MAX_LENGTH {
            Ok(Some(Self {
                before: before.to_owned(),
                behind: behind.map(str::to_owned),
            }))
        } else {
            Err(BadParameter::new(
                "redirect_contact",
                uri,
                "a sip:, sips: or tel: URI of at most 255 characters, with {called} once at most and without any other $, { or }, or empty",
            ))
        }
    }

    /// Whether the called user is part of it.
    #[must_use]
    pub fn names_called(&self) -> bool {
        self.behind.is_some()
    }

    /// The URI of a call. `None` if the call goes to nobody who could be named in it; in a tel URI only a number can.
    #[must_use]
    pub fn of(&self, called: &Called) -> Option<Contact<'_>> {
        let is_tel = || {
            self.before
                .get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("tel:"))
        };
        let called = match self.behind {
            Some(_) if is_tel() => called.number()?,
            Some(_) if called.is_nobody() => return None,
            _ => *called,
        };
        Some(Contact { uri: self, called })
    }
}

/// The Contact of a call, without `<` and `>`.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    uri: &'a ContactUri,
    called: Called,
}

impl fmt::Display for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ContactUri { before, behind } = self.uri;
        f.write_str(before)?;
        match behind {
            Some(behind) => write!(f, "{}{behind}", self.called),
            None => Ok(()),
        }
    }
}

/// Whether a text is a URI that can be the Contact of a redirection.
#[must_use]
pub fn is_contact(uri: &str) -> bool {
    is_uri(uri) && uri.len() <= MOST_WRITTEN
}

fn is_uri(uri: &str) -> bool {
    let (scheme, rest) = uri.split_once(':').unwrap_or_default();
    let known = ["sip", "sips", "tel"]
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name));
    let clean = rest
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
    known && clean && !rest.is_empty()
}

fn is_clean(part: &str) -> bool {
    !part.contains(['$', '{', '}'])
}

const CALLED: &str = "{called}";

/// It has to fit into the result beside the rest.
const MAX_LENGTH: usize = 255;

/// A Contact of the routing script. As long as the longest of ours: each character of the called user may need three.
const MOST_WRITTEN: usize = MAX_LENGTH + 3 * 64;

#[cfg(test)]
mod tests {
    use super::{Called, ContactUri, is_contact};

    fn contact(uri: &str) -> Option<ContactUri> {
        ContactUri::new(uri).ok().flatten()
    }

    #[test]
    fn a_contact_is_a_uri_that_can_stand_in_a_header() {
        for (given, uri) in [
            (
                "sip:ivr@192.0.2.10:5060;transport=tcp",
                "sip:ivr@192.0.2.10:5060;transport=tcp",
            ),
            ("<sips:captcha@example.com>", "sips:captcha@example.com"),
            ("tel:+14155550100", "tel:+14155550100"),
        ] {
            let contact = contact(given).expect("usable");
            assert!(!contact.names_called());
            let written = contact
                .of(&Called::NOBODY)
                .map(|contact| contact.to_string());
            assert_eq!(written.as_deref(), Some(uri));
            assert!(is_contact(uri));
        }
        assert_eq!(ContactUri::new(""), Ok(None));
        for bad in [
            "ivr",
            "sip:",
            "http://example.com",
            "sip:a@b\r\nX: y",
            "sip:a b@c",
            "sip:a@b>",
            "\"IVR\" <sip:a@b>",
        ] {
            assert!(ContactUri::new(bad).is_err(), "{bad:?}");
            assert!(!is_contact(bad), "{bad:?}");
        }
        assert!(ContactUri::new(&format!("sip:{}", "a".repeat(252))).is_err());
    }

    #[test]
    fn the_called_user_is_put_where_its_name_stands() {
        for (given, uri) in [
            ("sip:{called}@192.0.2.20", "sip:%2A44@192.0.2.20"),
            (
                "<sip:ivr@192.0.2.20;to={called};lr>",
                "sip:ivr@192.0.2.20;to=%2A44;lr",
            ),
            ("sips:x-{called}@h", "sips:x-%2A44@h"),
        ] {
            let contact = contact(given).expect("usable");
            assert!(contact.names_called());
            let called = Called::of(b"sip:*44@h");
            let written = contact.of(&called).map(|contact| contact.to_string());
            assert_eq!(written.as_deref(), Some(uri));
            assert!(contact.of(&Called::NOBODY).is_none());
        }
        let tel = contact("TEL:{called}").expect("usable");
        assert!(tel.of(&Called::of(b"sip:bob@h")).is_none());
        let written = tel.of(&Called::of(b"sip:+14155550100@h"));
        assert_eq!(
            written.map(|contact| contact.to_string()).as_deref(),
            Some("TEL:+14155550100")
        );
    }

    #[test]
    fn any_other_dollar_or_brace_is_refused() {
        for bad in [
            "sip:{called}@{called}",
            "sip:{caller}@h",
            "sip:{Called}@h",
            "sip:$rU@h",
            "sip:{called@h",
            "sip:called}@h",
            "sip:{{called}}@h",
            "sip:{called}$@h",
            "{called}",
            "{called}:a@b",
        ] {
            let line = ContactUri::new(bad).expect_err("refused").to_string();
            assert!(
                line.contains(bad) && line.contains("{called} once"),
                "{line}"
            );
        }
    }
}
