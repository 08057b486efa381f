// SPDX-License-Identifier: GPL-2.0-or-later

//! What to do with an inbound call.

use std::fmt;

use serde::Serialize;

use crate::inbound::record::Record;
use crate::risk::{Level, Score};
use crate::signals::{Dnc, Reassigned};
use crate::verstat::Verstat;

/// The recommendation for one call, a plain function of its arguments. The first rule that applies counts:
///
/// 1. A number on no list: [`Action::AllowWithDefaultPolicy`], whatever `verstat` says. Nothing is implied.
/// 2. On the do-not-call list, or a score of 90 and above: [`Action::BlockCandidate`].
/// 3. A score of 70 and above, a reassigned number, or a failed caller authentication:
///    [`Action::ChallengeOrRoute`]. The last two mean that the caller may not be who the lists say.
/// 4. A verified identity, with a score below 40 or none: [`Action::Allow`].
/// 5. [`Action::Label`].
#[must_use]
pub fn recommend(record: &Record, verstat: Verstat) -> Action {
    let signals = &record.signals;
    let level = Level::of(signals.spam_score);
    let very_high = |score: Score| score.value() >= VERY_HIGH;
    if !record.is_found() {
        Action::AllowWithDefaultPolicy
    } else if signals.dnc == Dnc::Listed || signals.spam_score.is_some_and(very_high) {
        Action::BlockCandidate
    } else if level == Level::High
        || signals.reassigned == Reassigned::Yes
        || verstat == Verstat::Unverified
    {
        Action::ChallengeOrRoute
    } else if record.identity_type().is_verified() && level != Level::Medium {
        Action::Allow
    } else {
        Action::Label
    }
}

/// What an operator may do with a call (PBX guide, `recommended_action`). It is advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Ring normally, with the label.
    Allow,
    /// Show identity and risk, and do not interrupt.
    Label,
    /// Challenge the caller, or route the call to voicemail or a queue.
    ChallengeOrRoute,
    /// Block, if the operator has chosen to.
    BlockCandidate,
    /// Apply the operator's own policy for unknown numbers.
    AllowWithDefaultPolicy,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

const VERY_HIGH: u8 = 90;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use crate::signals::Signals;

    #[test]
    fn the_first_rule_that_applies_counts() {
        use Action::{Allow, AllowWithDefaultPolicy, BlockCandidate, ChallengeOrRoute, Label};
        use Verstat::{Unknown, Unverified, Verified};

        let business = Some(Identity::Business {
            name: "Acme".to_owned(),
            profile_url: None,
        });
        let individual = Some(Identity::Individual);
        let unverified = Some(Identity::Unverified {
            label: String::new(),
        });
        // 0 is no score.
        for (identity, score, verstat, action) in [
            (&None, 0, Unknown, AllowWithDefaultPolicy),
            (&None, 0, Verified, AllowWithDefaultPolicy),
            (&None, 0, Unverified, AllowWithDefaultPolicy),
            (&business, 0, Unknown, Allow),
            (&business, 39, Verified, Allow),
            (&business, 39, Unverified, ChallengeOrRoute),
            (&business, 40, Verified, Label),
            (&business, 69, Unknown, Label),
            (&business, 70, Verified, ChallengeOrRoute),
            (&business, 89, Unknown, ChallengeOrRoute),
            (&business, 90, Verified, BlockCandidate),
            (&individual, 0, Unknown, Allow),
            (&individual, 40, Unknown, Label),
            (&unverified, 0, Unknown, Label),
            (&unverified, 0, Unverified, ChallengeOrRoute),
            (&unverified, 70, Unknown, ChallengeOrRoute),
            (&None, 1, Verified, Label),
            (&None, 69, Unknown, Label),
            (&None, 70, Unknown, ChallengeOrRoute),
            (&None, 90, Unverified, BlockCandidate),
            (&None, 99, Unknown, BlockCandidate),
        ] {
            let record = Record {
                signals: Signals {
                    spam_score: Score::new(score),
                    ..Signals::default()
                },
                identity: identity.clone(),
            };
            assert_eq!(
                recommend(&record, verstat),
                action,
                "{record:?} {verstat:?}"
            );
        }
    }

    #[test]
    fn a_fact_counts_more_than_a_verified_identity() {
        for (dnc, reassigned, action) in [
            (Dnc::Listed, Reassigned::Unknown, Action::BlockCandidate),
            (Dnc::Listed, Reassigned::Yes, Action::BlockCandidate),
            (Dnc::NotListed, Reassigned::Yes, Action::ChallengeOrRoute),
            (Dnc::NotListed, Reassigned::No, Action::Allow),
        ] {
            let record = Record {
                signals: Signals {
                    dnc,
                    reassigned,
                    spam_score: None,
                },
                identity: Some(Identity::Individual),
            };
            assert_eq!(recommend(&record, Verstat::Verified), action, "{record:?}");
        }
    }
}
