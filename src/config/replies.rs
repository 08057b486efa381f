// SPDX-License-Identifier: GPL-2.0-or-later
//! How calls are answered: `block_reply`, `block_location`, `regulation`, `reply_reason` and the contacts for redress.

mod block_reply;
mod location;
mod redress;
mod regulation;

use super::{BadParameter, Given, Mode, switch};

use self::block_reply::BlockReplies;
pub use self::block_reply::{BlockReason, BlockReply};
pub use self::location::Location;
pub use self::redress::Redress;
use self::regulation::Regulation;

/// The operator's replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replies {
    /// The reply to a block, by its reason.
    pub block: BlockReplies,
    /// Who blocks, as a 603+ says it.
    pub location: Location,
    /// The contacts of a 603+. There whenever a reply needs them.
    pub redress: Option<Redress>,
    /// Whether each final reply has a `Reason` header that tells of the decision.
    pub explained: bool,
}

impl Replies {
    pub(super) fn new(given: &Given, mode: Mode) -> Result<Self, BadParameter> {
        let regulation = Regulation::new(&given.regulation)?;
        let refused = |allowed: &str| BadParameter::new("block_reply", &given.block_reply, allowed);
        let unwritten = BlockReplies::unwritten(regulation.analytics());
        let block = BlockReplies::parse(&given.block_reply, unwritten)
            .ok_or_else(|| refused(BLOCK_REPLY))?;
        for (reason, reply) in block.iter() {
            if let Some(allowed) = regulation.refuses(reason, reply) {
                let hint = match reply {
                    BlockReply::NetworkBlocked => {
                        "; analytics=603+ is the default, and may be written alone"
                    }
                    _ => "",
                };
                let (reason, reply) = (reason.as_str(), reply.name());
                return Err(refused(&format!(
                    "with regulation=us {reason}={allowed}; not {reply}{hint}"
                )));
            }
            // An SBC routes a call that gets this code.
            if mode == Mode::Redirect
                && matches!(reply, BlockReply::Code(code, _) if i32::from(code) == given.allow_code)
            {
                return Err(refused(&format!(
                    "with mode=redirect another code than allow_code={}, which allows the call",
                    given.allow_code
                )));
            }
        }
        let redress = Redress::new(given)?;
        let needs_redress =
            |reply| matches!(reply, BlockReply::NetworkBlocked | BlockReply::Rejected);
        if redress.is_none() && block.iter().any(|(_, reply)| needs_redress(reply)) {
            return Err(if given.block_reply.is_empty() {
                BadParameter::new("regulation", &given.regulation, US_NEEDS_REDRESS)
            } else {
                refused(NEEDS_REDRESS)
            });
        }
        Ok(Self {
            block,
            location: Location::new(&given.block_location)?,
            redress,
            explained: switch("reply_reason", given.reply_reason)? && mode == Mode::Redirect,
        })
    }
}

const BLOCK_REPLY: &str = "one reply, or some of analytics= dno= invalid= list= anonymous=, each once; a reply is 603, 603+, 607, \
    608, or a code of 400..699 and perhaps a phrase, such as 403 'Not Here'; no challenge (401, 407), and a code that is not registered \
    only with a phrase of printable ASCII";
const NEEDS_REDRESS: &str = "603+ and 608 only with redress_url, redress_tel or redress_email";
const US_NEEDS_REDRESS: &str =
    "us only with redress_url, redress_tel or redress_email: a block by analytics is answered 603+";

#[cfg(test)]
mod tests;
