// SPDX-License-Identifier: GPL-2.0-or-later
//! `redirect_contact`.

use std::fmt;
use std::net::Ipv6Addr;

use super::BadParameter;
use super::port::is_port;
use crate::called::Called;
use crate::uri::{Uri, before};

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
        // With some called user it must be a URI too.
        let is_usable = is_uri(&inner.replace(CALLED, "0"));
        // Otherwise the caller would choose where the call goes.
        let is_misplaced = Uri::read(inner.as_bytes()).is_some_and(|uri| lets_caller_route(&uri));
        if is_literal && is_usable && !is_misplaced && inner.len() <= MAX_LENGTH {
            Ok(Some(Self {
                before: before.to_owned(),
                behind: behind.map(str::to_owned),
            }))
        } else {
            Err(BadParameter::new(
                "redirect_contact",
                uri,
                "a sip:, sips: or tel: URI of at most 255 characters, with {called} once at most, as user or in the value of a parameter that routes nothing (not cic, maddr, method, phone-context, rn, tgrp, transport, trunk-context or ttl), and without any other $, { or }, or empty",
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
        if !self.names_called() {
            return Some(Contact {
                uri: self,
                called: Called::NOBODY,
            });
        }
        let is_tel = is_tel(&self.before);
        let called = if is_tel { called.number()? } else { *called };
        // Behind a plus of the operator's, a number without one would be that of another country.
        let has_own_plus = self.before.ends_with('+');
        if called.is_nobody() || (has_own_plus && !called.has_plus()) {
            return None;
        }
        // In a tel URI a plus can stand only in front.
        let stands_behind = has_own_plus || (is_tel && !self.before.ends_with(':'));
        let called = if stands_behind {
            called.without_plus()
        } else {
            called
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
    let is_clean = uri
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"<>\"\\".contains(&byte));
    let Some(parts) = Uri::read(uri.as_bytes()).filter(|_| is_clean) else {
        return false;
    };
    if parts.is_tel {
        let mut parameters = parts.parameters().split(|byte| *byte == b';');
        let has_context = parameters
            .any(|parameter| before(parameter, b'=').eq_ignore_ascii_case(b"phone-context"));
        return is_telephone_number(parts.name(), has_context);
    }
    let names_nobody = parts.user.is_empty() && uri.contains('@');
    let host = str::from_utf8(parts.host_and_port());
    !names_nobody && host.is_ok_and(is_host_and_port)
}

fn is_tel(uri: &str) -> bool {
    Uri::read(uri.as_bytes()).is_some_and(|uri| uri.is_tel)
}

/// Whether `{called}` stands where it determines where a request goes (RFC 3261 section 19.1.1, RFC 3966 section 5.1.5), or in headers.
fn lets_caller_route(uri: &Uri<'_>) -> bool {
    let has_called = |part: &[u8]| {
        part.windows(CALLED.len())
            .any(|window| window == CALLED.as_bytes())
    };
    let parameters = [uri.user_parameters(), uri.parameters()].into_iter();
    let mut parameters = parameters.flat_map(|all| all.split(|byte| *byte == b';'));
    has_called(uri.host_and_port())
        || has_called(uri.headers())
        || parameters.any(|parameter| {
            let name = before(parameter, b'=');
            has_called(name)
                || (ROUTING.iter().any(|known| name.eq_ignore_ascii_case(known))
                    && has_called(parameter))
        })
}

/// A host name, an IPv4 address or an IPv6 address in brackets; a port may follow (RFC 3261 section 25.1). Some networks have names
/// with underscores.
fn is_host_and_port(text: &str) -> bool {
    let (is_host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']').unwrap_or_default();
        (address.parse::<Ipv6Addr>().is_ok(), port)
    } else {
        let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        (!name.is_empty() && name.bytes().all(may_stand), port)
    };
    is_host && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// A global or local number (RFC 3966 section 3). A local one without its context, which many accept, has digits and no letters.
fn is_telephone_number(text: &[u8], has_context: bool) -> bool {
    let is_separator = |byte: &u8| b"-.()".contains(byte);
    let (digits, may_stand): (_, fn(&u8) -> bool) = match text {
        [b'+', digits @ ..] => (digits, u8::is_ascii_digit),
        // Those of a local number may be hexadecimal, and it may have the other keys of a telephone.
        _ if has_context => (text, |byte| {
            byte.is_ascii_hexdigit() || b"*#".contains(byte)
        }),
        _ => (text, |byte| byte.is_ascii_digit() || b"*#".contains(byte)),
    };
    digits.iter().any(may_stand)
        && digits
            .iter()
            .all(|byte| may_stand(byte) || is_separator(byte))
}

fn is_clean(part: &str) -> bool {
    !part.contains(['$', '{', '}'])
}

const CALLED: &str = "{called}";

/// Also of a ported number (RFC 4694) and of a trunk group (RFC 4904).
const ROUTING: [&[u8]; 9] = [
    b"cic",
    b"maddr",
    b"method",
    b"phone-context",
    b"rn",
    b"tgrp",
    b"transport",
    b"trunk-context",
    b"ttl",
];

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
            ("tel:+1(415)555-0100;ext=1", "tel:+1(415)555-0100;ext=1"),
            (
                "tel:7A3;phone-context=a.example",
                "tel:7A3;phone-context=a.example",
            ),
            ("tel:*21#;phone-context=+1", "tel:*21#;phone-context=+1"),
            ("sip:[2001:db8::1]:5060;lr", "sip:[2001:db8::1]:5060;lr"),
            (
                "sip:ivr;x=1@my_host.?Subject=a@b",
                "sip:ivr;x=1@my_host.?Subject=a@b",
            ),
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
            "sip:a@",
            "sip:@b",
            "sip:a@b:0",
            "sip:a@b:+5060",
            "sip:a@b:65536",
            "sip:a@b:",
            "sip:a@[2001:db8::1",
            "sip:a@2001:db8::1",
            "sip:a@h,sip:b@h",
            "tel:xyz",
            "tel:abc",
            "tel:7A3;ext=1",
            "tel:+12a",
            "tel:+*1",
            "tel:()",
            "tel:+",
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
            ("sip:ivr;to={called}@h", "sip:ivr;to=%2A44@h"),
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
    fn a_national_number_does_not_become_another_countrys() {
        for given in ["tel:+{called}", "sip:+{called}@h"] {
            let contact = contact(given).expect("usable");
            let of = |uri: &str| {
                let contact = contact.of(&Called::of(uri.as_bytes()));
                contact.map(|contact| contact.to_string())
            };
            let written = given.replace("{called}", "14155550100");
            assert_eq!(of("sip:+1-415-555-0100@h"), Some(written));
            assert_eq!(of("sip:4155550100@h"), None);
        }
    }

    #[test]
    fn any_other_dollar_or_brace_is_refused() {
        for bad in [
            "sip:{called}@{called}",
            "sip:{called}",
            "sip:a@{called}",
            "sip:a@{called}.example.com:5060",
            "sip:a@h:{called}",
            "sip:a@h;maddr={called}",
            "sip:a@h;lr;MADDR=x{called}",
            "sip:a@h;transport={called}",
            "sip:a@h;ttl={called}",
            "sip:a@h;Method={called}",
            "sip:a@h;{called}",
            "sip:a@h;{called}=x",
            "tel:100;phone-context={called}",
            "tel:+14155550100;rn={called}",
            "sip:100;phone-context={called}@h;user=phone",
            "sip:gw;tgrp={called};trunk-context=x@h",
            "tel:100;phone-context=+{called}",
            "sip:a@h?Route=<sip:{called}>",
            "sip:a@h?Route=%3Csip:{called}",
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

    #[test]
    fn what_is_written_can_always_be_sent() {
        for given in [
            "sip:{called}@192.0.2.20",
            "sip:ivr@192.0.2.20;to={called}",
            "tel:{called}",
            "tel:9{called}",
            "tel:+{called}",
            "tel:{called};phone-context=a.example",
        ] {
            let contact = contact(given).expect("usable");
            for called in ["sip:+14155550100@h", "sip:4155550100@h", "sip:%22%0D%0A>@h"] {
                let called = Called::of(called.as_bytes());
                if let Some(written) = contact.of(&called) {
                    assert!(is_contact(&written.to_string()), "{written}");
                }
            }
        }
    }
}
