// SPDX-License-Identifier: GPL-2.0-or-later
//! The expected content of a reply.
use testbed::{Result, sip::Reply};

/// The closed list of `nol_failure`.
const FAILURES: &str = "none timeout_queue timeout_dns timeout_connect timeout_tls timeout_response dns connect tls \
    reset http_400 http_401 http_402 http_403 http_404 http_429 http_4xx http_5xx http_other too_large parse schema \
    signature clock_skew server_failopen breaker_open rate_limited shed no_number anonymous no_key no_contact internal";

/// The expected reply, as a list of values in it.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    wanted: Vec<(String, String)>,
}

impl Expected {
    /// Allowed, because something failed.
    pub(crate) fn fail_open(failure: &str) -> Self {
        Self::of(503, 1, "allow")
            .and("source", "failopen")
            .and("failure", failure)
            .and("reason", "")
            .and("receipt", "")
    }

    /// Allowed without a question.
    pub(crate) fn bypass(failure: &str) -> Self {
        Self::of(503, 1, "allow")
            .and("source", "bypass")
            .and("failure", failure)
            .and("e164", "")
            .and("receipt", "")
    }

    /// Decided by the API.
    pub(crate) fn api(status: u16, ret: i32, decision: &str) -> Self {
        Self::of(status, ret, decision)
            .and("source", "api")
            .and("failure", "none")
            .and("would", decision)
    }

    /// Blocked by the API.
    pub(crate) fn block() -> Self {
        Self::api(603, -1, "block")
    }

    fn of(status: u16, ret: i32, decision: &str) -> Self {
        let wanted = vec![("SIP status".to_owned(), status.to_string())];
        // What the function returned, to the script and as an AVP, and one value of each AVP only.
        Self { wanted }
            .and("ret", &ret.to_string())
            .and("rc", &ret.to_string())
            .and("decision", decision)
            .and("code", &status.to_string())
            .and("codes", &status.to_string())
    }

    /// Expects one more AVP, or another value of one.
    pub(crate) fn and(mut self, avp: &str, value: &str) -> Self {
        self.wanted.retain(|(given, _)| given != avp);
        self.wanted.push((avp.to_owned(), value.to_owned()));
        self
    }

    /// Expects another status, in the reply and in the AVPs.
    pub(crate) fn status(self, status: u16) -> Self {
        let text = status.to_string();
        self.and("SIP status", &text)
            .and("code", &text)
            .and("codes", &text)
    }

    /// Reports all differences.
    pub(crate) fn check(&self, reply: &Reply) -> Result<()> {
        let status = reply.status.to_string();
        let found = |name: &str| {
            if name == "SIP status" {
                status.clone()
            } else {
                reply.avp(name).to_owned()
            }
        };
        let wrong: Vec<String> = self
            .wanted
            .iter()
            .filter(|(name, value)| found(name) != *value)
            .map(|(name, value)| format!("{name}: wanted {value:?}, found {:?}", found(name)))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{}\n  the whole reply: {} {} {:?}",
            wrong.join("\n"),
            reply.status,
            reply.phrase,
            reply.headers
        )
        .into())
    }
}

/// An error if `nol_failure` is not a published value.
pub(crate) fn known_failure(reply: &Reply) -> Result<()> {
    let failure = reply.avp("failure");
    if FAILURES.split_whitespace().any(|known| known == failure) {
        return Ok(());
    }
    Err(
        format!("nol_failure is {failure:?}, which is not on the published list; reply: {reply:?}")
            .into(),
    )
}

/// An error if two things differ.
#[allow(
    clippy::needless_pass_by_value,
    reason = "a value is easier to write at the call"
)]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}: wanted {wanted:?}, found {found:?}").into())
}

/// An error if a condition is false.
pub(crate) fn holds(what: &str, condition: bool) -> Result<()> {
    if condition { Ok(()) } else { Err(what.into()) }
}
