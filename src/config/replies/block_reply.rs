// SPDX-License-Identifier: GPL-2.0-or-later
//! `block_reply`: how a block is answered, by its reason.

use crate::phrase;
use crate::redress_value::NETWORK_BLOCKED;
use crate::text::Text;

/// Why a call is blocked. Each has a reply of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReason {
    /// A judgement about the caller that is not the called user's own: the API's, except about an invalid number.
    Analytics,
    /// The number is on a do-not-originate list.
    Dno,
    /// The number cannot exist.
    Invalid,
    /// The number is on the operator's own list.
    List,
    /// The caller is anonymous.
    Anonymous,
}

/// How a block is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReply {
    /// A code, and the phrase if it is not that of the decision.
    Code(u16, Option<Text<64>>),
    /// 603+ (ATIS-1000099): `603 Network Blocked` with the contacts for redress.
    NetworkBlocked,
    /// 608 (RFC 8688) to a caller that understands it.
    Rejected,
}

/// The reply for each reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockReplies([BlockReply; BlockReason::ALL.len()]);

impl BlockReason {
    pub(super) const ALL: [Self; 5] = [
        Self::Analytics,
        Self::Dno,
        Self::Invalid,
        Self::List,
        Self::Anonymous,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Analytics => "analytics",
            Self::Dno => "dno",
            Self::Invalid => "invalid",
            Self::List => "list",
            Self::Anonymous => "anonymous",
        }
    }
}

impl BlockReplies {
    /// The replies for which the operator wrote nothing.
    pub(super) fn unwritten(analytics: BlockReply) -> Self {
        let mut replies = Self([DECLINE; 5]);
        replies.set(BlockReason::Analytics, analytics);
        replies.set(
            BlockReason::Anonymous,
            BlockReply::Code(ANONYMITY_DISALLOWED, None),
        );
        replies
    }

    /// Parses `block_reply`: one reply, or `REASON=REPLY` for some reasons. One reply alone is for all reasons but `anonymous`. What
    /// is not written is taken from `unwritten`.
    pub(super) fn parse(text: &str, unwritten: Self) -> Option<Self> {
        let mut replies = unwritten;
        let mut written = [false; BlockReason::ALL.len()];
        let mut rest = skip(text);
        if rest.is_empty() {
            return Some(replies);
        }
        if let Some((reply, "")) = one(rest) {
            for reason in BlockReason::ALL {
                if reason != BlockReason::Anonymous {
                    replies.set(reason, reply);
                }
            }
            return Some(replies);
        }
        while !rest.is_empty() {
            let (name, value) = rest.split_once('=')?;
            let reason = BlockReason::ALL
                .into_iter()
                .find(|reason| reason.as_str() == name)?;
            let seen = written.get_mut(reason as usize)?;
            if std::mem::replace(seen, true) {
                return None;
            }
            let (reply, left) = one(value)?;
            replies.set(reason, reply);
            rest = left;
        }
        Some(replies)
    }

    /// The reply for a reason.
    #[must_use]
    pub fn get(&self, reason: BlockReason) -> BlockReply {
        self.0.get(reason as usize).copied().unwrap_or(DECLINE)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (BlockReason, BlockReply)> {
        BlockReason::ALL.into_iter().zip(self.0)
    }

    fn set(&mut self, reason: BlockReason, reply: BlockReply) {
        if let Some(place) = self.0.get_mut(reason as usize) {
            *place = reply;
        }
    }
}

impl BlockReply {
    /// As `block_reply` writes it, without the phrase.
    pub(super) fn name(self) -> String {
        match self {
            Self::Code(code, _) => code.to_string(),
            Self::NetworkBlocked => "603+".to_owned(),
            Self::Rejected => "608".to_owned(),
        }
    }
}

/// The reply at the beginning of a text, and the rest after the separator.
fn one(text: &str) -> Option<(BlockReply, &str)> {
    let end = text.find([' ', ',', '\'', '"']).unwrap_or(text.len());
    let (code, rest) = text.split_at_checked(end)?;
    let (phrase, rest) = phrase(skip(rest))?;
    let reply = match (code, phrase) {
        ("603+", None) => BlockReply::NetworkBlocked,
        ("608", None) => BlockReply::Rejected,
        (digits, phrase) => {
            let is_code = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let code = digits.parse().ok().filter(|_| is_code)?;
            let has_phrase = phrase.is_some() || phrase::registered(code).is_some();
            // 401 and 407 are challenges, and 608 has conditions.
            let is_usable = (400..700).contains(&code) && ![401, 407, 608].contains(&code);
            (has_phrase && is_usable).then_some(BlockReply::Code(code, phrase))?
        }
    };
    Some((reply, rest))
}

/// The quoted phrase at the beginning of a text, if there is one, and the rest. `None` if it is no phrase.
fn phrase(text: &str) -> Option<(Option<Text<64>>, &str)> {
    let Some(quote) = text.chars().next().filter(|c| ['\'', '"'].contains(c)) else {
        return Some((None, text));
    };
    let (inside, rest) = text.get(1..)?.split_once(quote)?;
    // Only a 603+ may look like one.
    if inside.trim().is_empty() || inside.contains('\\') || inside == NETWORK_BLOCKED {
        return None;
    }
    Some((Some(Text::new(inside)?), skip(rest)))
}

fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', ','])
}

const DECLINE: BlockReply = BlockReply::Code(603, None);

/// RFC 5079.
const ANONYMITY_DISALLOWED: u16 = 433;
