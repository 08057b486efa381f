// SPDX-License-Identifier: GPL-2.0-or-later
//! `redirect_contact`.

use super::BadParameter;

/// The operator's Contact of a 302: a SIP, SIPS or tel URI, as it will stand between `<` and `>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactUri(String);

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
        let (scheme, rest) = inner.split_once(':').unwrap_or_default();
        let known = ["sip", "sips", "tel"]
            .iter()
            .any(|name| scheme.eq_ignore_ascii_case(name));
        let clean = rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
        if known && clean && !rest.is_empty() && inner.len() <= MAX_LENGTH {
            Ok(Some(Self(inner.to_owned())))
        } else {
            Err(BadParameter::new(
                "redirect_contact",
                uri,
                "a sip:, sips: or tel: URI of at most 255 characters, or empty",
            ))
        }
    }

    /// The URI.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It has to fit into the result beside the rest.
const MAX_LENGTH: usize = 255;

#[cfg(test)]
mod tests {
    use super::ContactUri;

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
            assert_eq!(
                ContactUri::new(given)
                    .ok()
                    .flatten()
                    .expect("usable")
                    .as_str(),
                uri
            );
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
        }
        assert!(ContactUri::new(&format!("sip:{}", "a".repeat(252))).is_err());
    }
}
