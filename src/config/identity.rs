// SPDX-License-Identifier: GPL-2.0-or-later
//! How a caller is identified, and what happens to one who is not.

use super::{BadParameter, Given, switch};
use crate::identity::{BadSource, Sources};

/// `number_source`, `verstat_source`, `ask_withheld` and `anonymous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityOptions {
    /// Where number and verification are looked for.
    pub sources: Sources,
    /// A withheld number is sent to the API all the same.
    pub ask_withheld: bool,
    /// What happens to a call whose caller does not want to be known.
    pub anonymous: Anonymous,
}

/// What happens to a call whose caller does not want to be known, and who is not asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anonymous {
    /// It goes on.
    Allow,
    /// It goes on, and is flagged.
    Flag,
    /// It is declined: 433 (RFC 5079).
    Block,
}

impl IdentityOptions {
    pub(super) fn new(given: &Given) -> Result<Self, BadParameter> {
        let sources = Sources::new(&given.number_source, &given.verstat_source);
        Ok(Self {
            sources: sources.map_err(|bad| match bad {
                BadSource::Number(entry) => BadParameter::new("number_source", entry, NUMBERS),
                BadSource::Verstat(entry) => BadParameter::new("verstat_source", entry, VERSTATS),
            })?,
            ask_withheld: switch("ask_withheld", given.ask_withheld)?,
            anonymous: Anonymous::new(&given.anonymous)?,
        })
    }
}

impl Anonymous {
    fn new(value: &str) -> Result<Self, BadParameter> {
        match value {
            "allow" => Ok(Self::Allow),
            "flag" => Ok(Self::Flag),
            "block" => Ok(Self::Block),
            _ => Err(BadParameter::new(
                "anonymous",
                value,
                "allow, flag or block",
            )),
        }
    }
}

const NUMBERS: &str = "pai, ppi, rpid, from and $avp(NAME), each once, separated by commas; up to 4 AVPs, \
                       with those of verstat_source, and none called nol_...";

const VERSTATS: &str = "number, attestation-info, x-attestation-info, p-attestation-indicator and $avp(NAME), each once, \
                        separated by commas; up to 4 AVPs, with those of number_source, and none called nol_...";

#[cfg(test)]
mod tests {
    use super::super::tests::given;
    use super::{Anonymous, Given, IdentityOptions, NUMBERS, VERSTATS};

    #[test]
    fn a_value_that_cannot_be_used_is_named() {
        let bad = |name: &str, value: &str, allowed: &str| {
            format!("parameter {name}: \"{value}\" cannot be used; allowed: {allowed}")
        };
        for (given, line) in [
            (
                Given {
                    number_source: "pai, to".to_owned(),
                    ..given()
                },
                bad("number_source", "to", NUMBERS),
            ),
            (
                Given {
                    verstat_source: "from".to_owned(),
                    ..given()
                },
                bad("verstat_source", "from", VERSTATS),
            ),
            (
                Given {
                    ask_withheld: 2,
                    ..given()
                },
                bad("ask_withheld", "2", "0 or 1"),
            ),
            (
                Given {
                    anonymous: "reject".to_owned(),
                    ..given()
                },
                bad("anonymous", "reject", "allow, flag or block"),
            ),
        ] {
            let refused = IdentityOptions::new(&given).map_err(|bad| bad.to_string());
            assert_eq!(refused, Err(line));
        }
    }

    #[test]
    fn each_treatment_of_an_anonymous_caller_has_a_name() {
        for (value, expected) in [
            ("allow", Anonymous::Allow),
            ("flag", Anonymous::Flag),
            ("block", Anonymous::Block),
        ] {
            assert_eq!(Anonymous::new(value), Ok(expected));
        }
    }
}
