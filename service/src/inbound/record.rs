// SPDX-License-Identifier: GPL-2.0-or-later

//! What the lists say about one number.

use crate::identity::{Identity, IdentityType};
use crate::risk::{Model, Risk};
use crate::signals::{Dnc, Reassigned, Signals};
use crate::verstat::Verstat;

/// All that the lists say about one number. The default is that it is on no list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its conduct.
    pub signals: Signals,
    /// Who it belongs to.
    pub identity: Option<Identity>,
}

impl Record {
    /// Whether the number is on any list.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.identity.is_some()
            || self.signals.spam_score.is_some()
            || self.signals.dnc == Dnc::Listed
            || self.signals.reassigned == Reassigned::Yes
    }

    /// Who the number belongs to. A number that is on other lists alone is unverified.
    #[must_use]
    pub fn identity_type(&self) -> IdentityType {
        match &self.identity {
            Some(identity) => identity.kind(),
            None if self.is_found() => IdentityType::Unverified,
            None => IdentityType::Unknown,
        }
    }

    /// The risk of the number. It is unknown without a score.
    #[must_use]
    pub fn risk(&self) -> Risk {
        Risk::new(self.signals.spam_score, Model::FirstPartyPlusExternal)
    }

    /// The evidence for a recommendation, in words for people. Nothing in it names a person.
    #[must_use]
    pub fn evidence(&self, verstat: Verstat) -> Vec<&'static str> {
        let identity = self.identity_type();
        [
            (
                identity == IdentityType::VerifiedBusiness,
                "verified business",
            ),
            (
                identity == IdentityType::VerifiedIndividual,
                "verified individual",
            ),
            (self.signals.spam_score.is_some(), "on the spam list"),
            (self.signals.dnc == Dnc::Listed, "on the do-not-call list"),
            (
                self.signals.reassigned == Reassigned::Yes,
                "number reassigned",
            ),
            (verstat == Verstat::Verified, "caller authentication passed"),
            (
                verstat == Verstat::Unverified,
                "caller authentication failed",
            ),
        ]
        .into_iter()
        .filter_map(|(holds, label)| holds.then_some(label))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::Score;

    #[test]
    fn a_number_on_any_list_is_found() {
        let clear = Signals {
            dnc: Dnc::NotListed,
            reassigned: Reassigned::No,
            spam_score: None,
        };
        let listed = [
            Signals {
                dnc: Dnc::Listed,
                ..clear
            },
            Signals {
                reassigned: Reassigned::Yes,
                ..clear
            },
            Signals {
                spam_score: Score::new(1),
                ..clear
            },
        ];
        for signals in [clear, Signals::default()] {
            let record = Record {
                signals,
                identity: None,
            };
            assert!(!record.is_found(), "{signals:?}");
            assert_eq!(record.identity_type(), IdentityType::Unknown);
            let identity = Some(Identity::Individual);
            let record = Record { signals, identity };
            assert!(record.is_found());
            assert_eq!(record.identity_type(), IdentityType::VerifiedIndividual);
        }
        for signals in listed {
            let record = Record {
                signals,
                identity: None,
            };
            assert!(record.is_found(), "{signals:?}");
            assert_eq!(record.identity_type(), IdentityType::Unverified);
        }
    }

    #[test]
    fn all_evidence_is_named_in_a_fixed_order() {
        let record = Record {
            signals: Signals {
                dnc: Dnc::Listed,
                reassigned: Reassigned::Yes,
                spam_score: Score::new(50),
            },
            identity: Some(Identity::Business {
                name: "Acme".to_owned(),
                profile_url: None,
            }),
        };
        assert_eq!(
            record.evidence(Verstat::Unverified),
            [
                "verified business",
                "on the spam list",
                "on the do-not-call list",
                "number reassigned",
                "caller authentication failed",
            ]
        );
        assert_eq!(
            Record::default().evidence(Verstat::Verified),
            ["caller authentication passed"]
        );
        assert!(Record::default().evidence(Verstat::Unknown).is_empty());
    }
}
