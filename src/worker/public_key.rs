// SPDX-License-Identifier: GPL-2.0-or-later
//! The API's public key: `GET /api/v1/publickey`, which needs no API key and is not billed.

use std::fmt;
use std::time::Instant;

use super::Worker;
use crate::answer;
use crate::cause::Cause;
use crate::config::ProfileId;
use crate::failure::Failure;
use crate::response_signature::{PublicKey, UnusableKey};

/// Why there is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPublicKey {
    /// The request failed.
    Failed(Failure, Option<Cause>),
    /// The answer has no usable key.
    Unusable(UnusableKey),
}

impl Worker<'_> {
    /// Asks `api_url` for the key by which it signs, within `timeout`.
    pub fn public_key(&mut self) -> Result<PublicKey, NoPublicKey> {
        self.turn_to(ProfileId::BASE);
        let deadline = self.deadline(Instant::now());
        let exchange = self.current.client.public_key(deadline);
        let reply = exchange.reply;
        let reply = reply.map_err(|failure| NoPublicKey::Failed(failure, exchange.cause))?;
        if reply.status != 200 {
            let unusable = answer::unhealthy(reply.status, &reply.body);
            return Err(NoPublicKey::Failed(unusable.failure, unusable.cause));
        }
        PublicKey::from_answer(&reply.body).map_err(NoPublicKey::Unusable)
    }
}

impl fmt::Display for NoPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure, None) => f.write_str(failure.as_str()),
            Self::Failed(failure, Some(cause)) => {
                write!(f, "{} ({})", failure.as_str(), cause.as_str())
            }
            Self::Unusable(unusable) => unusable.fmt(f),
        }
    }
}

impl std::error::Error for NoPublicKey {}
