// SPDX-License-Identifier: GPL-2.0-or-later
//! The final reply to a call: code, phrase and `Reason` header.

use std::fmt::{self, Write};

use crate::config::{BlockReason, BlockReply, Location, Redress, Replies};
use crate::decision::{Decision, SipReply, Source, Treatment};
use crate::failure::Failure;
use crate::phrase;
use crate::reason;
use crate::redress_value::{NETWORK_BLOCKED, is_id};
use crate::text::Text;

/// What `numbers_online_reply()` sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Code and phrase.
    pub sip: SipReply,
    /// The `Reason` header of this reply.
    pub reason: Option<Reason<'a>>,
    /// What a `Reason` header says if the script changes code or phrase.
    pub why: Option<Why<'a>>,
}

/// The body of a `Reason` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// That of a 603+ (ATIS-1000099).
    Analytics {
        /// Whom a blocked caller may ask.
        redress: &'a Redress,
        /// The receipt of the decision, if it has one that may stand there.
        id: Option<&'a str>,
        /// Who blocks.
        location: Location,
    },
    /// The decision, for the operator's SBC.
    Decision(u16, Why<'a>),
}

impl Reason<'_> {
    /// Bytes of the body of a decision before its text, which only a quote follows: `SIP;cause=603;text="`. All codes have three digits.
    pub const BEFORE_TEXT: usize = 20;
}

/// A decision in a few words: `decision=block;reason=dnc_listed;id=...`. Nothing in it is of the caller's making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Why<'a>(&'a Decision);

impl<'a> Reply<'a> {
    /// The reply of a decision, as the API or the policy made it.
    #[must_use]
    pub fn plain(decision: &'a Decision) -> Self {
        Self {
            sip: decision.reply,
            reason: None,
            why: None,
        }
    }

    /// The reply to a decision.
    #[must_use]
    pub fn new(decision: &'a Decision, replies: &'a Replies) -> Self {
        let why = replies.explained.then_some(Why(decision));
        let blocked =
            (decision.treatment == Treatment::Block).then(|| effective(decision, replies));
        let (sip, analytics) = match (blocked, &replies.redress) {
            (None, _) => (decision.reply, None),
            (Some(BlockReply::NetworkBlocked), Some(redress)) => {
                let reason = Reason::Analytics {
                    redress,
                    id: Some(decision.advice.receipt.as_str()).filter(|id| is_id(id)),
                    location: replies.location,
                };
                (
                    to_block(603, Text::new(NETWORK_BLOCKED), decision),
                    Some(reason),
                )
            }
            (Some(BlockReply::Code(code, phrase)), _) => (to_block(code, phrase, decision), None),
            (Some(BlockReply::Rejected), _) => (to_block(608, None, decision), None),
            // Refused at start.
            (Some(BlockReply::NetworkBlocked), None) => (to_block(603, None, decision), None),
        };
        Self {
            sip,
            reason: analytics.or(why.map(|why| Reason::Decision(sip.code, why))),
            why,
        }
    }
}

/// The reply to a block, with a 608 replaced for a caller that does not understand it.
fn effective(decision: &Decision, replies: &Replies) -> BlockReply {
    let reason = block_reason(decision);
    match replies.block.get(reason) {
        BlockReply::Rejected if decision.understands_608 => BlockReply::Rejected,
        BlockReply::Rejected if reason == BlockReason::Analytics => BlockReply::NetworkBlocked,
        BlockReply::Rejected => BlockReply::Code(603, None),
        reply => reply,
    }
}

/// Why a call is blocked. Whatever is not known to be something else is analytics, the strictest.
fn block_reason(decision: &Decision) -> BlockReason {
    match (decision.source, decision.reason.as_str()) {
        (Source::List, reason::DNO) => BlockReason::Dno,
        (Source::List, _) => BlockReason::List,
        (Source::Local, reason::ANONYMOUS) => BlockReason::Anonymous,
        (Source::Local | Source::Api | Source::Cache, reason::INVALID_NUMBER) => {
            BlockReason::Invalid
        }
        _ => BlockReason::Analytics,
    }
}

/// The reply to a block. The phrase of the decision is kept if the operator has none.
fn to_block(code: u16, phrase: Option<Text<64>>, decision: &Decision) -> SipReply {
    let decided = decision.reply;
    let kept = (decided.code == code && decided.phrase.as_str() != NETWORK_BLOCKED)
        .then_some(decided.phrase);
    let registered = || phrase::registered(code).and_then(Text::new);
    SipReply {
        code,
        phrase: phrase.or(kept).or_else(registered).unwrap_or_default(),
    }
}

// Written without `write!`, which takes longer than all the rest of a reply.
impl Reason<'_> {
    /// Writes the body of the header.
    pub fn write(&self, to: &mut impl Write) -> fmt::Result {
        match self {
            Self::Analytics {
                redress,
                id,
                location,
            } => {
                to.write_str("SIP;cause=603;text=\"v=analytics1;")?;
                to.write_str(redress.as_str())?;
                if let Some(id) = id {
                    to.write_str(";id=")?;
                    to.write_str(id)?;
                }
                to.write_str("\";location=")?;
                to.write_str(location.as_str())
            }
            // RFC 3326: of the protocol "SIP" the cause is a status code. A Q.850 cause would be mapped to another status by some.
            Self::Decision(code, why) => {
                to.write_str("SIP;cause=")?;
                write_code(*code, to)?;
                to.write_str(";text=\"")?;
                why.write(to)?;
                to.write_str("\"")
            }
        }
    }
}

impl Why<'_> {
    /// Writes the text.
    pub fn write(&self, to: &mut impl Write) -> fmt::Result {
        let Self(decision) = self;
        to.write_str("decision=")?;
        to.write_str(decision.treatment.as_str())?;
        let (reason, receipt) = (decision.reason.as_str(), decision.advice.receipt.as_str());
        if is_id(reason) {
            to.write_str(";reason=")?;
            to.write_str(reason)?;
        }
        if decision.failure != Failure::None {
            to.write_str(";failure=")?;
            to.write_str(decision.failure.as_str())?;
        }
        if is_id(receipt) {
            to.write_str(";id=")?;
            to.write_str(receipt)?;
        }
        Ok(())
    }
}

/// The last three digits of a status code.
fn write_code(code: u16, to: &mut impl Write) -> fmt::Result {
    [100, 10, 1].into_iter().try_for_each(|place| {
        let digit = char::from_digit(u32::from(code / place % 10), 10);
        to.write_char(digit.unwrap_or('0'))
    })
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

#[cfg(test)]
mod tests;
