// SPDX-License-Identifier: GPL-2.0-or-later
//! A parsed SIP reply.
use crate::{Result, header};

/// A reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub phrase: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
}

impl Reply {
    /// Parses the head of a message. A request or another text is an error.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let mut words = first.splitn(3, ' ');
        let (Some("SIP/2.0"), Some(status), phrase) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("not a SIP reply: {first:?}").into());
        };
        let headers = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Ok(Self {
            status: status.parse()?,
            phrase: phrase.unwrap_or_default().to_owned(),
            headers,
        })
    }

    /// The first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The bodies of all headers of that name.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        let is_it = |(given, _): &&(String, String)| given.eq_ignore_ascii_case(name);
        let bodies = self.headers.iter().filter(is_it);
        bodies.map(|(_, body)| body.as_str()).collect()
    }

    /// What the routes of the testbed wrote into the header of an AVP; `<null>` where it was not set.
    #[must_use]
    pub fn avp(&self, name: &str) -> &str {
        self.header(&format!("X-NOL-{name}"))
            .unwrap_or("<no header>")
    }

    /// An AVP that is a number.
    pub fn number(&self, name: &str) -> Result<i64> {
        let text = self.avp(name);
        text.parse()
            .map_err(|_| format!("nol_{name} is {text:?} and not a number").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_a_status_a_phrase_and_headers() {
        let reply =
            Reply::parse("SIP/2.0 603 Decline it\r\nX-NOL-code: 603\r\nX-NOL-reason: \r\n\r\n")
                .expect("a reply");
        assert_eq!((reply.status, reply.phrase.as_str()), (603, "Decline it"));
        assert_eq!(
            (reply.avp("code"), reply.avp("reason"), reply.avp("risk")),
            ("603", "", "<no header>")
        );
    }

    #[test]
    fn a_request_is_no_reply() {
        assert!(Reply::parse("OPTIONS sip:x SIP/2.0\r\n\r\n").is_err());
    }
}
