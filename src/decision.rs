// SPDX-License-Identifier: GPL-2.0-or-later
//! What is decided about a call.

use crate::called::Called;
use crate::config::ProfileId;
use crate::failure::Failure;
use crate::identity::{NumberFrom, Verification};
use crate::number::Number;
use crate::phrase;
use crate::reason;
use crate::text::Text;

/// The treatment of a call: `$avp(nol_decision)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Treatment {
    /// Let the call go on.
    Allow,
    /// Let the call go on; its score is at or above `spam_threshold`.
    Flag,
    /// Send the call to the operator's own `redirect_contact`.
    Redirect,
    /// Decline the call.
    Block,
}

impl Treatment {
    /// The value of `$avp(nol_decision)`, and of `decision` in the API's answer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Flag => "flag",
            Self::Redirect => "redirect",
            Self::Block => "block",
        }
    }

    /// Reads `decision` of the API's answer.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::Flag, Self::Redirect, Self::Block]
            .into_iter()
            .find(|known| known.as_str() == name)
    }

    /// Whether a code is one of those that the API replies with for this.
    #[must_use]
    pub const fn may_reply(self, code: u16) -> bool {
        match self {
            Self::Block => code == 603,
            Self::Redirect => code == 302,
            Self::Allow | Self::Flag => matches!(code, 503 | 404),
        }
    }

    /// What the script function returns. Never 0, which would end the script; negative only for a block.
    #[must_use]
    pub const fn return_code(self) -> i32 {
        match self {
            Self::Allow => 1,
            Self::Flag => 2,
            Self::Redirect => 3,
            Self::Block => -1,
        }
    }
}

/// Where a decision comes from: `$avp(nol_source)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The API's answer to this call.
    Api,
    /// An earlier answer to the same question.
    Cache,
    /// A list of the operator's.
    List,
    /// Nothing was to be asked: not an initial INVITE, no number, or an anonymous caller.
    Bypass,
    /// This server, without a question: by the numbering plan, or by what the operator wants of anonymous callers.
    Local,
    /// Something failed, and the call is allowed. [`Decision::failure`] says what.
    FailOpen,
}

impl Source {
    /// All of them, in a fixed order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Api,
        Self::Cache,
        Self::List,
        Self::Local,
        Self::Bypass,
        Self::FailOpen,
    ];

    /// The value of `$avp(nol_source)`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Cache => "cache",
            Self::List => "list",
            Self::Bypass => "bypass",
            Self::Local => "local",
            Self::FailOpen => "failopen",
        }
    }
}

/// The final response to send to an SBC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SipReply {
    /// 603, 433, 302, 503 or 404.
    pub code: u16,
    /// Reason phrase.
    pub phrase: Text<64>,
}

impl SipReply {
    /// The reply with its registered reason phrase.
    #[must_use]
    pub fn standard(code: u16) -> Self {
        Self {
            code,
            phrase: phrase::registered(code)
                .and_then(Text::new)
                .unwrap_or_default(),
        }
    }
}

/// What the API said beside its decision. Advisory: none of it changes the treatment. `None` and empty mean unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// Whether the number is valid by its country's numbering plan.
    pub valid: Option<bool>,
    /// 1..=99; higher is worse.
    pub spam_score: Option<u8>,
    /// `low`, `medium`, `high` or `unknown`.
    pub risk_level: Text<16>,
    /// `mobile`, `fixed_line`, `voip`, ...
    pub line_type: Text<32>,
    /// `verified`, `unverified` or `unknown`.
    pub verstat: Text<16>,
    /// `listed`, `not_listed` or `unknown`.
    pub dnc: Text<16>,
    /// `yes`, `no` or `unknown`.
    pub reassigned: Text<16>,
    /// Receipt of this decision.
    pub receipt: Text<64>,
    /// The prepaid balance is used up; the API still allows.
    pub balance_low: Option<bool>,
}

/// Everything that a decide reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The profile that decided.
    pub profile: ProfileId,
    /// What to do with the call.
    pub treatment: Treatment,
    /// The treatment before a missing `redirect_contact`, shadow mode or `enforce_percent` changed it.
    pub would: Treatment,
    /// Whether neither shadow mode nor `enforce_percent` changed the treatment.
    pub enforced: bool,
    /// The reply to send to an SBC.
    pub reply: SipReply,
    /// The API's machine-readable reason, an open set.
    pub reason: Text<64>,
    /// Where the decision comes from.
    pub source: Source,
    /// What failed.
    pub failure: Failure,
    /// The number asked about.
    pub number: Option<Number>,
    /// Where the calling number was found.
    pub number_from: Option<NumberFrom>,
    /// What the request said about the verification of the caller.
    pub verification: Verification,
    /// Whether the caller understands a 608.
    pub understands_608: bool,
    /// Who is called, for a redirection that names it.
    pub called: Called,
    /// What else the API said.
    pub advice: Advice,
}

impl Decision {
    /// Whether it is about a call to an emergency service or number.
    #[must_use]
    pub fn is_emergency_call(&self) -> bool {
        self.source == Source::Bypass && self.reason.as_str() == reason::EMERGENCY
    }

    /// Whether the call does not reach the called party.
    #[must_use]
    pub fn keeps_away(&self) -> bool {
        matches!(self.treatment, Treatment::Redirect | Treatment::Block)
    }

    /// An allow that owes nothing to the API.
    #[must_use]
    pub fn allow(
        allow_code: u16,
        source: Source,
        failure: Failure,
        number: Option<Number>,
    ) -> Self {
        Self {
            profile: ProfileId::BASE,
            treatment: Treatment::Allow,
            would: Treatment::Allow,
            enforced: true,
            reply: SipReply::standard(allow_code),
            reason: Text::EMPTY,
            source,
            failure,
            number,
            number_from: None,
            verification: Verification::default(),
            understands_608: false,
            called: Called::NOBODY,
            advice: Advice::default(),
        }
    }

    /// The same decision, of a profile.
    #[must_use]
    pub fn by(self, profile: ProfileId) -> Self {
        Self { profile, ..self }
    }
}
