// SPDX-License-Identifier: GPL-2.0-or-later
//! `regulation`: which replies the law leaves. docs/regulation.md has the sources.

use super::super::BadParameter;
use super::block_reply::{BlockReason, BlockReply};

/// Whose rules the replies to a block must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Regulation {
    /// Nobody's: the operator answers for them.
    None,
    /// Those of the FCC: 47 CFR 64.1200(k)(9).
    Us,
}

impl Regulation {
    pub(super) fn new(name: &str) -> Result<Self, BadParameter> {
        match name {
            "" => Ok(Self::None),
            "us" => Ok(Self::Us),
            _ => Err(BadParameter::new("regulation", name, "us, or empty")),
        }
    }

    /// The reply to a block by analytics for which the operator wrote nothing.
    pub(super) fn analytics(self) -> BlockReply {
        match self {
            Self::None => BlockReply::Code(603, None),
            Self::Us => BlockReply::NetworkBlocked,
        }
    }

    /// What is allowed instead of this reply, with the reason. `None`: the reply is lawful.
    pub(super) fn refuses(self, reason: BlockReason, reply: BlockReply) -> Option<&'static str> {
        if self == Self::None {
            return None;
        }
        let is_plain = |code: u16| code == 603 || (400..500).contains(&code);
        match (reason, reply) {
            (BlockReason::Analytics, BlockReply::NetworkBlocked)
            | (BlockReason::List, BlockReply::Code(607, _)) => None,
            (BlockReason::Analytics, _) => Some("603+ and nothing else, by 47 CFR 64.1200(k)(9)"),
            (_, BlockReply::Code(code, _)) if is_plain(code) => None,
            (BlockReason::List, _) => {
                Some("603, 607 or 4xx: 603+ tells of analytics, and this is the subscriber's list")
            }
            _ => Some(
                "603 or 4xx: 603+ tells of analytics, 607 of the subscriber's list (RFC 8197), 608 of analytics (RFC 8688)",
            ),
        }
    }
}
